"""Labels as rasters: classes at their places on the survey's grid, masks, and every fault of the files."""

import numpy as np
import pyproj
import pytest
import rasterio
from geohalo.cube.grid import Grid
from geohalo.cube.label_rasters import PARTS, read_class_labels
from geohalo.errors import InputError
from rasterio.transform import Affine, from_origin

CELL = 250.0
GRID = Grid(600_125 + CELL * np.arange(6), 750_875 - CELL * np.arange(4))
CRS = pyproj.CRS.from_epsg(2157)
CORNER = (600_000.0, 751_000.0)
CLASSES = np.array(
    [[1, 1, 0, 2, 2, 2], [1, 0, 0, 0, 2, 2], [3, 3, 0, 0, 0, 1], [3, 3, 3, 0, 0, 0]], dtype=np.uint8
)
MASK = np.ones((4, 6), dtype=bool)
MASK[0, 0] = False


def write(path, image, corner=CORNER, cell=CELL, crs="EPSG:2157", transform=None, bands=1, **about):
    transform = transform or from_origin(*corner, cell, cell)
    height, width = image.shape
    about = {"height": height, "width": width, "dtype": image.dtype, "driver": "GTiff"} | about
    with rasterio.open(path, "w", count=bands, crs=crs, transform=transform, **about) as file:
        for band in range(bands):
            file.write(image, band + 1)
    return path


def read(mask=MASK, crs=CRS, **files):
    return read_class_labels(files, GRID, mask, crs)


def message(**files):
    with pytest.raises(InputError) as caught:
        read(**files)
    text = str(caught.value)
    assert "\n" not in text
    return text


def test_classes_inside_the_survey(tmp_path):
    found = read(file=write(tmp_path / "a.tif", CLASSES))
    np.testing.assert_array_equal(found.classes, np.where(MASK, CLASSES, 0))
    assert found.classes.dtype == np.uint8
    assert found.n_classes == 3
    assert found.part is None


@pytest.mark.parametrize(("rows", "columns"), [(-2, -3), (1, 2), (-1, 2), (2, -2)])
def test_any_extent(tmp_path, rows, columns):
    """The raster begins so many rows and columns into the grid, and is larger or smaller than it."""
    image = np.random.default_rng(0).integers(0, 4, (5, 7)).astype(np.int16)
    corner = CORNER[0] + columns * CELL, CORNER[1] - rows * CELL
    found = read(file=write(tmp_path / "a.tif", image, corner=corner), mask=np.ones((4, 6), dtype=bool))
    for row in range(4):
        for column in range(6):
            at = row - rows, column - columns
            inside = 0 <= at[0] < 5 and 0 <= at[1] < 7
            assert found.classes[row, column] == (image[at] if inside else 0)


def test_no_data_is_unlabelled_and_south_up_is_turned(tmp_path):
    image = np.where(CLASSES == 0, 255, CLASSES).astype(np.uint8)[::-1]
    upward = Affine(CELL, 0, CORNER[0], 0, CELL, CORNER[1] - 4 * CELL)
    found = read(file=write(tmp_path / "a.tif", image, transform=upward, nodata=255))
    np.testing.assert_array_equal(found.classes, np.where(MASK, CLASSES, 0))


def test_the_same_crs_written_in_another_way(tmp_path):
    named = rasterio.crs.CRS.from_wkt(CRS.to_wkt("WKT1_GDAL"))
    assert read(file=write(tmp_path / "a.tif", CLASSES, crs=named)).n_classes == 3


def test_masks_divide_the_labelled_cells(tmp_path):
    column = np.indices(CLASSES.shape)[1]
    masks = {"train": column < 2, "validation": column == 3, "test": column > 3}
    files = {name: write(tmp_path / f"{name}.tif", where.astype(np.uint8)) for name, where in masks.items()}
    part = read(file=write(tmp_path / "a.tif", CLASSES), **files).part
    for name, where in masks.items():
        np.testing.assert_array_equal(part == PARTS[name], where & (CLASSES > 0) & MASK)


@pytest.mark.parametrize(
    ("about", "parts"),
    [
        ({"crs": "EPSG:32629"}, ["CRS is EPSG:32629, that of the survey is EPSG:2157", "gdalwarp -r near"]),
        ({"crs": None}, ["has no CRS"]),
        ({"cell": 500.0}, ["cells are 500 x 500 m, those of the survey 250 m"]),
        ({"cell": 250.5}, ["cells are 250.5 x 250.5 m"]),
        ({"corner": (600_100.0, 750_950.0)}, ["do not coincide", "100 m east and -50 m north"]),
        ({"transform": Affine(CELL, 5, CORNER[0], 5, -CELL, CORNER[1])}, ["is rotated"]),
        ({"bands": 2}, ["2 bands; a raster of labels has one"]),
        ({"corner": (700_000.0, 751_000.0)}, ["all labelled cells lie outside the survey"]),
        ({"corner": (601_000.0, 751_000.0)}, ["class 2 has no cell inside the survey"]),
    ],
)
def test_rasters_that_do_not_fit_the_survey(tmp_path, about, parts):
    text = message(file=write(tmp_path / "labels.tif", CLASSES, **about))
    for part in [str(tmp_path / "labels.tif"), *parts]:
        assert part in text


