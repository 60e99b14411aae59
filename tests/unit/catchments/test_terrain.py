"""Terrains read from files: heights as they are and warped, flow directions, and what is wrong with a file."""

import numpy as np
import pytest
from geohalo.catchments.relief import read_relief
from geohalo.catchments.steepest import filled, flow_directions
from geohalo.catchments.terrain import read_drainage
from geohalo.catchments.terrain_file import Wanted
from geohalo.errors import InputError
from pyproj import CRS, Transformer
from rasterio.transform import Affine, from_origin
from terrains import NORTH, UTM, WEST, rough, write

SECTION = {"file": "dem.tif", "codes": None, "crs": None, "resolution": None, "nodata": None}


def wanted(cell=500.0, places=None, crs=UTM):
    if places is None:
        places = np.array([[WEST + 500, NORTH - 500], [WEST + 1500, NORTH - 1200]])
    return Wanted(crs, cell, np.asarray(places, dtype=np.float64))


def section(**about):
    return SECTION | about


def test_heights_in_the_maps_crs_stay_as_they_are(tmp_path):
    heights = rough((30, 40), 1)
    heights[3, 4] = np.nan
    write(tmp_path, np.nan_to_num(heights, nan=-9999), nodata=-9999)
    found = read_drainage(SECTION, tmp_path, wanted())
    np.testing.assert_array_equal(found.heights, heights)
    assert found.frame.shape == (30, 40)
    assert found.frame.bounds == (WEST, NORTH - 3000, WEST + 4000, NORTH)
    np.testing.assert_array_equal(found.codes, flow_directions(filled(heights), 100, 100, heights))
    np.testing.assert_array_equal(found.level, filled(heights))


def test_whole_numbers_with_a_scale(tmp_path):
    import rasterio

    heights = np.arange(1200, dtype=np.int16).reshape(30, 40)
    with rasterio.open(write(tmp_path, heights, nodata=7), "r+") as file:
        file.scales, file.offsets = (0.5,), (10.0,)
    found = read_relief(tmp_path / "dem.tif", SECTION, wanted())
    expected = heights * 0.5 + 10.0
    expected[0, 7] = np.nan
    np.testing.assert_array_equal(found.heights, expected)


def test_a_coarser_resolution_takes_means(tmp_path):
    heights = rough((40, 40), 2)
    write(tmp_path, heights)
    found = read_relief(tmp_path / "dem.tif", section(resolution=400), wanted())
    # Edges lie on multiples of 400 m: the first cell of the file begins one there, 500,000 and 6,300,000.
    expected = heights.reshape(10, 4, 10, 4).mean(axis=(1, 3))
    assert found.frame.shape == (10, 10)
    np.testing.assert_allclose(found.heights, expected, rtol=1e-5)


def test_cells_are_no_finer_than_a_bound_unless_the_config_says_so(tmp_path):
    write(tmp_path, rough((400, 400), 2), cell=5.0)
    places = [[WEST + 500, NORTH - 500]]
    assert read_relief(tmp_path / "dem.tif", SECTION, wanted(places=places)).frame.width == 20
    fine = read_relief(tmp_path / "dem.tif", section(resolution=5), wanted(places=places))
    assert (fine.frame.width, fine.frame.shape) == (5, (400, 400))


def test_degrees_are_warped_to_the_maps(tmp_path):
    """A plane in metres, sampled in degrees, is the same plane again."""
    to_metres = Transformer.from_crs("EPSG:4326", UTM, always_xy=True)
    west, north, cell = -2.99, 56.84, 0.001
    longitude = west + cell * (np.arange(80) + 0.5)
    latitude = north - cell * (np.arange(60) + 0.5)
    x, y = to_metres.transform(*np.meshgrid(longitude, latitude))
    plane = (300 + (x - WEST) / 50 + (y - NORTH) / 80).astype(np.float32)
    write(tmp_path, plane, crs="EPSG:4326", transform=from_origin(west, north, cell, cell))
    middle = np.array([[x.mean(), y.mean()]])
    found = read_relief(tmp_path / "dem.tif", SECTION, wanted(places=middle))
    # A cell is 61 m by 111 m.
    assert 75 < found.frame.width < 90
    rows, columns = found.frame.shape
    centres = found.frame.centres(np.arange(rows * columns))
    expected = (300 + (centres[:, 0] - WEST) / 50 + (centres[:, 1] - NORTH) / 80).reshape(rows, columns)
    there = np.isfinite(found.heights)
    assert there.mean() > 0.8
    # At the edges the nearest height is taken, up to a cell away.
    np.testing.assert_allclose(found.heights[there], expected[there], atol=2.5)
    inner = np.zeros(there.shape, dtype=bool)
    inner[8:-8, 8:-8] = True
    np.testing.assert_allclose(found.heights[inner & there], expected[inner & there], atol=0.02)


