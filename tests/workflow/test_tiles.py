"""The reduced demo in tiles: the same elements and cube as in one piece, superpixels without seams, and a map."""

import numpy as np
import pytest
import rasterio
import xarray as xr
from skimage.measure import label
from workflow_runs import SETTINGS, SMALL, planned, snakemake, write_config

pytestmark = pytest.mark.workflow

TILES = 3
RESULTS = f"results/{SETTINGS['survey']}"
COUNTS = SETTINGS["superpixels"]["n_segments"]


@pytest.fixture(scope="module")
def overlay(tmp_path_factory):
    return write_config(tmp_path_factory.mktemp("config") / "tiles.yaml", {"grid": {"tiles": TILES}})


@pytest.fixture(scope="module")
def tiled(tmp_path_factory, overlay):
    """Results of a run from samples to the map."""
    folder = tmp_path_factory.mktemp("tiled")
    result = snakemake(folder, "--until", "map_anomalies", configs=(SMALL, overlay))
    assert result.returncode == 0, result.stdout
    return folder / RESULTS


@pytest.fixture(scope="module")
def whole(demo):
    return demo / RESULTS


@pytest.mark.parametrize("name", ["elements.nc", "cube.nc"])
def test_elements_and_cube_are_those_of_one_piece(tiled, whole, name):
    with xr.open_dataset(tiled / name) as found, xr.open_dataset(whole / name) as expected:
        xr.testing.assert_identical(found.load(), expected.load())
        for variable in expected:
            assert found[variable].encoding.get("chunksizes") == expected[variable].encoding.get("chunksizes")


@pytest.mark.parametrize("count", COUNTS)
def test_superpixels_fill_the_survey_and_cross_the_tiles(tiled, whole, count):
    with rasterio.open(tiled / f"superpixels/{count}.tif") as file:
        labels = file.read(1)
    with rasterio.open(whole / f"superpixels/{count}.tif") as file:
        one_piece = file.read(1)
        assert file.nodata == 0
    np.testing.assert_array_equal(labels > 0, one_piece > 0)
    assert labels.max() == label(labels, background=0, connectivity=1).max()
    assert labels.max() == pytest.approx(count, rel=0.4)
    inside = (labels[1:] > 0) & (labels[:-1] > 0)
    differ = ((labels[1:] != labels[:-1]) & inside).sum(axis=1) / inside.sum(axis=1).clip(1)
    borders = [len(labels) * k // TILES - 1 for k in range(1, TILES)]
    assert (differ[borders] < 0.6).all()


def test_graphs_are_of_the_stitched_superpixels(tiled):
    for count in COUNTS:
        with rasterio.open(tiled / f"superpixels/{count}.tif") as file:
            labels = file.read(1)
        graph = np.load(tiled / f"graph/{count}.npz", allow_pickle=False)
        np.testing.assert_array_equal(graph["assignment"], labels[labels > 0] - 1)


def test_the_map_covers_the_survey(tiled, whole):
    with (
        rasterio.open(tiled / "maps/score.tif") as found,
        rasterio.open(whole / "maps/score.tif") as expected,
    ):
        scores, others = found.read(1), expected.read(1)
    np.testing.assert_array_equal(np.isfinite(scores), np.isfinite(others))
    inside = np.isfinite(scores)
    assert ((scores[inside] >= 0) & (scores[inside] <= 1)).all()
    # Other superpixels of the same ground: another map, and much the same one.
    assert np.corrcoef(scores[inside], others[inside])[0, 1] > 0.8


def test_tiles_are_removed_once_put_together(tiled):
    assert not [file for file in (tiled / "tiles").rglob("*") if file.is_file()]


def test_another_number_of_tiles_is_another_run(demo, overlay):
    jobs = planned(demo, configs=(SMALL, overlay))
    assert jobs["interpolate_elements"] == TILES
    assert jobs["gather_elements"] == 1
    assert jobs["segment_tile"] == TILES * len(COUNTS)
    assert jobs["stitch_superpixels"] == len(COUNTS)
    assert "segment_superpixels" not in jobs
