"""Maps made elsewhere: every resampling against brute force or a closed form, and each message with its fix."""

import numpy as np
import pandas as pd
import pytest
import rasterio
from geohalo.cube.foreign_map import read_foreign_map
from geohalo.cube.grid import Grid
from geohalo.errors import InputError
from pyproj import Transformer
from rasterio.transform import from_origin

CRS = "EPSG:32633"
SIZE, CELL = 12, 1000.0
WEST, NORTH = 500_000.0, 6_000_000.0
GRID = Grid(WEST + CELL * (np.arange(SIZE) + 0.5), NORTH - CELL * (np.arange(SIZE) + 0.5))
MASK = np.ones((SIZE, SIZE), dtype=bool)
SECTION = {"crs": None, "x": "x", "y": "y", "score": "score"}


def write(path, values, transform=None, crs=CRS, nodata=None, scale=None, bands=1):
    transform = transform or from_origin(WEST, NORTH, CELL, CELL)
    height, width = values.shape
    with rasterio.open(
        path, "w", driver="GTiff", height=height, width=width, count=bands, dtype=values.dtype, crs=crs,
        transform=transform, nodata=nodata,
    ) as file:  # fmt: skip
        for band in range(1, bands + 1):
            file.write(values, band)
        if scale:
            file.scales, file.offsets = [scale], [5.0]
    return path


def read(path, mask=MASK, **keys):
    return read_foreign_map(path, SECTION | keys, GRID, mask, CRS)


def shared_length(start, step, number, centres):
    """Return the length (cells, pixels) that each cell shares with each of a row of pixels."""
    ends = start + step * np.stack([np.arange(number), np.arange(number) + 1])
    low, high = ends.min(axis=0), ends.max(axis=0)
    upper = np.minimum(high, centres[:, None] + CELL / 2)
    return np.maximum(upper - np.maximum(low, centres[:, None] - CELL / 2), 0)


def by_hand(values, transform):
    """Return the mean of the pixels below each cell, weighted by the area that they share with it."""
    height, width = values.shape
    along = shared_length(transform.f, transform.e, height, GRID.y)
    across = shared_length(transform.c, transform.a, width, GRID.x)
    there = np.isfinite(values)
    total, weight = (along @ part @ across.T for part in (np.where(there, values, 0), there.astype(float)))
    return np.divide(total, weight, out=np.full(GRID.shape, np.nan), where=weight > 0)


@pytest.fixture
def values():
    return np.random.default_rng(0).normal(size=(SIZE, SIZE)).astype(np.float32)


def test_a_map_on_the_survey_s_own_grid_is_read_to_the_last_bit(tmp_path, values):
    values[3, 4] = np.nan
    image, warned = read(write(tmp_path / "own.tif", values, nodata=np.nan))
    np.testing.assert_array_equal(image, values.astype(np.float64))
    assert warned == []


@pytest.mark.parametrize(("pixel", "shift"), [(400.0, 0.0), (370.0, 123.0), (950.0, -80.0)])
def test_finer_pixels_are_averaged_by_area(tmp_path, pixel, shift):
    side = int(np.ceil((SIZE * CELL + 2000) / pixel))
    fine = np.random.default_rng(1).normal(size=(side, side))
    fine[5:8, 5:9] = -7777.0
    transform = from_origin(WEST - 1000 + shift, NORTH + 1000 + shift, pixel, pixel)
    image, _ = read(write(tmp_path / "fine.tif", fine, transform, nodata=-7777.0))
    np.testing.assert_allclose(image, by_hand(np.where(fine == -7777.0, np.nan, fine), transform), atol=1e-12)


def test_a_map_whose_rows_run_north_is_the_same_map(tmp_path):
    fine = np.random.default_rng(2).normal(size=(30, 30))
    down, _ = read(write(tmp_path / "down.tif", fine, from_origin(WEST, NORTH, 400, 400)))
    up = rasterio.Affine(400, 0, WEST, 0, 400, NORTH - 30 * 400)
    turned, _ = read(write(tmp_path / "up.tif", fine[::-1].copy(), up))
    np.testing.assert_allclose(turned, down, atol=1e-12)


