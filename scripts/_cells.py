"""Files of gridded data: NetCDF and GeoTIFF with CRS and no-data, and back to flat arrays of cells."""

from dataclasses import dataclass

import numpy as np
import rasterio
import xarray as xr
from _job import whole
from geohalo.cube.grid import Grid
from pyproj import CRS
from rasterio.transform import from_origin


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

    def image(self, values: np.ndarray, fill: float = np.nan) -> np.ndarray:
        """Put values (..., cells) back on the grid, (..., rows, columns)."""
        out = np.full((*values.shape[:-1], *self.grid.shape), fill, dtype=values.dtype)
        out[..., self.mask] = values
        return out

    def dataset(self, **variables: tuple) -> xr.Dataset:
        """Make a dataset of variables (dimensions, values, attributes) with coordinates, mask and CRS."""
        import rioxarray  # noqa: F401  (slow to import; gives datasets their .rio)

        # Maps compress well and are read a row of tiles or an element at a time.
        data = xr.Dataset(variables, {"x": self.grid.x, "y": self.grid.y})
        data["mask"] = (("y", "x"), self.mask.astype(np.uint8), {"long_name": "inside the surveyed area"})
        return data.rio.write_crs(self.crs).rio.write_coordinate_system()


def surveyed_places(path: str) -> tuple[np.ndarray, CRS]:
    """Read where the survey has values, (places, 2) in metres, and its CRS: from samples, or from gridded elements."""
    if path.endswith(".nc"):
        with xr.open_dataset(path) as data:
            survey = Survey.of(data)
        return survey.cells, CRS.from_wkt(survey.crs)
    import geopandas as gpd  # slow to import

    frame = gpd.read_parquet(path, columns=["geometry"])
    return frame.get_coordinates().to_numpy(), frame.crs


def write_netcdf(data: xr.Dataset, path: str) -> None:
    """Write a dataset as compressed NetCDF 4, one chunk per element or fold."""
    encoding = {}
    for name, variable in data.data_vars.items():
        if {"y", "x"} <= set(variable.dims):
            leading = [1] * (variable.ndim - 2)
            encoding[name] = {"zlib": True, "complevel": 1, "chunksizes": (*leading, *variable.shape[-2:])}
            encoding[name]["grid_mapping"] = "spatial_ref"
    with whole(path) as beside:
        data.to_netcdf(beside, encoding=encoding)


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
        whole(path) as beside,
        rasterio.open(
            beside, "w", height=height, width=width, crs=survey.crs, transform=transform, **profile
        ) as file,
    ):
        file.write(image)
        file.descriptions = names


def read_geotiff(path: str) -> np.ndarray:
    """Read all bands (bands, rows, columns)."""
    with rasterio.open(path) as file:
        return file.read()
