"""The plain implementation of the benchmarks gives the library's own numbers, so that their times compare."""

import importlib
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from geohalo.network.checkpoint import Checkpoint
from geohalo.network.definition import TwoBranch, hetero_data
from geohalo.network.encoding import Encoding
from geohalo.network.engine import initial_members
from geohalo.network.members import Members
from geohalo.network.prediction import predict
from geohalo.network.presets import PRESETS
from geohalo.network.scales import ScaleGraph
from geohalo.network.trained import Trained
from geohalo.network.training import Training
from geohalo.superpixels.graph import build_graph

ROWS, COLUMNS, ELEMENTS = 36, 40, 39


@pytest.fixture
def benchmark_module(monkeypatch):
    """Import a module of tests/benchmarks by name."""
    monkeypatch.syspath_prepend(str(Path(__file__).parents[1] / "benchmarks"))
    return importlib.import_module


@pytest.fixture
def case(benchmark_module, tmp_path):
    """Return cube, label image and labelled cells of a tiny case."""
    cases = benchmark_module("cases")
    cube = np.array(cases.write_cube(tmp_path / "cube.npy", ROWS, COLUMNS, ELEMENTS))
    return cube, cases.tiles(ROWS, COLUMNS, 5), cases.labelled_cells(ROWS, COLUMNS, per_class=30)


def test_simulated_cases(benchmark_module, case, tmp_path):
    """Superpixels are whole and numbered without gaps, classes alike in number, no test cell is trained on."""
    cube, labels, labelled = case
    np.testing.assert_allclose(cube.std(0).mean(), 1, atol=0.1)
    assert set(np.unique(labels)) == set(range(1, labels.max() + 1))
    assert labels.size / labels.max() == pytest.approx(5, rel=0.1)
    assert labelled.train_classes.tolist() == [1] * 30 + [0] * 30
    assert len(np.intersect1d(labelled.train, labelled.test)) == 0
    other = benchmark_module("cases").labelled_cells(ROWS, COLUMNS, per_class=30, draw=1)
    assert not np.array_equal(np.sort(other.train), np.sort(labelled.train))


def test_a_district_keeps_the_same_places_on_a_larger_map(benchmark_module):
    """Labelled cells move with the middle of the map and keep their places to each other."""
    cases = benchmark_module("cases")
    small = cases.labelled_cells(40, 40, per_class=30)
    large = cases.labelled_cells(100, 140, per_class=30, district=40)
    row, column = np.divmod(small.train, 40)
    np.testing.assert_array_equal(large.train, (row + 30) * 140 + column + 50)


def test_plain_graphs_are_the_same(benchmark_module, case):
    labels = case[1].copy()
    labels[:7, :9] = 0
    labels = np.unique(labels, return_inverse=True)[1].reshape(labels.shape).astype(np.int32)
    plain, ours = benchmark_module("plain_graphs").build_graph(labels), build_graph(labels).arrays()
    assert plain.keys() == ours.keys()
    for name, array in ours.items():
        assert plain[name].dtype == array.dtype
        np.testing.assert_allclose(plain[name], array, rtol=1e-6)


def test_plain_training_gives_the_same_map(benchmark_module, case):
    """Three steps of the published recipe, without dropout, whose draws differ: losses and map agree to 1e-4."""
    torch.set_num_threads(1)
    cube, labels, labelled = case
    recipe = replace(PRESETS["reference"], dropout=0.0, epochs=3)
    graph, values = build_graph(labels).arrays(), torch.as_tensor(cube)

    torch.manual_seed(5)
    network = TwoBranch(ELEMENTS, 1, recipe, "fusion")
    train, test = (
        (torch.as_tensor(a), torch.as_tensor(labelled.train_classes)) for a in (labelled.train, labelled.test)
    )
    run = benchmark_module("plain").PlainRun(network, values, [hetero_data(graph)], train, test)
    losses = [run.step() for _ in range(recipe.epochs)]

    scale = ScaleGraph.from_arrays(graph, torch.device("cpu"))
    encode = Encoding.of(values, [scale], recipe)
    nowhere = np.zeros((1, labels.size), bool)
    member = Members(np.array([5]), labelled.train[None], labelled.train_classes[None], nowhere)
    state = initial_members([5], ELEMENTS, 1, recipe, "fusion", 2)
    training = Training(state, values, [scale], encode, member, recipe, "fusion")
    state = training.run(lambda *_: None, Checkpoint(), "")

    np.testing.assert_allclose(training.table()["loss"][0], losses, rtol=1e-4)
    score = predict(Trained(state, values, [scale], encode, recipe, "fusion"))[0, 0]
    np.testing.assert_allclose(score, run.predict()[:, 1], rtol=1e-4)
    assert score.std() > 1e-3
    accuracy = (score[labelled.train].round() == labelled.train_classes).mean()
    assert run.evaluate()["train"] == pytest.approx(accuracy)