def test_coarser_pixels_give_the_one_below_the_centre(tmp_path):
    coarse = np.arange(25, dtype=np.float64).reshape(5, 5)
    image, _ = read(write(tmp_path / "coarse.tif", coarse, from_origin(WEST, NORTH, 2600, 2600)))
    index = np.floor((np.arange(SIZE) + 0.5) * CELL / 2600).astype(int)
    np.testing.assert_array_equal(image, coarse[np.ix_(index, index)])


def test_another_crs_gives_the_pixel_below_the_centre(tmp_path):
    transform = from_origin(14.9, 54.3, 0.05, 0.03)  # some 3.3 km
    degrees = np.random.default_rng(3).normal(size=(12, 12))
    image, _ = read(write(tmp_path / "degrees.tif", degrees, transform, crs="EPSG:4326"))
    x, y = np.meshgrid(GRID.x, GRID.y)
    lon, lat = Transformer.from_crs(CRS, "EPSG:4326", always_xy=True).transform(x, y)
    row, column = np.floor((54.3 - lat) / 0.03).astype(int), np.floor((lon - 14.9) / 0.05).astype(int)
    inside = (row >= 0) & (row < 12) & (column >= 0) & (column < 12)
    expected = np.where(inside, degrees[row.clip(0, 11), column.clip(0, 11)], np.nan)
    assert inside.any()
    # GDAL transforms along rows with a tolerance of an eighth of a pixel.
    edge = np.minimum(np.abs((54.3 - lat) / 0.03 % 1 - 0.5), np.abs((lon - 14.9) / 0.05 % 1 - 0.5)) < 0.37
    np.testing.assert_array_equal(image[edge], expected[edge])


def test_scale_and_offset_are_applied_and_cells_beyond_the_mask_left_out(tmp_path):
    values = np.arange(SIZE * SIZE, dtype=np.int16).reshape(SIZE, SIZE)
    mask = MASK.copy()
    mask[0] = False
    image, _ = read(write(tmp_path / "scaled.tif", values, scale=-0.5), mask)
    np.testing.assert_allclose(image[1:], values[1:] * -0.5 + 5)
    assert np.isnan(image[0]).all()


def test_a_code_that_no_one_declares_is_told_and_no_score(tmp_path, values):
    values[:2] = -9999
    image, warned = read(write(tmp_path / "coded.tif", values))
    assert np.isnan(image[:2]).all()
    np.testing.assert_array_equal(image[2:], values[2:])
    assert "24 pixels hold -9999" in warned[0].what


def table(path, values, **changes):
    x, y = np.meshgrid(GRID.x, GRID.y)
    frame = pd.DataFrame({"x": x.ravel(), "y": y.ravel(), "score": values.ravel()}).assign(**changes)
    frame.to_csv(path, index=False)
    return path


def test_points_at_the_centres_are_the_cells(tmp_path, values):
    shuffled = pd.read_csv(table(tmp_path / "ordered.csv", values.astype(float))).sample(
        frac=1, random_state=0
    )
    shuffled.to_csv(tmp_path / "points.csv", index=False)
    image, _ = read(tmp_path / "points.csv", crs=CRS)
    np.testing.assert_array_equal(image, values.astype(float))


def test_points_in_a_cell_are_averaged_and_cells_between_points_take_the_nearest(tmp_path):
    coarse = pd.DataFrame(
        {"x": [1500.0, 4500, 1500, 4500], "y": [-1500.0, -1500, -4500, -4500], "score": [1.0, 2, 3, 4]}
    )
    twice = pd.DataFrame({"x": [1600.0], "y": [-1400.0], "score": [9.0]})
    frame = pd.concat([coarse, twice]).assign(x=lambda one: one["x"] + WEST, y=lambda one: one["y"] + NORTH)
    frame.to_csv(tmp_path / "points.csv", index=False)
    image, _ = read(tmp_path / "points.csv", crs=CRS)
    assert image[1, 1] == 5.0  # the mean of 1 and 9
    assert (image[1, 4], image[4, 1], image[4, 4]) == (2, 3, 4)
    assert image[5, 5] == 4
    assert np.isnan(image[8:, 8:]).all()


