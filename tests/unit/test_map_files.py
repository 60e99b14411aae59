"""Maps as Cloud-Optimised GeoTIFFs: judged by the validator of rio-cogeo, and read again with GDAL."""

import numpy as np
import pytest
import rasterio
from geohalo.cube.grid import Grid
from geohalo.files.cells import Survey, read_geotiff
from geohalo.files.maps import BANDS, BLOCK, Band, write_map
from pyproj import CRS
from rasterio.enums import Resampling
from rio_cogeo import cog_validate


def ground(rows: int, columns: int, cell: float = 250.0) -> Survey:
    x, y = 400_000 + cell * np.arange(columns), 6_200_000 - cell * np.arange(rows)
    mask = np.hypot(*np.meshgrid(np.linspace(-1, 1, columns), np.linspace(-1, 1, rows))) < 1
    return Survey(Grid(x, y), mask, CRS(2157).to_wkt())


@pytest.mark.parametrize("shape", [(2, 3), (40, 60), (256, 256), (257, 30), (600, 900)])
@pytest.mark.parametrize("kind", [np.float32, np.int16, np.uint8, np.uint16])
def test_every_map_is_a_valid_cog_and_reads_as_it_was_written(tmp_path, shape, kind):
    survey, path = ground(*shape), str(tmp_path / "map.tif")
    nodata = np.nan if kind is np.float32 else -1 if kind is np.int16 else np.iinfo(kind).max
    values = (np.random.default_rng(0).random((2, *shape)) * 100).astype(kind)
    image = np.where(survey.mask, values, np.array(nodata, dtype=kind))
    write_map(survey, image, path, nodata, [Band("score", "a score"), Band("metres", "a length", "m")])
    valid, errors, warnings = cog_validate(path, strict=True)
    assert (valid, errors, warnings) == (True, [], [])
    np.testing.assert_array_equal(read_geotiff(path), image)
    with rasterio.open(path) as file:
        assert file.crs.to_epsg() == 2157
        np.testing.assert_equal(file.nodata, nodata)
        assert file.descriptions == ("score", "metres")
        assert file.units == ("1", "m")
        assert [file.tags(band)["long_name"] for band in (1, 2)] == ["a score", "a length"]
        assert (file.transform.c, file.transform.f) == (399_875, 6_200_125)
        assert bool(file.overviews(1)) == (max(shape) > BLOCK)
    # Nothing is left beside it.
    assert [file.name for file in tmp_path.iterdir()] == ["map.tif"]


def test_statistics_are_those_of_the_cells_inside(tmp_path):
    survey, path = ground(300, 280), str(tmp_path / "map.tif")
    values = np.random.default_rng(1).normal(5, 2, survey.mask.shape).astype(np.float32)
    write_map(survey, np.where(survey.mask, values, np.nan)[None], path, np.nan, ["score"])
    inside = values[survey.mask].astype(float)
    with rasterio.open(path) as file:
        told = {key: float(value) for key, value in file.tags(1).items() if key.startswith("STATISTICS_")}
    assert told["STATISTICS_MINIMUM"] == pytest.approx(inside.min())
    assert told["STATISTICS_MAXIMUM"] == pytest.approx(inside.max())
    assert told["STATISTICS_MEAN"] == pytest.approx(inside.mean())
    assert told["STATISTICS_STDDEV"] == pytest.approx(inside.std())
    assert told["STATISTICS_VALID_PERCENT"] == pytest.approx(100 * survey.mask.mean(), abs=0.01)


def test_overviews_hold_means_of_numbers_and_no_class_that_is_not_there(tmp_path):
    survey = ground(512, 512)
    survey.mask[:] = True
    board = np.indices((512, 512)).sum(axis=0) % 2
    write_map(survey, board[None].astype(np.float32), str(tmp_path / "mean.tif"), np.nan, ["score"])
    write_map(survey, (9 * board[None]).astype(np.uint8), str(tmp_path / "class.tif"), 255, ["target"])
    seen = {}
    for name in ("mean", "class"):
        with rasterio.open(tmp_path / f"{name}.tif") as file:
            assert file.overviews(1) == [2]
            seen[name] = file.read(1, out_shape=(256, 256), resampling=Resampling.nearest)
    assert (seen["mean"] == 0.5).all()
    assert set(np.unique(seen["class"])) <= {0, 9}


def test_a_map_that_cannot_be_written_leaves_nothing(tmp_path):
    survey = ground(20, 30)
    with pytest.raises(KeyError):
        write_map(
            survey, np.zeros((1, 20, 30), np.float32), str(tmp_path / "map.tif"), np.nan, ["no such band"]
        )
    # More names than bands: found out while the file is written.
    with pytest.raises(IndexError):
        write_map(
            survey, np.zeros((1, 20, 30), np.float32), str(tmp_path / "map.tif"), np.nan, ["score", "spread"]
        )
    assert list(tmp_path.iterdir()) == []


def test_bands_go_by_their_names():
    assert all(name == band.name and band.meaning for name, band in BANDS.items())
