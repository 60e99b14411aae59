"""A disk that is full in the midst of any file is told as such, and leaves no half file, whatever the library says."""

import errno
import resource
from contextlib import contextmanager

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import torch
from geohalo.atomic_files import atomic_write
from geohalo.cube.grid import Grid
from geohalo.files.cells import Survey, netcdf_by_rows, write_geotiff, write_netcdf
from geohalo.files.maps import write_map
from geohalo.files.scores import write_scores
from geohalo.files.tables import write_json
from geohalo.files.targets import write_geopackage
from geohalo.network.checkpoint import Checkpoint
from geohalo.products.styles import save_figure
from geohalo.stages.build_graph import build_graph
from matplotlib.figure import Figure

ROWS, COLUMNS = 300, 280


@pytest.fixture(scope="module")
def survey():
    grid = Grid(500_000.0 + 1000 * np.arange(COLUMNS), 5_000_000.0 - 1000 * np.arange(ROWS))
    return Survey(grid, np.ones((ROWS, COLUMNS), dtype=bool), "EPSG:32629")


@contextmanager
def room(size: int):
    """Let no file grow beyond a size."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def noise(*shape, dtype=np.float32):
    return np.random.default_rng(0).normal(size=shape).astype(dtype)


def picture(path):
    figure = Figure(figsize=(4, 4))
    figure.subplots().imshow(noise(200, 200))
    save_figure(figure, path)


def points(n=3000):
    x, y = noise(2, n, dtype=np.float64)
    return gpd.GeoDataFrame({"a": x, "name": "b"}, geometry=gpd.points_from_xy(x, y), crs="EPSG:32629")


def parquet(path):
    with atomic_write(path) as temporary:
        points().to_parquet(temporary)


def text(path):
    with atomic_write(path) as temporary:
        pd.DataFrame(noise(3000, 4)).to_csv(temporary)


def page(path):
    with atomic_write(path) as temporary:
        temporary.write_text("x" * 200_000, encoding="utf-8")


def weights(path):
    with atomic_write(path) as temporary:
        torch.save({"a": torch.as_tensor(noise(200, 300))}, temporary)


def by_rows(survey, path):
    rest = survey.dataset().assign_coords(element=["Cu", "Zn"])
    with netcdf_by_rows(rest, {"cube": {"units": "1"}}, path) as write:
        for rows in survey.row_blocks():
            write("cube", rows, noise(2, rows.stop - rows.start, COLUMNS))


def scores(survey, path):
    each = noise(2, ROWS * COLUMNS)
    write_scores(survey, {"held_out": (each, each)}, path)


def plain(survey, path):
    write_netcdf(survey.dataset(a=(("y", "x"), noise(ROWS, COLUMNS), {})), path)


WRITERS = {
    "label.tif": lambda survey, path: write_geotiff(
        survey, (100 * noise(2, ROWS, COLUMNS)).astype(np.int32), path, 0, ["a", "b"]
    ),
    "map.tif": lambda survey, path: write_map(survey, noise(1, ROWS, COLUMNS), path, np.nan, ["score"]),
    "plain.nc": plain,
    "rows.nc": by_rows,
    "scores.nc": scores,
    "samples.parquet": lambda survey, path: parquet(path),
    "targets.gpkg": lambda survey, path: write_geopackage({"deposits": points(), "samples": points()}, path),
    "table.csv": lambda survey, path: text(path),
    "settings.json": lambda survey, path: write_json({"a": noise(3000).tolist()}, path),
    "report.html": lambda survey, path: page(path),
    "figure.png": lambda survey, path: picture(path),
    "figure.pdf": lambda survey, path: picture(path),
    "members.pt": lambda survey, path: weights(path),
    "checkpoint.pt": lambda survey, path: Checkpoint(path).put("a", {"b": torch.as_tensor(noise(200, 300))}),
    "graph.npz": None,
}


def write(name, survey, path):
    if name == "graph.npz":
        labels = str(path.with_name("labels.tif"))
        if not path.with_name("labels.tif").exists():
            image = np.arange(ROWS * COLUMNS, dtype=np.int32).reshape(1, ROWS, COLUMNS) // 7 + 1
            write_geotiff(survey, image, labels, 0, ["superpixel"])
        build_graph(labels, str(path))
        return
    WRITERS[name](survey, str(path))


@pytest.mark.parametrize("name", WRITERS)
def test_a_file_for_which_there_is_no_room_is_told_as_such_and_not_left(name, survey, tmp_path):
    path = tmp_path / name
    write(name, survey, path)
    size, before = path.stat().st_size, {file.name for file in tmp_path.iterdir()} - {name}
    assert not any(".writing" in one for one in before)
    for share in (0, 0.01, 0.1, 0.3, 0.5, 0.7, 0.9, 0.97, 0.999):
        path.unlink()
        with room(int(share * size)), pytest.raises(OSError, match="File too large") as stopped:
            write(name, survey, path)
        assert stopped.value.errno == errno.EFBIG, share
        assert stopped.value.filename == str(path)
        assert {file.name for file in tmp_path.iterdir()} == before, share
        # And the same command then makes it.
        write(name, survey, path)
        assert path.exists()