def test_growth_of_a_national_survey(benchmark_module, capsys):
    """Sizes, peaks by rule, and the table with its exponents, by hand."""
    national = benchmark_module("national")
    assert national.size_of(1e7) == {"simulate": {"samples": 2_500_000, "deposits": 300}}
    assert national.size_of(1e5) == {"simulate": {"samples": 25_000, "deposits": 30}}

    jobs = [("train", 1e9), ("train", 2e9), ("evaluate", 5e8)]
    found = national.peaks({"rule": rule, "peak": peak} for rule, peak in jobs)
    assert found == {"train": 2.0, "evaluate": 0.5}

    assert national.exponents([2.0, 20.0, 2000.0, 0.0], [1e5, 1e6, 1e7, 1e8])[:2] == pytest.approx([1, 2])
    runs = [
        {"total": {"cells": cells}, "seconds": {"train": seconds}}
        for cells, seconds in ((1e5, 3.0), (1e6, 30.0))
    ]
    national.print_growth(
        "stage", "s", ["train", "none"], runs, lambda run, name: run["seconds"].get(name, 0.0)
    )
    assert capsys.readouterr().out.strip().splitlines() == [
        "| stage | 0.1 million cells, s | 1 million cells, s | exponent 0.1 to 1 |",
        "| --- | --- | --- | --- |",
        "| train | 3 | 30 | 1.00 |",
        "| none | 0 | 0 |  |",
    ]


@pytest.fixture
def interpolated(benchmark_module, tmp_path):
    """Return the measured functions of a small case, and ours there: a fifth of the values missing."""
    module = benchmark_module("interpolators")
    module.prepare(tmp_path, samples=300, side=30, elements=3, missing=0.2, some=1)
    assert module.estimate(tmp_path, "ours").keys() >= {"seconds", "processor seconds", "difference"}
    return module, tmp_path


def test_others_interpolate_the_same_ground(interpolated, monkeypatch):
    """SciPy's inverse-distance weighting is ours; some cells are scaled to all, what is done before them is not."""
    module, folder = interpolated
    _, values, targets = module._case(folder)
    assert targets[:31].tolist()[::30] == [[500, 500], [500, 1500]]
    assert np.isnan(values).mean() == pytest.approx(0.2, abs=0.05)
    found = module.estimate(folder, "kdtree", elements=2, every=3)
    assert found["difference"] < 1e-12
    assert found["without"] == 0

    def constant(points, value):
        return lambda targets: np.where(targets[:, 0] < 3000, np.nan, 1.0)

    clock = iter(np.arange(0.0, 100, 1) ** 2)
    monkeypatch.setattr(module, "_clocks", lambda: (next(clock), 0.0))
    monkeypatch.setitem(module.OTHERS, "constant", constant)
    found = module.estimate(folder, "constant", elements=2, every=10)
    # The clock is read at 0, 1, 4 and 9, 16, 25: (1 + 7) once, (3 + 9) for a tenth of the cells, two of three elements.
    assert found["seconds"] == pytest.approx((8 + 10 * 12) * 3 / 2)
    # Every tenth of rows of 30 cells lies in three columns, one of them without.
    assert found["without"] == pytest.approx(1 / 3)
    expected = np.load(folder / "ours.npy")[::10]
    inside = targets[::10, 0] >= 3000
    root = np.sqrt(((1 - expected[inside]) ** 2).mean()) / expected.std()
    assert found["difference"] == pytest.approx(root)


@pytest.mark.skipif(shutil.which("gdal_grid") is None, reason="gdal_grid is not installed")
def test_gdal_interpolates_the_same_ground(interpolated):
    """Row by row the same cells; the circle that it searches holds too few samples along the border."""
    module, folder = interpolated
    found = module.estimate(folder, "gdal_grid", elements=1)
    assert found["difference"] < 0.05
    assert found["without"] == 0
    # Of the largest child so far: the benchmark has a process for it, these tests have one for all.
    assert found["peak"] > 0


def test_bytes_of_interpolation_by_hand(benchmark_module):
    """12 weights of 8 bytes and numbers of 4, written and read; 12 x 39 values; 39 estimates moved three times."""
    program = benchmark_module("interpolation")
    moved = program.bytes_moved(39)
    assert moved == {"place": 16, "weights": 288, "values": 3744, "estimates": 936}
    plan = program.QUICK
    kriging = program.others(program.Plan(), 100_000)[-1]
    assert kriging.reason in ("not installed", "not run: 80 GB for pairs of samples")
    assert program.part(plan, kriging.work) == "1 of 5 elements, 900 cells"
    assert [other.alike for other in program.others(plan, 200)] == [True, True, False, False]


