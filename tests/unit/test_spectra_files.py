"""Large cubes and scores stay in files: what is read, trained and written from there is what memory would give."""

import errno
import resource
from dataclasses import replace

import netCDF4
import numpy as np
import pandas as pd
import pytest
import torch
import xarray as xr
from geohalo.cube.element_order import element_order
from geohalo.cube.grid import Grid
from geohalo.evidence.folds import Folds
from geohalo.files import spectra as module
from geohalo.files.cells import Survey, netcdf_by_rows, read_spectra
from geohalo.files.members import stack_members, write_members
from geohalo.files.spectra import CubeFile, open_spectra, scores_beside
from geohalo.network.attribution import attributions, logit_differences
from geohalo.network.checkpoint import fingerprint
from geohalo.network.encoding import Encoding
from geohalo.network.engine import initial_members
from geohalo.network.presets import PRESETS
from geohalo.network.run import Settings, train_and_predict
from geohalo.network.scales import ScaleGraph
from geohalo.network.scores import ScoreFile
from geohalo.network.trained import Trained
from geohalo.network.values import values_of
from geohalo.superpixels.graph import build_graph

ROWS, COLUMNS, ELEMENTS = 45, 30, 7
SIZES = (3, 6)


@pytest.fixture(autouse=True)
def rows_of_a_block(monkeypatch):
    """Four rows in a block, so that a small map has several."""
    monkeypatch.setattr("geohalo.files.cells.CHUNK_CELLS", 4 * COLUMNS)


@pytest.fixture
def survey():
    mask = np.random.default_rng(1).random((ROWS, COLUMNS)) > 0.1
    mask[8:13] = False  # a block without a cell
    return Survey(Grid(np.arange(COLUMNS) * 500.0, np.arange(ROWS)[::-1] * 500.0), mask, "EPSG:32648")


@pytest.fixture
def cube(survey, tmp_path):
    """Write a cube; returns its path and its spectra."""
    values = np.random.default_rng(2).normal(size=(ELEMENTS, ROWS, COLUMNS)).astype(np.float32)
    path = str(tmp_path / "cube.nc")
    rest = survey.dataset().assign_coords(element=[f"E{k}" for k in range(ELEMENTS)])
    with netcdf_by_rows(rest, {"cube": {}}, path) as write:
        for rows in survey.row_blocks():
            write("cube", rows, np.where(survey.mask, values, np.nan)[:, rows])
    with xr.open_dataset(path) as data:
        return path, read_spectra(data, "cube", survey)


