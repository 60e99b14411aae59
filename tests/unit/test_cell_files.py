"""Files of gridded data by blocks of rows: the same as whole, in chunks, by tiles and put together again."""

from itertools import pairwise

import numpy as np
import pytest
import rasterio
import xarray as xr
from geohalo.cube.grid import Grid
from geohalo.cube.logratio import standardise, transformed
from geohalo.errors import InputError
from geohalo.files.cells import Survey, netcdf_by_rows, read_cells, read_spectra, tile_rows, write_netcdf
from geohalo.stages.fit_components import fit_components
from geohalo.stages.gather_elements import gather_elements
from geohalo.stages.segment_tile import segment_tile
from geohalo.stages.stack_cube import stack_cube
from geohalo.stages.stitch_superpixels import stitch_superpixels
from hypothesis import given
from hypothesis import strategies as st
from pyproj import CRS

ROWS, COLUMNS = 57, 31
NAMES = ["Au", "Cu", "Zn", "As"]
ABOUT = {"concentration": {"long_name": "concentration", "units": "ppm"}}


@pytest.fixture
def survey():
    mask = np.random.default_rng(1).random((ROWS, COLUMNS)) > 0.2
    mask[11:16] = False
    return Survey(Grid(np.arange(COLUMNS) * 500.0, np.arange(ROWS)[::-1] * 500.0), mask, CRS(32648).to_wkt())


@pytest.fixture
def concentrations(survey):
    values = np.exp(np.random.default_rng(2).normal(1, 2, (len(NAMES), ROWS, COLUMNS))).astype(np.float32)
    return np.where(survey.mask, values, np.nan)


@pytest.fixture(params=[COLUMNS, 5 * COLUMNS, 1 << 17], ids=["row", "five rows", "whole"])
def chunk(request, monkeypatch):
    monkeypatch.setattr("geohalo.files.cells.CHUNK_CELLS", request.param)


def described(survey):
    error = ("element", np.arange(4.0), {"units": "log10 ppm"})
    return survey.dataset(cv_error=error).assign_coords(element=NAMES)


def write(survey, values, path):
    with netcdf_by_rows(described(survey), ABOUT, str(path)) as write_rows:
        for rows in survey.row_blocks():
            write_rows("concentration", rows, values[:, rows])


def test_uncompressed_by_rows_holds_the_same(tmp_path, survey, concentrations):
    with netcdf_by_rows(described(survey), ABOUT, str(tmp_path / "rows.nc"), compressed=False) as write_rows:
        write_rows("concentration", slice(0, ROWS), concentrations)
    with xr.open_dataset(tmp_path / "rows.nc") as rows:
        assert not rows["concentration"].encoding["zlib"]
        np.testing.assert_array_equal(rows["concentration"].to_numpy(), concentrations)


@pytest.mark.usefixtures("chunk")
def test_by_rows_as_whole(tmp_path, survey, concentrations):
    write(survey, concentrations, tmp_path / "rows.nc")
    whole = described(survey)
    whole["concentration"] = (("element", "y", "x"), concentrations, ABOUT["concentration"])
    write_netcdf(whole, str(tmp_path / "whole.nc"))
    with xr.open_dataset(tmp_path / "rows.nc") as rows, xr.open_dataset(tmp_path / "whole.nc") as expected:
        xr.testing.assert_identical(rows.load(), expected.load())
        for key in ("chunksizes", "zlib", "complevel", "dtype"):
            assert rows["concentration"].encoding[key] == expected["concentration"].encoding[key]
        found = Survey.of(rows)
        np.testing.assert_array_equal(
            read_cells(rows, "concentration", found), concentrations[:, survey.mask]
        )
        spectra = read_spectra(rows, "concentration", found)
        np.testing.assert_array_equal(spectra, concentrations[:, survey.mask].T)
        assert spectra.flags["C_CONTIGUOUS"]
    assert sorted(file.name for file in tmp_path.iterdir()) == ["rows.nc", "whole.nc"]


def test_gdal_reads_place_and_values(tmp_path, survey, concentrations):
    write(survey, concentrations, tmp_path / "rows.nc")
    with rasterio.open(f"netcdf:{tmp_path / 'rows.nc'}:concentration") as file:
        assert file.crs.to_epsg() == 32648
        assert file.xy(0, 0) == (0, 500.0 * (ROWS - 1))
        np.testing.assert_array_equal(file.read(), concentrations)


def test_a_failed_write_leaves_no_file(tmp_path, survey):
    """The second row does not have as many columns as the grid."""
    values = np.ones((len(NAMES), ROWS, COLUMNS - 1), np.float32)
    with pytest.raises((ValueError, IndexError)):
        write(survey, values, tmp_path / "rows.nc")
    assert list(tmp_path.iterdir()) == []