def test_quick_benchmark_of_interpolation(benchmark_module, monkeypatch, capsys):
    """All of the program on a tiny case: a row for each program and case, and the steps of each case."""
    program = benchmark_module("interpolation")
    monkeypatch.setattr(program, "QUICK", replace(program.QUICK, samples=(60, 90), side=15))
    monkeypatch.setattr("sys.argv", ["interpolation.py", "--quick"])
    program.main()
    rows = [line.split(" | ") for line in capsys.readouterr().out.splitlines() if line.startswith("| ")]
    methods = [row[1] for row in rows if row[0] == "| a"]
    assert methods == ["this", *(other.title for other in program.others(program.QUICK, 60))]
    assert [sum(row[0] == f"| {case}" for row in rows) for case in "abc"] == [5, 5, 5]
    ours = {row[0]: row for row in rows if row[1] == "SciPy's cKDTree, element by element"}
    assert all(float(row[8]) < 1e-12 for row in ours.values())
    heads = [place for place, row in enumerate(rows) if row[0] == "| what binds"]
    steps = {row[0].removeprefix("| "): row[1:] for row in rows[heads[0] + 2 : heads[1]]}
    assert list(steps)[:5] == [
        "bytes of all steps over the time", "share of the copy's rate", "neighbours", "weights", "product",
    ]  # fmt: skip
    assert all(len(columns) == 2 for columns in steps.values())
    shared = {row[0].removeprefix("| "): row[1].removesuffix(" |") for row in rows[heads[1] + 2 :]}
    assert list(shared)[:4] == ["neighbours", "weights", "loop", "first writing to the result's memory"]
    # Rows of 8 values for 5 elements; at least 12 neighbours over 0.7 of them present.
    looked_at = int(shared["values that the loop looks at in each cell"])
    assert looked_at % 16 == 0
    assert 8 * 18 <= looked_at <= 8 * 50


def test_attribution_is_measured(benchmark_module, tmp_path):
    found = benchmark_module("explanation").explain(tmp_path, side=24, preset="default", cells_each=[9, 30])
    assert set(found) == {"internal", "external", "spectrum", "targets", "peak"}
    assert min(found.values()) > 0


def test_stages_and_medians_against_an_earlier_commit(benchmark_module):
    earlier = benchmark_module("earlier")
    intervals = [("train", 0, 4), ("train", 2, 5), ("explain_map", 5, 6), ("explain_targets", 5, 8)]
    found = earlier.stage_seconds([*intervals, ("report", 8, 8.5), ("evaluate", 0, 9)])
    assert found == {"train": 7, "score_controls": 0, "explain": 4, "report": 0.5}
    assert earlier.medians([{"wall": 3}, {"wall": 9}, {"wall": 4}]) == {"wall": 4}
    measured = {"wall", "processor", "overhead", "dry run", "processor of train"}
    assert {row.key for row in [*earlier.ROWS, *earlier.BUSY_ROWS]} == measured | set(found)


def test_the_median_of_turns_of_which_some_were_stopped(benchmark_module):
    """It is a bound where a stopped turn may belong below it, and where it is that of a stopped turn."""
    medians = benchmark_module("earlier").medians
    turns = [{"wall": 356, "processor": 9}, {"wall": 327, "processor": 8}, {"wall": 466, "limit": 460}]
    assert medians(turns) == {"wall": 356}
    assert medians([{"wall": 356}, {"wall": 466, "limit": 460}, {"wall": 327, "limit": 320}])["limit"] == 356
    assert medians([{"wall": 500, "limit": 460}, {"wall": 466, "limit": 460}, {"wall": 3}])["limit"] == 466


@pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")
def test_an_earlier_commit_is_checked_out(benchmark_module, tmp_path, monkeypatch):
    earlier = benchmark_module("earlier")
    clone, folder = tmp_path / "clone", tmp_path / "earlier"
    clone.mkdir()
    git = ["git", "-C", str(clone), "-c", "user.name=test", "-c", "user.email=test@example.org"]
    subprocess.run([*git, "init", "--quiet"], check=True)
    for text in ("then", "now"):
        (clone / "Snakefile").write_text(text, encoding="utf-8")
        subprocess.run([*git, "add", "Snakefile"], check=True)
        subprocess.run([*git, "commit", "--quiet", "-m", text], check=True)
    monkeypatch.setattr(earlier, "ROOT", clone)
    assert (earlier.check_out("HEAD~1", folder) / "Snakefile").read_text(encoding="utf-8") == "then"
    with pytest.raises(SystemExit, match="git fetch --unshallow"):
        earlier.check_out("0" * 40, tmp_path)


def test_quick_benchmark_of_sources(benchmark_module, capsys):
    """A network that covers its grid, and the row that is printed."""
    program = benchmark_module("sources")
    mixing, points = program.survey(20, 30, np.random.default_rng(1))
    assert mixing.shares.sum() == 20**2 * program.CELL**2
    assert points.shape == (30, 2)
    assert (mixing.parent >= 0).sum() > 15
    program.main(True, 0.05, 0, 0, 1, False)
    row = capsys.readouterr().out.splitlines()[-1].split(" | ")
    assert row[:3] == ["| 1,600", "60", "4"]