@pytest.mark.parametrize("declared", [True, False])
@pytest.mark.parametrize(("resolution", "cell"), [(None, 0.001), (250, 0.001)])
def test_voids_of_a_warped_terrain_taint_no_height(tmp_path, declared, resolution, cell):
    heights = (300 + np.arange(4800) % 7).astype(np.int16).reshape(60, 80)
    heights[20:40, 30:50] = -9999
    place = from_origin(-2.99, 56.84, cell, cell)
    write(tmp_path, heights, crs="EPSG:4326", transform=place, nodata=-9999 if declared else None)
    middle = np.array([[WEST + 1500, NORTH - 3000]])
    options = section(resolution=resolution, nodata=None if declared else -9999)
    found = read_relief(tmp_path / "dem.tif", options, wanted(places=middle)).heights
    assert np.nanmin(found) >= 300
    assert np.nanmax(found) <= 306
    rows, columns = found.shape
    # A ninth of the file is void, and as much of the middle.
    assert np.isnan(found[rows * 9 // 20 : rows * 11 // 20, columns * 9 // 20 : columns * 11 // 20]).all()
    assert np.isnan(found[rows // 6 : -rows // 6, columns // 6 : -columns // 6]).mean() < 0.35


def test_flow_directions_are_read_as_they_are(tmp_path):
    codes = flow_directions(filled(rough((30, 40), 1)), 100, 100)
    write(tmp_path, codes)
    found = read_drainage(section(codes="esri"), tmp_path, wanted())
    np.testing.assert_array_equal(found.codes, codes)
    assert found.heights is None


def test_a_local_frame_gets_the_crs_that_the_config_says(tmp_path):
    """A transverse Mercator with an origin of its own ties a local frame to the earth."""
    local = "+proj=tmerc +lat_0=49 +lon_0=-2 +k=0.9996012717 +x_0=285000 +y_0=-606300 +ellps=airy +units=m"
    codes = flow_directions(filled(rough((30, 40), 1)), 100, 100)
    write(tmp_path, codes, crs=None, transform=from_origin(150_000, 300_000, 100, 100))
    places = [[150_500, 299_500]]
    found = read_drainage(section(codes="esri", crs=local), tmp_path, wanted(places=places, crs=CRS(local)))
    assert found.frame.bounds == (150_000, 297_000, 154_000, 300_000)


def refused(folder, message, values=None, cell=100.0, at=None, options=None, **about):
    write(folder, rough((30, 40), 1) if values is None else values, cell=cell, **about)
    with pytest.raises(InputError, match=message):
        read_drainage(section(**(options or {})), folder, at or wanted())


def test_a_missing_file(tmp_path):
    with pytest.raises(InputError, match=r"dem.tif: no such file \(terrain.file\)"):
        read_drainage(SECTION, tmp_path, wanted())


def test_a_file_that_is_no_raster(tmp_path):
    (tmp_path / "dem.tif").write_text("heights")
    with pytest.raises(InputError, match="not a raster that GDAL can read"):
        read_drainage(SECTION, tmp_path, wanted())


def test_no_crs(tmp_path):
    refused(tmp_path, r"dem.tif: the raster has no CRS; set terrain.crs, for example EPSG:32633", crs=None)


@pytest.mark.filterwarnings("ignore::rasterio.errors.NotGeoreferencedWarning")
def test_no_place(tmp_path):
    refused(tmp_path, "does not state its place", transform=Affine.identity())


def test_two_crs(tmp_path):
    refused(
        tmp_path, r"states the CRS EPSG:32630, but terrain.crs is EPSG:32631", options={"crs": "EPSG:32631"}
    )


def test_degrees_without_a_metric_crs_to_warp_to(tmp_path):
    refused(
        tmp_path,
        r"'WGS 84' is not one to warp it to; set grid.crs to a projected CRS in metres",
        crs="EPSG:4326",
        transform=from_origin(-3, 57, 0.001, 0.001),
        at=wanted(crs=CRS.from_epsg(4326)),
    )


def test_metres_called_degrees(tmp_path):
    refused(tmp_path, r"whose unit is the degree; its numbers look like metres", crs="EPSG:4326")


def test_coarser_than_the_grid(tmp_path):
    refused(
        tmp_path, r"cells of 100 m are larger than those of the grid \(50 m, grid.cell\)", at=wanted(cell=50)
    )


def test_directions_coarser_than_the_grid(tmp_path):
    codes = flow_directions(filled(rough((30, 40), 1)), 100, 100)
    refused(tmp_path, r"larger than those of the grid", codes, at=wanted(cell=50), options={"codes": "esri"})


def test_not_covering_the_survey(tmp_path):
    places = [[WEST - 500, NORTH - 500], [WEST + 500, NORTH + 700], [WEST + 500, NORTH - 500]]
    refused(
        tmp_path, r"covers 1 of 3 samples \(2 lie beyond its edges, 0 in voids\)", at=wanted(places=places)
    )


def test_voids_under_samples(tmp_path):
    heights = rough((30, 40), 1)
    heights[:10] = np.nan
    places = [[WEST + 500, NORTH - 500], [WEST + 700, NORTH - 700], [WEST + 500, NORTH - 2500]]
    refused(
        tmp_path,
        r"covers 1 of 3 samples \(0 lie beyond its edges, 2 in voids\)",
        heights,
        at=wanted(places=places),
    )


def test_directions_in_place_of_heights(tmp_path):
    codes = flow_directions(filled(rough((30, 40), 1)), 100, 100)
    refused(
        tmp_path, r"codes of flow directions and hardly heights; set terrain.codes .*esri or whitebox", codes
    )


def test_heights_in_place_of_directions(tmp_path):
    refused(
        tmp_path,
        r"is no flow direction of terrain.codes: esri; .*remove terrain.codes",
        options={"codes": "esri"},
    )


def test_directions_in_another_crs(tmp_path):
    codes = flow_directions(filled(rough((30, 40), 1)), 100, 100)
    refused(
        tmp_path,
        r"cannot be warped from EPSG:32631 to the maps' CRS EPSG:32630; set grid.crs",
        codes,
        crs="EPSG:32631",
        options={"codes": "esri"},
    )


def test_directions_of_another_size(tmp_path):
    codes = flow_directions(filled(rough((30, 40), 1)), 100, 100)
    refused(tmp_path, "remove terrain.resolution", codes, options={"codes": "esri", "resolution": 50})


def test_directions_that_were_resampled(tmp_path):
    codes = flow_directions(filled(rough((60, 80), 1)), 100, 100)
    refused(tmp_path, "goes round in loops", codes[::2, ::2], options={"codes": "esri"})


def test_an_undeclared_code_for_no_data(tmp_path):
    heights = rough((30, 40), 1)
    heights[:4] = -9999
    refused(tmp_path, r"the value -9999 stands apart .*set terrain.nodata: -9999", heights)
    found = read_drainage(section(nodata=-9999), tmp_path, wanted())
    assert np.isnan(found.heights[:4]).all()
    assert np.isfinite(found.heights[4:]).all()


def test_heights_that_are_none_of_this_earth(tmp_path):
    heights = rough((30, 40), 1)
    heights[5, 6] = -32768
    refused(tmp_path, r"a height of -32768 \(row 6, column 7", heights)


def test_the_same_height_everywhere(tmp_path):
    refused(tmp_path, "the height is 12.5 everywhere", np.full((30, 40), 12.5, dtype=np.float32))


def test_no_height_at_all(tmp_path):
    refused(tmp_path, "no cell has a height", np.full((30, 40), np.nan, dtype=np.float32))


def test_several_bands(tmp_path):
    refused(tmp_path, "3 bands; a terrain has one", np.stack([rough((30, 40), 1)] * 3))


def test_too_many_cells(tmp_path):
    refused(tmp_path, r"the most for a terrain; set a larger terrain.resolution", options={"resolution": 0.1})


def test_unknown_codes(tmp_path):
    refused(tmp_path, r"terrain.codes: 'grass' is none of esri, taudem", options={"codes": "grass"})