@given(st.integers(1, 300), st.integers(1, 40), st.integers(1, 12), st.sampled_from([7, 60, 1 << 17]))
def test_tiles_share_the_rows(rows, columns, tiles, chunk):
    """Without gaps, none empty, in order; whole blocks where there are enough."""
    tiles = min(tiles, rows)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("geohalo.files.cells.CHUNK_CELLS", chunk)
        found = [tile_rows((rows, columns), f"{k}-of-{tiles}") for k in range(1, tiles + 1)]
        block = min(rows, max(1, chunk // columns))
    assert found[0].start == 0
    assert found[-1].stop == rows
    assert all(one.stop == other.start for one, other in pairwise(found))
    assert all(tile.stop > tile.start for tile in found)
    if block * tiles <= rows:
        assert all(tile.start % block == 0 for tile in found)
    unit = block if block * tiles <= rows else 1
    assert all(abs(tile.stop - tile.start - rows / tiles) <= 2 * unit for tile in found)


def test_more_tiles_than_rows():
    with pytest.raises(InputError, match=r"grid\.tiles: 4 tiles .* 3 rows"):
        tile_rows((3, 10), "1-of-4")


@pytest.mark.usefixtures("chunk")
@pytest.mark.parametrize("tiles", [1, 4])
def test_gathered_tiles_are_the_whole(tmp_path, survey, concentrations, tiles):
    write(survey, concentrations, tmp_path / "whole.nc")
    files = []
    for k in range(1, tiles + 1):
        rows = tile_rows(survey.grid.shape, f"{k}-of-{tiles}")
        files.append(str(tmp_path / f"{k}.nc"))
        write(survey.band(rows), concentrations[:, rows], files[-1])
    gather_elements(files, str(tmp_path / "gathered.nc"))
    with (
        xr.open_dataset(tmp_path / "gathered.nc") as found,
        xr.open_dataset(tmp_path / "whole.nc") as expected,
    ):
        xr.testing.assert_identical(found.load(), expected.load())
        assert (
            found["concentration"].encoding["chunksizes"] == expected["concentration"].encoding["chunksizes"]
        )


@pytest.mark.usefixtures("chunk")
@pytest.mark.parametrize("transform", ["clr", "log", "none"])
def test_cube_by_blocks_is_that_of_all_cells(tmp_path, survey, concentrations, transform):
    """To the last digit of float32, which rounds what float64 sums in another order."""
    write(survey, concentrations, tmp_path / "elements.nc")
    stack_cube(str(tmp_path / "elements.nc"), transform, 2.5, str(tmp_path / "cube.nc"))
    inside = concentrations[:, survey.mask].T.astype(np.float64)
    expected = standardise(transformed(inside, NAMES, transform), 2.5).T
    with xr.open_dataset(tmp_path / "cube.nc") as data:
        found = data["cube"].to_numpy()
        assert list(data["element"].to_numpy()) == NAMES
    np.testing.assert_allclose(found[:, survey.mask], expected, rtol=2**-23, atol=1e-9)
    assert np.isnan(found[:, ~survey.mask]).all()


def test_a_hole_in_any_block_names_the_element(tmp_path, monkeypatch, survey, concentrations):
    monkeypatch.setattr("geohalo.files.cells.CHUNK_CELLS", 5 * COLUMNS)
    row, column = np.argwhere(survey.mask)[-1]
    concentrations[2, row, column] = np.nan
    write(survey, concentrations, tmp_path / "elements.nc")
    with pytest.raises(InputError, match="element Zn"):
        stack_cube(str(tmp_path / "elements.nc"), "clr", 5, str(tmp_path / "cube.nc"))
    assert [file.name for file in tmp_path.iterdir()] == ["elements.nc"]


def test_superpixels_do_not_depend_on_blocks(tmp_path, monkeypatch, survey, concentrations):
    """Components and labels of a file in small chunks are those of the same file in one."""
    found = []
    for cells in (1 << 17, 4 * COLUMNS):
        monkeypatch.setattr("geohalo.files.cells.CHUNK_CELLS", cells)
        folder = tmp_path / str(cells)
        folder.mkdir()
        elements, cube, fitted = (str(folder / name) for name in ("elements.nc", "cube.nc", "c.json"))
        write(survey, concentrations, elements)
        stack_cube(elements, "clr", 5, cube)
        fit_components(cube, 3, fitted)
        tiles = [str(folder / f"{k}.tif") for k in range(1, 4)]
        for k, tile in enumerate(tiles, 1):
            segment_tile(cube, fitted, "1in20", 0.1, f"{k}-of-3", tile)
        stitch_superpixels(cube, tiles, "1in20", str(folder / "labels.tif"))
        with rasterio.open(folder / "labels.tif") as file:
            found.append(file.read(1))
            assert file.crs.to_epsg() == 32648
    np.testing.assert_array_equal(found[0] > 0, survey.mask)
    np.testing.assert_array_equal(*found)
