"""The file of catchments: the tree of samples, areas, and the area of each increment in each cell of the grid."""

from typing import Any

import numpy as np
import xarray as xr
from scipy.sparse import csr_array

from geohalo.atomic_files import atomic_write
from geohalo.catchments.catchment import Catchments
from geohalo.cube.grid import Grid

#: Variables of a sample: unit and meaning.
OF_SAMPLES = {
    "parent": ("1", "index of the next sample downstream, -1 without one"),
    "cell": ("1", "cell of the terrain in row-major order, -1 without one"),
    "own_area": ("m2", "area that drains to this sample and to no other before it"),
    "area": ("m2", "area of the whole catchment"),
    "snapped": ("m", "distance to the centre of the cell of the channel"),
    "leaves": ("1", "whether the catchment touches the edge of the terrain or a void"),
    "twin": ("1", "index of the first sample in the same cell, -1 for that one"),
}


def write_catchments(catchments: Catchments, names: list[str], grid: Grid, crs: str, path: str) -> None:
    """Write catchments as NetCDF.

    Parameters
    ----------
    catchments : Catchments
    names : list of str, (samples,)
        Row of each sample in the user's file.
    grid : Grid
        Whose cells the areas are in.
    crs : str
        WKT of the maps' CRS.
    path : str
    """
    import rioxarray  # noqa: F401  (slow to import; gives datasets their .rio)

    shares = catchments.shares
    about = {key: {"units": unit, "long_name": text} for key, (unit, text) in OF_SAMPLES.items()}
    variables: dict[str, tuple[str, Any, dict[str, str]]] = {
        key: ("sample", np.asarray(getattr(catchments, key)).astype(_kind(key)), about[key])
        for key in OF_SAMPLES
    }
    data = xr.Dataset(
        {
            **variables,
            "first_overlap": (
                "start",
                shares.indptr.astype(np.int64),
                {"long_name": "first overlap of each sample, and one past the last"},
            ),
            "grid_cell": (
                "overlap",
                shares.indices.astype(np.int64),
                {"long_name": "cell of the grid in row-major order from the northwest"},
            ),
            "overlap_area": (
                "overlap",
                shares.data,
                {"units": "m2", "long_name": "area of the increment in the cell"},
            ),
        },
        {"x": grid.x, "y": grid.y, "sample": np.array(names, dtype=object)},
    )
    data = data.rio.write_crs(crs)
    packed = {"zlib": True, "complevel": 1}
    with atomic_write(path) as temporary:
        data.to_netcdf(
            temporary, engine="netcdf4", encoding={key: packed for key in ("grid_cell", "overlap_area")}
        )


def _kind(name: str) -> type:
    return (
        np.int8 if name == "leaves" else np.float64 if name in ("own_area", "area", "snapped") else np.int64
    )


def read_catchments(path: str) -> tuple[Catchments, list[str], Grid]:
    """Read what `write_catchments` has written.

    Returns
    -------
    catchments : Catchments
    names : list of str, (samples,)
    grid : Grid
    """
    with xr.open_dataset(path) as data:
        grid = Grid(data["x"].to_numpy(), data["y"].to_numpy())
        names = [str(name) for name in data["sample"].to_numpy()]
        shares = csr_array(
            (
                data["overlap_area"].to_numpy(),
                data["grid_cell"].to_numpy(),
                data["first_overlap"].to_numpy(),
            ),
            shape=(len(names), grid.x.size * grid.y.size),
        )
        found = {name: data[name].to_numpy() for name in OF_SAMPLES}
    found["leaves"] = found["leaves"].astype(bool)
    return Catchments(**found, shares=shares), names, grid