@pytest.fixture
def graphs(survey):
    """Return the arrays of two scales, superpixels of squares."""
    y, x = np.mgrid[:ROWS, :COLUMNS]
    arrays = []
    for size in SIZES:
        image = np.zeros((ROWS, COLUMNS), int)
        squares = (y // size * COLUMNS + x // size)[survey.mask]
        image[survey.mask] = np.unique(squares, return_inverse=True)[1] + 1
        arrays.append(build_graph(image).arrays())
    return arrays


@pytest.fixture
def in_files(monkeypatch):
    """Keep nothing in memory, and predict bands of a few rows."""
    monkeypatch.setattr(module, "IN_MEMORY", 0)
    monkeypatch.setattr("geohalo.network.prediction.BAND_CELLS", 100)


@pytest.mark.usefixtures("in_files")
def test_spectra_are_read_as_they_are_asked_for(survey, cube):
    path, values = cube
    expected = torch.as_tensor(values)
    with open_spectra(path, "cube", survey) as stored:
        assert isinstance(stored, CubeFile)
        assert len(stored) == len(values)
        assert stored.shape == values.shape
        generator = torch.Generator().manual_seed(0)
        cells = torch.randint(len(values), (5, 40), generator=generator)
        for some in (cells, cells[0], cells[0, :0], slice(3, 200), slice(None), slice(7, None, 31)):
            assert torch.equal(stored[some], expected[some])
        assert torch.equal(torch.cat(list(stored.blocks())), expected)
        assert fingerprint([stored]) == fingerprint([values])
        order = element_order([f"E{k}" for k in range(ELEMENTS)], stored, "similarity")
    np.testing.assert_array_equal(
        order, element_order([f"E{k}" for k in range(ELEMENTS)], values, "similarity")
    )


def test_a_small_cube_is_read_at_once(survey, cube):
    path, values = cube
    with open_spectra(path, "cube", survey) as found:
        np.testing.assert_array_equal(found, values)
    assert values_of(torch.as_tensor(values), [torch.arange(3)]).shape == values.shape


@pytest.mark.usefixtures("in_files")
def test_each_block_is_read_once_and_only_where_a_cell_is_asked_for(survey, cube, monkeypatch):
    path, values = cube
    read = []
    block = CubeFile._block
    monkeypatch.setattr(CubeFile, "_block", lambda self, number: read.append(number) or block(self, number))
    with open_spectra(path, "cube", survey) as stored:
        last = len(values) - 1
        some = values_of(stored, [torch.tensor([last, 0, 1]), torch.tensor([[last - 1], [0]])])
        assert read == [0, len(list(survey.row_blocks())) - 1]
        assert torch.equal(some[torch.tensor([[last], [1]])], torch.as_tensor(values[[[last], [1]]]))
        assert len(some) == len(values)
        assert len(read) == 2


def members_of(survey):
    """Two folds with a corner held out each, two draws, and an inner split with validation cells."""
    n = int(survey.mask.sum())
    generator = np.random.default_rng(3)
    region = np.stack([np.arange(n) < 200, np.arange(n) >= n - 150])
    drawn = []
    for scheme in ("held_out", "inner"):
        rows = []
        for fold in range(2):
            free = np.flatnonzero(~region[fold])
            for draw in (0, 1):
                rows += [(fold, draw, cell, k % 3 == 0) for k, cell in enumerate(generator.choice(free, 30))]
            rows += [(fold, -1, cell, k % 2 == 0) for k, cell in enumerate(generator.choice(free, 20))]
        table = pd.DataFrame(rows, columns=["fold", "draw", "cell", "label"]).astype(int)
        table["group"] = np.where(table["label"] == 1, table["cell"] % 4, -1)
        drawn.append(Folds(scheme, 2, np.arange(4), np.array([0, 0, 1, 1]), region, table, np.empty(0)))
    return stack_members(drawn)


@pytest.mark.parametrize("options", [{}, {"encoding": 3, "contrast": True}, {"attention": True}])
def test_a_run_from_files_is_the_run_in_memory(survey, cube, graphs, tmp_path, monkeypatch, options):
    """Members, history and numbers bit for bit; scores to rounding, as bands sum in other blocks."""
    path, values = cube
    members, table = members_of(survey)
    settings = Settings(epochs=2, device="cpu", options=options, checkpoint=str(tmp_path / "checkpoint.pt"))
    fold = table["fold"].to_numpy()
    whole = train_and_predict(values, graphs, members, settings, fold, lambda _: None)
    write_members(survey, table, whole.score, str(tmp_path / "whole.nc"))
    monkeypatch.setattr(module, "IN_MEMORY", 0)
    monkeypatch.setattr("geohalo.network.prediction.BAND_CELLS", 100)
    for number, arrays in enumerate(graphs):
        np.savez(tmp_path / f"{number}.npz", **arrays)
    scales = [np.load(tmp_path / f"{number}.npz") for number in range(len(graphs))]
    before = sorted(file.name for file in tmp_path.iterdir())
    with open_spectra(path, "cube", survey) as stored, scores_beside(str(tmp_path / "scores.nc")) as keep:
        result = train_and_predict(stored, scales, members, settings, fold, lambda _: None, keep)
        assert isinstance(result.score, ScoreFile)
        everyone = np.arange(len(members))
        found = result.score[everyone, :, slice(None)]
        write_members(survey, table, result.score, str(tmp_path / "scores.nc"))
    np.testing.assert_allclose(found, whole.score, rtol=1e-5, atol=1e-6)
    for name, value in whole.state.items():
        assert torch.equal(result.state[name], value), name
    for name in ("best_epoch", "temperature", "factors", "consistency"):
        np.testing.assert_array_equal(getattr(result, name), getattr(whole, name))
    np.testing.assert_array_equal(result.history["loss"], whole.history["loss"])
    assert sorted(file.name for file in tmp_path.iterdir()) == sorted([*before, "scores.nc"])
    with (
        netCDF4.Dataset(tmp_path / "scores.nc") as bands,
        netCDF4.Dataset(tmp_path / "whole.nc") as expected,
    ):
        for name in ("score_held_out", "spread_held_out", "score_inner", "spread_inner"):
            np.testing.assert_allclose(bands[name][:], expected[name][:], rtol=1e-4, atol=1e-6)


def test_scores_written_by_blocks_are_those_of_the_whole_map(survey, tmp_path):
    """Mean and spread over the draws of each fold, by hand."""
    _, table = members_of(survey)
    n = int(survey.mask.sum())
    score = np.random.default_rng(0).random((len(table), 1, n)).astype(np.float32)
    write_members(survey, table, score, str(tmp_path / "scores.nc"))
    with netCDF4.Dataset(tmp_path / "scores.nc") as file:
        for scheme in ("held_out", "inner"):
            for fold in range(2):
                rows = (table["scheme"] == scheme) & (table["fold"] == fold)
                for kind, expected in (
                    ("score", score[rows, 0].mean(axis=0)),
                    ("spread", score[rows, 0].std(axis=0)),
                ):
                    image = np.ma.filled(file[f"{kind}_{scheme}"][fold], np.nan)
                    np.testing.assert_array_equal(image[survey.mask], expected)
                    assert np.isnan(image[~survey.mask]).all()


@pytest.mark.usefixtures("in_files")
def test_a_file_of_scores_is_an_array(tmp_path):
    generator = np.random.default_rng(0)
    expected = np.zeros((5, 3, 40), np.float32)
    with scores_beside(str(tmp_path / "scores.nc")) as keep:
        stored = keep(expected.shape)
        assert len(stored) == 5
        for cells in (slice(0, 17), slice(17, 40)):
            for members in (np.array([4, 1]), np.array([0, 2, 3])):
                part = generator.random((len(members), 3, cells.stop - cells.start)).astype(np.float32)
                stored[members, :, cells] = expected[members, :, cells] = part
        for members in (np.arange(5), np.array([3]), np.array([4, 0])):
            for cells in (slice(None), slice(10, 30), slice(39, 40)):
                np.testing.assert_array_equal(stored[members, :, cells], expected[members, :, cells])
        assert list(tmp_path.iterdir()) == []


@pytest.mark.usefixtures("in_files")
def test_no_room_for_scores_is_told_and_nothing_is_left(tmp_path):
    def store():
        with scores_beside(str(tmp_path / "scores.nc")) as keep:
            keep((2, 1, 100_000))[np.arange(2), :, slice(0, 100_000)] = np.ones((2, 1, 100_000), np.float32)

    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 16, hard))
    try:
        with pytest.raises(OSError, match="File too large") as stopped:
            store()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert stopped.value.errno == errno.EFBIG
    assert list(tmp_path.iterdir()) == []


