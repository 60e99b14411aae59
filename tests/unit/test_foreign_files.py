"""A damaged file of any format is told as that, whatever its library raises."""

import zipfile
import zlib

import geopandas as gpd
import numpy as np
import pytest
import xarray as xr
from geohalo.cube.netcdf_bands import netcdf_bands
from geohalo.cube.raster_blanks import Blanks
from geohalo.cube.raster_files import Selection
from geohalo.errors import InputError
from geohalo.foreign_files import readable
from geohalo.survey.tables import read_table


@pytest.mark.parametrize(
    "error", [zlib.error("invalid distance"), TypeError(), RecursionError("x\ny"), OSError("o")]
)
def test_any_error_of_a_library_names_the_file(error):
    with (
        pytest.raises(InputError, match=r"a\.xlsx: this is not a readable workbook: [\w ]+$") as told,
        readable("a.xlsx", "workbook"),
    ):
        raise error
    assert told.value.__cause__ is error


@pytest.mark.parametrize(
    "error", [InputError("own"), MemoryError(), PermissionError("rights"), KeyboardInterrupt()]
)
def test_what_is_no_fault_of_the_file_goes_on(error):
    with pytest.raises(type(error)) as told, readable("a.xlsx", "workbook"):
        raise error
    assert told.value is error


POINTS = gpd.GeoDataFrame(
    {"Cu": np.linspace(1, 90, 60)},
    geometry=gpd.points_from_xy(np.arange(60.0), np.arange(60.0)),
    crs="EPSG:32633",
)


def written(folder, suffix):
    """Write a table of a format; returns its path."""
    path = folder / f"s{suffix}"
    if suffix == ".xlsx":
        POINTS[["Cu"]].assign(x=1.5, name="a").to_excel(path, index=False)
    elif suffix == ".parquet":
        POINTS.to_parquet(path)
    elif suffix == ".zip":
        POINTS.to_file(folder / "s.gpkg")
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.write(folder / "s.gpkg", "s.gpkg")
    else:
        POINTS.to_file(path)
    return path


@pytest.mark.parametrize("suffix", [".xlsx", ".parquet", ".gpkg", ".geojson", ".fgb", ".zip"])
def test_a_damaged_table_is_read_or_told(suffix, tmp_path):
    path = written(tmp_path, suffix)
    assert len(read_table(path)) == 60
    assert damaged(path, read_table)


def test_a_damaged_netcdf_is_read_or_told(tmp_path):
    axis = 500_000 + 1000.0 * np.arange(20)
    grid = xr.Dataset(
        {"Cu": (("y", "x"), np.arange(400.0).reshape(20, 20))}, coords={"y": axis[::-1], "x": axis}
    )
    path = tmp_path / "s.nc"
    grid.to_netcdf(path)

    def read(path):
        return netcdf_bands(path, None, Selection({}), Blanks(None))

    assert len(read(path)[0]) == 1
    assert damaged(path, read)


def damaged(path, read):
    """Damage a file in 40 ways, and read each; returns how many were told as damaged."""
    content, chance = path.read_bytes(), np.random.default_rng(1)
    told = []
    for _ in range(40):
        data = bytearray(content)
        if chance.random() < 0.3:
            del data[chance.integers(len(data)) :]
        else:
            for place in chance.integers(len(data), size=chance.choice([1, 20])):
                data[place] = chance.integers(256)
        path.write_bytes(data)
        try:
            read(path)
        except InputError as error:
            told.append(str(error))
    assert all(str(path) in one for one in told)
    return len(told)