def test_points_in_degrees_find_their_cells(tmp_path, values):
    x, y = np.meshgrid(GRID.x, GRID.y)
    lon, lat = Transformer.from_crs(CRS, "EPSG:4326", always_xy=True).transform(x, y)
    path = table(tmp_path / "p.csv", values.astype(float), x=lon.ravel(), y=lat.ravel())
    path.write_text(path.read_text().replace("x,y,score", "lon,lat,prospectivity"))
    image, _ = read(path, crs="EPSG:4326", x="lon", y="lat", score="prospectivity")
    np.testing.assert_array_equal(image, values.astype(float))


@pytest.mark.parametrize(
    ("make", "keys", "words"),
    [
        (lambda path, values: write(path, values, crs=None), {}, ["the map states no CRS; set judge.crs"]),
        (lambda path, values: write(path, values, bands=3), {}, ["it has 3 bands", "gdal_translate -b 1"]),
        (
            lambda path, values: write(path, np.full_like(values, 2)),
            {},
            ["one value everywhere on the ground of the survey (2)", "export the scores themselves"],
        ),
        (
            lambda path, values: write(path, values, from_origin(0, 0, 1000, 1000)),
            {},
            ["no value on the ground of the survey", "judge.crs"],
        ),
        (
            lambda path, values: path.write_bytes(b"II*\\0 no raster") and path,
            {},
            ["this is not a readable raster", "export it as a GeoTIFF"],
        ),
    ],
)
def test_bad_rasters_are_told_with_the_fix(tmp_path, values, make, keys, words):
    path = make(tmp_path / "bad.tif", values)
    with pytest.raises(InputError) as error:
        read(path, **keys)
    for word in ["bad.tif", *words]:
        assert word in str(error.value)


def test_a_crs_of_the_config_is_for_files_that_state_none(tmp_path, values):
    path = write(tmp_path / "bare.tif", values, crs=None)
    np.testing.assert_array_equal(read(path, crs=CRS)[0], values.astype(float))
    stated = write(tmp_path / "stated.tif", values)
    np.testing.assert_array_equal(read(stated, crs=CRS)[0], values.astype(float))
    with pytest.raises(
        InputError, match=r"stated\.tif: the file states the CRS .*33N.*judge\.crs is .WGS 84."
    ):
        read(stated, crs="EPSG:4326")


@pytest.mark.parametrize(
    ("keys", "cells", "words"),
    [
        ({}, {}, ["the CRS of columns 'x' and 'y' is not known; set judge.crs"]),
        (
            {"crs": CRS, "score": "scor"},
            {},
            ["there is no column 'scor' (judge.score); did you mean 'score'?"],
        ),
        ({"crs": CRS, "x": "east"}, {}, ["there is no column 'east' (judge.x)"]),
        ({"crs": CRS}, {"score": "high"}, ["column 'score', row 2: 'high' is no number"]),
        ({"crs": CRS}, {"score": 1.0}, ["one value everywhere"]),
        ({"crs": CRS}, {"score": ""}, ["no row has coordinates and a score"]),
    ],
)
def test_bad_tables_are_told_with_the_fix(tmp_path, values, keys, cells, words):
    path = table(tmp_path / "bad.csv", values, **cells)
    with pytest.raises(InputError) as error:
        read(path, **keys)
    for word in ["bad.csv", *words]:
        assert word in str(error.value)


def test_a_missing_file_is_told(tmp_path):
    with pytest.raises(InputError, match=r"none\.tif: no such file.*judge\.file"):
        read(tmp_path / "none.tif")