def test_held_out_regions_are_kept_once_for_each_fold(survey):
    members, table = members_of(survey)
    assert members.held_out.bits.shape[0] == 4
    n = int(survey.mask.sum())
    regions = [np.arange(n) < 200, np.arange(n) >= n - 150]
    for one, fold in zip(members.held_out, table["fold"], strict=True):
        np.testing.assert_array_equal(one, regions[fold])
    some = members[np.array([1, 6])]
    assert len(some.held_out) == 2
    np.testing.assert_array_equal(list(some.held_out), [regions[table["fold"][k]] for k in (1, 6)])


def test_superpixels_that_held_out_regions_touch(survey, graphs):
    members, _ = members_of(survey)
    for arrays in graphs:
        scale = ScaleGraph.from_arrays(arrays, torch.device("cpu"))
        expected = scale.touched(np.stack(list(members.held_out)))
        assert torch.equal(scale.touched(members.held_out), expected)
        assert 0 < expected.sum() < expected.numel()


@pytest.mark.usefixtures("in_files")
def test_a_cube_in_a_file_is_explained_alike(survey, cube, graphs):
    path, values = cube
    recipe = replace(PRESETS["default"], encoding=3, contrast=True)
    state = initial_members([0, 1], ELEMENTS, len(graphs), recipe, "fusion", 2)
    scales = [ScaleGraph.from_arrays(arrays, torch.device("cpu")) for arrays in graphs]
    with open_spectra(path, "cube", survey) as stored:
        found = []
        for one in (torch.as_tensor(values), stored):
            encode = Encoding.of(one, scales, recipe)
            trained = Trained(state, one, scales, encode, recipe, "fusion")
            found.append([*(part for _, part in attributions(trained, 2)), logit_differences(trained)])
    for part, expected in zip(*reversed(found), strict=True):
        torch.testing.assert_close(part, expected)
