"""Files of gridded data: NetCDF and GeoTIFF with CRS and no-data, and back to flat arrays of cells.

Large arrays go to and from disk by blocks of rows, `Survey.row_blocks`, which are the chunks of the files.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

import netCDF4
import numpy as np
import pyarrow.parquet as pq
import rasterio
import xarray as xr
from pyproj import CRS
from rasterio.transform import from_origin

from geohalo.atomic_files import atomic_write, same_raster
from geohalo.cube.grid import Grid
from geohalo.errors import InputError

#: Cells of a chunk: whole rows of one map, half a megabyte of float32. One element's map and a block of rows of all
#: elements both read whole chunks, and such a block of 40 elements takes 20 MB.
CHUNK_CELLS = 1 << 17

#: Puts values (..., rows, columns) into some rows of a variable of a file, and of one place along its first dimension.
WriteRows = Callable[..., None]


@dataclass(frozen=True)
class Survey:
    """The grid of a survey as its stages pass it on: cells inside ``mask``, in row-major order."""

    grid: Grid
    mask: np.ndarray
    crs: str

    @classmethod
    def of(cls, data: xr.Dataset) -> "Survey":
        """Read it from a dataset written by `write_netcdf`."""
        grid = Grid(data["x"].to_numpy(), data["y"].to_numpy())
        return cls(grid, data["mask"].to_numpy().astype(bool), data["spatial_ref"].attrs["crs_wkt"])

    @property
    def cells(self) -> np.ndarray:
        """Centres (cells, 2) in metres."""
        return self.grid.centres(self.mask)

    @property
    def chunk_rows(self) -> int:
        """Rows of a block, and of a chunk of the files."""
        return _chunks(*self.grid.shape)[0]

    def row_blocks(self, within: slice | None = None) -> Iterator[slice]:
        """Yield blocks of rows from the north, those of ``within`` cut at the borders of the same blocks."""
        first, end = (within.start, within.stop) if within else (0, self.grid.shape[0])
        while first < end:
            stop = min(end, (first // self.chunk_rows + 1) * self.chunk_rows)
            yield slice(first, stop)
            first = stop

    def cell_blocks(self) -> Iterator[tuple[slice, slice]]:
        """Yield blocks of rows from the north, and the cells inside the mask that each of them has."""
        first = 0
        for rows in self.row_blocks():
            stop = first + int(np.count_nonzero(self.mask[rows]))
            yield rows, slice(first, stop)
            first = stop

    def band(self, rows: slice) -> "Survey":
        """Cut out whole rows."""
        return Survey(Grid(self.grid.x, self.grid.y[rows]), self.mask[rows], self.crs)

    def image(self, values: np.ndarray, fill: float = np.nan) -> np.ndarray:
        """Put values (..., cells) back on the grid, (..., rows, columns)."""
        out = np.full((*values.shape[:-1], *self.grid.shape), fill, dtype=values.dtype)
        for place in np.ndindex(values.shape[:-1]):  # a mask of all dimensions needs no indices
            out[place][self.mask] = values[place]
        return out

    def dataset(self, **variables: tuple | xr.Variable) -> xr.Dataset:
        """Make a dataset of variables (dimensions, values, attributes) with coordinates, mask and CRS."""
        import rioxarray  # noqa: F401  (slow to import; gives datasets their .rio)

        # Maps compress well and are read a row of tiles or an element at a time.
        data = xr.Dataset(variables, {"x": self.grid.x, "y": self.grid.y})
        data["mask"] = (("y", "x"), self.mask.astype(np.uint8), {"long_name": "inside the surveyed area"})
        return data.rio.write_crs(self.crs).rio.write_coordinate_system()


def tile_rows(shape: tuple[int, int], tile: str) -> slice:
    """Return the rows of a grid that a tile such as ``2-of-8`` has.

    Tiles are whole blocks of rows where there are as many blocks, and else as even as rows allow.
    """
    number, tiles = map(int, tile.split("-of-"))
    rows = shape[0]
    if tiles > rows:
        raise InputError(f"config key grid.tiles: {tiles} tiles are asked for, but the grid has {rows} rows.")
    block, _ = _chunks(*shape)
    unit = block if block * tiles <= rows else 1
    first, end = ((2 * k * rows // (tiles * unit) + 1) // 2 * unit for k in (number - 1, number))
    return slice(first, rows if number == tiles else end)


def surveyed_places(path: str) -> tuple[np.ndarray, CRS]:
    """Read where the survey has values, (places, 2) in metres, and its CRS: from samples, or from gridded elements."""
    if path.endswith(".nc"):
        with xr.open_dataset(path) as data:
            survey = Survey.of(data)
        return survey.cells, CRS.from_wkt(survey.crs)
    import geopandas as gpd  # slow to import

    frame = gpd.read_parquet(path, columns=["geometry"])
    return frame.get_coordinates().to_numpy(), frame.crs


def surveyed_elements(path: str) -> list[str]:
    """Read which elements the survey has, from samples or from gridded elements."""
    if path.endswith(".nc"):
        with xr.open_dataset(path) as data:
            return [str(name) for name in data["element"].to_numpy()]
    ending = "_censored"
    return [name.removesuffix(ending) for name in pq.read_schema(path).names if name.endswith(ending)]


def write_netcdf(data: xr.Dataset, path: str) -> None:
    """Write a dataset as compressed NetCDF 4, in chunks of rows of one element or fold."""
    with atomic_write(path) as temporary:
        _to_netcdf(data, str(temporary))


@contextmanager
def netcdf_by_rows(
    data: xr.Dataset,
    maps: Mapping[str, Mapping[str, Any]],
    path: str,
    *leading: str,
    compressed: bool = True,
) -> Iterator[WriteRows]:
    """Write maps that need not fit into memory: yields ``write(name, rows, values, *place)``.

    The values are (``*leading``, rows, columns) of float32, NaN outside the mask, or those of a ``place`` along the
    first dimensions; rows that are never written are NaN.

    Parameters
    ----------
    data : xr.Dataset
        All but the maps, made by `Survey.dataset`, with the coordinates ``leading``.
    maps : dict
        Attributes of each map by its name.
    path : str
    leading : str
        Dimensions before y and x; ``element`` when left out.
    compressed : bool
        Whether the maps are: a quarter smaller, and slow to write and to read.
    """
    leading = leading or ("element",)
    with atomic_write(path) as temporary:
        _to_netcdf(data, str(temporary))
        with netCDF4.Dataset(temporary, "a") as file:
            chunks = (*[1] * len(leading), *_chunks(data.sizes["y"], data.sizes["x"]))
            for name, attributes in maps.items():
                variable = file.createVariable(
                    name,
                    np.float32,
                    (*leading, "y", "x"),
                    compression="zlib" if compressed else None,
                    complevel=1,
                    chunksizes=chunks,
                    fill_value=np.float32(np.nan),
                )
                variable.setncatts({**attributes, "grid_mapping": "spatial_ref"})

            def write(name: str, rows: slice, values: np.ndarray, *place: int) -> None:
                file[name][*place, ..., rows, :] = values

            yield write


def cube_columns(data: xr.Dataset, kind: str | None) -> slice:
    """Return the columns of the elements or of the covariates in a cube, or with None of both.

    Parameters
    ----------
    data : xr.Dataset
        Written by `geohalo.stages.stack_cube.stack_cube`: first the elements, then the covariates.
    kind : {"element", "covariate"} or None
    """
    total = data.sizes["element"]
    elements = total - covariate_count(data)
    return {"element": slice(0, elements), "covariate": slice(elements, total), None: slice(0, total)}[kind]


def cube_part(data: xr.Dataset, kind: str | None) -> xr.Dataset:
    """Return the elements or the covariates of a cube, or with None both; see `cube_columns`."""
    return data if kind is None else data.isel(element=cube_columns(data, kind))


def covariate_count(data: xr.Dataset) -> int:
    """Return how many of the last columns of a cube, or of a part of it, are covariates."""
    return int((data["kind"].to_numpy() == "covariate").sum()) if "kind" in data else 0


def read_cells(data: xr.Dataset, name: str, survey: Survey) -> np.ndarray:
    """Read maps (..., y, x) as (..., cells) inside the mask, without a second copy of them in memory."""
    variable = data[name]
    values = np.empty((*variable.shape[:-2], int(survey.mask.sum())), variable.dtype)
    for rows, cells in survey.cell_blocks():
        values[..., cells] = variable[..., rows, :].to_numpy()[..., survey.mask[rows]]
    return values


def read_spectra(data: xr.Dataset, name: str, survey: Survey) -> np.ndarray:
    """Read maps (elements, y, x) as (cells, elements), the elements of a cell side by side, with one copy in memory."""
    variable = data[name]
    values = np.empty((int(survey.mask.sum()), len(variable)), variable.dtype)
    for rows, cells in survey.cell_blocks():
        values[cells] = variable[:, rows].to_numpy()[:, survey.mask[rows]].T
    return values


def _chunks(rows: int, columns: int) -> tuple[int, int]:
    return min(rows, max(1, CHUNK_CELLS // columns)), columns


def _to_netcdf(data: xr.Dataset, path: str) -> None:
    encoding: dict[str, dict] = {}
    for name, variable in data.data_vars.items():
        if {"y", "x"} <= set(variable.dims):
            chunks = (*[1] * (variable.ndim - 2), *_chunks(*variable.shape[-2:]))
            encoding[str(name)] = {"zlib": True, "complevel": 1, "chunksizes": chunks}
            encoding[str(name)]["grid_mapping"] = "spatial_ref"
    data.to_netcdf(path, encoding=encoding)


def write_geotiff(survey: Survey, image: np.ndarray, path: str, nodata: float, names: list[str]) -> None:
    """Write bands (bands, rows, columns) as a tiled, compressed GeoTIFF with CRS, no-data and band names."""
    cell = survey.grid.cell
    transform = from_origin(survey.grid.x[0] - cell / 2, survey.grid.y[0] + cell / 2, cell, cell)
    profile = {
        "driver": "GTiff",
        "count": len(image),
        "dtype": image.dtype,
        "nodata": nodata,
        "compress": "deflate",
    }
    if min(survey.grid.shape) >= 256:
        profile |= {"tiled": True, "blockxsize": 256, "blockysize": 256}
    height, width = survey.grid.shape
    with (
        atomic_write(path, partial(same_raster, image=image)) as temporary,
        rasterio.open(
            temporary, "w", height=height, width=width, crs=survey.crs, transform=transform, **profile
        ) as file,
    ):
        file.write(image)
        file.descriptions = names


def read_geotiff(path: str) -> np.ndarray:
    """Read all bands (bands, rows, columns)."""
    with rasterio.open(path) as file:
        return file.read()