@pytest.mark.parametrize(
    ("image", "part"),
    [
        (CLASSES.astype(np.float32), "the values are float32; labels are whole numbers"),
        (CLASSES.astype(np.int16) - 1, "the value -1 is negative"),
        (np.where(CLASSES == 2, 4, CLASSES), "there is class 4, but no cell of class 2"),
        (np.minimum(CLASSES, 1), "only class 1; two or more are needed"),
        (np.zeros_like(CLASSES), "no class; two or more are needed"),
        (
            np.arange(300, dtype=np.int32).reshape(15, 20),
            "299 different values up to 299; at most 255 classes",
        ),
    ],
)
def test_values_that_are_no_classes(tmp_path, image, part):
    assert part in message(file=write(tmp_path / "labels.tif", image))


def test_a_file_that_is_no_raster(tmp_path):
    (tmp_path / "labels.tif").write_text("no raster")
    assert "not a raster that GDAL can read" in message(file=tmp_path / "labels.tif")


@pytest.mark.parametrize(
    ("image", "parts"),
    [
        (
            np.full(CLASSES.shape, 2),
            ["the value 2 in a mask (config key labels.raster.test)", "masks hold 0 and 1"],
        ),
        (np.zeros(CLASSES.shape), ["names no labelled cell inside the survey", "labels.raster.test"]),
        (
            np.ones(CLASSES.shape),
            ["labelled cell(s) are in this mask and in labels.raster.train", "x = 600375, y = 750875"],
        ),
    ],
)
def test_masks_that_cannot_be(tmp_path, image, parts):
    train = write(tmp_path / "train.tif", (CLASSES == 1).astype(np.uint8))
    test = write(tmp_path / "test.tif", image.astype(np.uint8))
    text = message(file=write(tmp_path / "labels.tif", CLASSES), train=train, test=test)
    for part in [str(test), *parts]:
        assert part in text


def test_a_mask_on_another_grid(tmp_path):
    train = write(tmp_path / "train.tif", np.minimum(CLASSES, 1), cell=500.0)
    text = message(file=write(tmp_path / "labels.tif", CLASSES), train=train)
    assert f"{train}: its cells are 500 x 500 m" in text


def test_opacity_is_no_second_band_of_labels(tmp_path):
    shown = np.where(MASK & (CLASSES != 3), 255, 0).astype(np.uint8)
    about = {
        "driver": "GTiff",
        "height": 4,
        "width": 6,
        "count": 2,
        "dtype": "uint8",
        "crs": "EPSG:2157",
        "alpha": "YES",
    }
    with rasterio.open(tmp_path / "a.tif", "w", transform=from_origin(*CORNER, CELL, CELL), **about) as file:
        file.write(np.stack([np.where(CLASSES == 3, 9, CLASSES), shown]))
    found = read(file=tmp_path / "a.tif")
    np.testing.assert_array_equal(found.classes, np.where(MASK & (CLASSES != 3), CLASSES, 0))


def test_a_code_that_looks_like_a_class(tmp_path):
    path = write(tmp_path / "a.tif", np.where(CLASSES == 0, 255, CLASSES))
    text = message(file=path)
    assert "there is class 255, but no cell of class 4" in text
    assert "declare 255 as no-data (gdal_edit.py -a_nodata 255)" in text
    with rasterio.open(path, "r+") as file:
        file.nodata = 255
    np.testing.assert_array_equal(read(file=path).classes, np.where(MASK, CLASSES, 0))


def test_labels_are_not_read_from_the_network_and_their_crs_may_stand_beside_them(tmp_path):
    (tmp_path / "a.tif").write_text(
        "<GDAL_WMS><Service name='TMS'><ServerUrl>http://example.org/</ServerUrl></Service></GDAL_WMS>"
    )
    assert "reads only files on this computer" in message(file=tmp_path / "a.tif")
    path = write(tmp_path / "b.tif", CLASSES, crs=None)
    assert "the raster has no CRS; write one into it" in message(file=path)
    (tmp_path / "b.prj").write_text(CRS.to_wkt("WKT1_ESRI"))
    np.testing.assert_array_equal(read(file=path).classes, np.where(MASK, CLASSES, 0))
