"""Controls: those that see no element by brute force, those that learn on cubes with a known answer."""

import numpy as np
import pytest
from geohalo.control_table import CLASSIFIERS, CONTEXT
from geohalo.evidence.class_folds import draw_class_folds
from geohalo.evidence.class_metrics import class_metrics, judged_cells
from geohalo.evidence.context import Context
from geohalo.evidence.controls import (
    CONTROLS,
    LABEL_FREE,
    PROBABILITY_CONTROLS,
    SCALE_ARRAYS,
    Ground,
    score_control,
)
from geohalo.evidence.folds import draw_folds
from geohalo.evidence.simple_controls import mean_of_elements
from geohalo.superpixels.graph import build_graph
from metric_tables import metric_table
from scipy.spatial import KDTree
from sklearn.linear_model import LogisticRegression

LABELS = {
    "radius": 2000.0,
    "background_distance": 4000.0,
    "group_distance": 5000.0,
    "buffer": 8000.0,
    "folds": 2,
    "positives": 30,
    "background": 60,
    "decoys": 0,
    "seed": 0,
}
X, Y = np.meshgrid(np.arange(40), np.arange(40))
CELLS = np.column_stack([X.ravel(), Y.ravel()]) * 1000.0
DEPOSITS = np.array([[8, 8], [30, 8], [8, 30], [31, 31]]) * 1000.0 + 300
SAMPLES = np.random.default_rng(0).uniform(0, 40_000, (200, 2))
HALO = np.exp(-((KDTree(DEPOSITS).query(CELLS)[0] / 3000) ** 2))
# Square superpixels of 10 and of 4 cells a side.
GRAPHS = [build_graph(1 + X // side + (Y // side) * (40 // side)).arrays() for side in (10, 4)]


def cube_with(signal, seed=1, bands=4):
    """Return noise (N, bands) whose first band carries `signal` times the halo."""
    cube = np.random.default_rng(seed).normal(size=(len(CELLS), bands))
    cube[:, 0] += signal * HALO
    return cube.astype(np.float32)


def ground(cube, samples=SAMPLES):
    return Ground(cube, CELLS, DEPOSITS, samples, 1000.0, GRAPHS, sought=(0, 2))


def score(name, cube, scheme="held_out", seeds=2, **options):
    folds = draw_folds(scheme, CELLS, DEPOSITS, LABELS, seeds)
    return folds, *score_control(name, ground(cube), [folds], **options)[0]


def test_sampling_density_is_the_distance_to_the_twelfth_sample():
    _, mean, spread = score("sampling_density", cube_with(0))
    distance = np.sort(np.hypot(*(CELLS[:, None] - SAMPLES).transpose(2, 0, 1)), axis=1)
    np.testing.assert_allclose(mean, np.tile(-distance[:, 11], (2, 1)), rtol=1e-6)
    assert not spread.any()


def test_sampling_density_with_few_samples_takes_the_last():
    folds = draw_folds("held_out", CELLS, DEPOSITS, LABELS, 1)
    three = SAMPLES[:3]
    ((mean, _),) = score_control("sampling_density", ground(cube_with(0), three), [folds])
    farthest = np.hypot(*(CELLS[:, None] - three).transpose(2, 0, 1)).max(axis=1)
    np.testing.assert_allclose(mean[0], -farthest, rtol=1e-6)


def test_background_absence_is_the_distance_to_background_that_any_draw_learned():
    folds, mean, spread = score("background_absence", cube_with(0))
    for fold in range(2):
        learned = np.concatenate(
            [cell[label == 0] for cell, label in (folds.train(fold, 0), folds.train(fold, 1))]
        )
        nearest = np.hypot(*(CELLS[:, None] - CELLS[learned]).transpose(2, 0, 1)).min(axis=1)
        np.testing.assert_allclose(mean[fold], nearest, rtol=1e-6)
    assert not spread.any()


def test_deposit_distance_knows_training_deposits_only():
    folds, mean, spread = score("deposit_distance", cube_with(0))
    for fold in range(2):
        training = DEPOSITS[folds.deposit_fold != fold]
        assert len(training) == 2
        nearest = np.hypot(*(CELLS[:, None] - training).transpose(2, 0, 1)).min(axis=1)
        np.testing.assert_allclose(mean[fold], -nearest, rtol=1e-6)
    assert not spread.any()


def test_logistic_is_the_mean_over_draws_fitted_on_their_own_cells():
    cube = cube_with(3)
    folds, mean, spread = score("logistic", cube)
    for fold in range(2):
        members = []
        for draw in range(2):
            cell, label = folds.train(fold, draw)
            model = LogisticRegression(class_weight="balanced", solver="newton-cholesky").fit(
                cube[cell], label
            )
            members.append(model.predict_proba(cube)[:, 1])
        np.testing.assert_allclose(mean[fold], np.mean(members, axis=0), atol=1e-5)
        np.testing.assert_allclose(spread[fold], np.std(members, axis=0), atol=1e-5)
    assert spread.max() > 0


@pytest.mark.parametrize("name", CLASSIFIERS)
def test_classifiers_never_see_the_held_out_region(name):
    """Values at cells that are not in training must not change the score of any other cell."""
    cube = cube_with(3)
    folds, mean, _ = score(name, cube, seeds=1)
    changed = cube.copy()
    region = folds.held_out_region[0]
    changed[region] += 5
    _, other, _ = score(name, changed, seeds=1)
    np.testing.assert_array_equal(mean[0, ~region], other[0, ~region])
    assert (mean[0, region] != other[0, region]).any()


@pytest.mark.parametrize("name", PROBABILITY_CONTROLS)
def test_classifiers_find_a_halo_that_is_there(name):
    folds, mean, _ = score(name, cube_with(6))
    table = metric_table(mean, folds, CELLS, DEPOSITS, LABELS, 100, 0).set_index("metric")["estimate"]
    assert table["capture"] > 0.85
    assert table["accuracy"] > 0.8
    assert table["brier"] < 0.15


@pytest.mark.slow
@pytest.mark.parametrize("name", [*PROBABILITY_CONTROLS, "best_element", "pathfinder_index"])
def test_learners_on_noise_are_chance(name):
    """Mean over several noise cubes; 49 cells in four halos each, uniform ranks: standard error 0.02."""
    captures = []
    for seed in range(5):
        folds, mean, _ = score(name, cube_with(0, seed), seeds=1)
        arguments = (mean, folds, CELLS, DEPOSITS, LABELS, 100, 0, name in PROBABILITY_CONTROLS)
        table = metric_table(*arguments).set_index("metric")
        captures.append(table.loc["capture", "estimate"])
    assert np.mean(captures) == pytest.approx(0.5, abs=0.08)


@pytest.mark.parametrize("name", LABEL_FREE)
def test_controls_that_see_no_label_make_one_map(name):
    """Other deposits and other schemes change nothing, and no fold differs from another."""
    schemes = [draw_folds(scheme, CELLS, DEPOSITS, LABELS, 1) for scheme in ("held_out", "random", "final")]
    moved = draw_folds("held_out", CELLS, DEPOSITS[:, ::-1] + 3000, LABELS, 1)
    found = score_control(name, ground(cube_with(2)), [*schemes, moved])
    alone = found[0][0][0]
    assert np.isfinite(alone).all()
    assert np.ptp(alone) > 0
    for folds, (mean, spread) in zip([*schemes, moved], found, strict=True):
        assert mean.dtype == spread.dtype == np.float32
        assert mean.shape == (folds.n_folds, len(CELLS))
        np.testing.assert_array_equal(mean, np.broadcast_to(alone, mean.shape))
        assert not spread.any()


@pytest.mark.parametrize("name", CONTROLS)
def test_a_scheme_does_not_depend_on_those_beside_it(name):
    schemes = [draw_folds(scheme, CELLS, DEPOSITS, LABELS, 1) for scheme in ("held_out", "random")]
    together = score_control(name, ground(cube_with(2)), schemes)
    for folds, pair in zip(schemes, together, strict=True):
        for part, alone in zip(pair, score_control(name, ground(cube_with(2)), [folds])[0], strict=True):
            np.testing.assert_allclose(part, alone, atol=1e-6)


def test_best_element_is_chosen_on_training_cells_alone():
    """An element that gives the held-out halo away, but nothing outside the held-out region, is not chosen."""
    cube = cube_with(3)
    folds = draw_folds("held_out", CELLS, DEPOSITS, LABELS, 1)
    region = folds.held_out_region[0]
    cube[region, 2] = 50 * HALO[region]
    ((mean, _),) = score_control("best_element", ground(cube), [folds])
    np.testing.assert_array_equal(mean[0], cube[:, 0])


def test_context_is_the_cell_and_the_means_of_its_superpixels():
    """By brute force: the mean over all cells with the same number, at each scale."""
    cube = cube_with(2)
    context = Context(cube, GRAPHS)
    rows = np.array([0, 7, 444, 1599])
    found = context[rows]
    assert len(context) == len(CELLS)
    assert found.shape == (4, 12)
    for row, values in zip(rows, found, strict=True):
        expected = [cube[row]]
        for graph in GRAPHS:
            expected.append(cube[graph["assignment"] == graph["assignment"][row]].mean(axis=0))
        np.testing.assert_allclose(values, np.concatenate(expected), rtol=1e-5, atol=1e-6)
    np.testing.assert_array_equal(context[5:9], context[np.arange(5, 9)])


@pytest.mark.parametrize(("name", "learner"), CONTEXT.items())
def test_context_controls_are_the_learner_on_the_longer_rows(name, learner):
    """Where nothing is held out; else training cells see less (see below)."""
    cube = cube_with(3)
    folds, mean, spread = score(name, cube, "final")
    longer = Context(cube, GRAPHS)[np.arange(len(CELLS))]
    ((expected, apart),) = score_control(learner, ground(longer), [folds])
    np.testing.assert_allclose(mean, expected, atol=1e-5)
    np.testing.assert_allclose(spread, apart, atol=1e-5)


def test_context_without_some_ground_by_brute_force():
    cube, away = cube_with(2), (X.ravel() < 7) & (Y.ravel() < 12)
    found = Context(cube, GRAPHS).without(away)
    # The first shares its square of 10 with that ground, and its square of 4; the last one neither.
    for row in (7, 9, 40 * 12, 1599):
        expected = [cube[row]]
        for graph in GRAPHS:
            own = (graph["assignment"] == graph["assignment"][row]) & ~away
            expected.append(cube[own].mean(axis=0))
        np.testing.assert_allclose(found[np.array([row])][0], np.concatenate(expected), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("name", CONTEXT)
def test_context_controls_learn_nothing_of_the_values_of_held_out_ground(name):
    """Where superpixels lie beside the region, predictions follow from what was learned and from values beside it."""
    cube = cube_with(2)
    folds = draw_folds("held_out", CELLS, DEPOSITS, LABELS, 1)
    region = folds.held_out_region[0]
    beside = ~np.any([np.isin(one, one[region]) for one in (graph["assignment"] for graph in GRAPHS)], axis=0)
    straddling = np.isin(GRAPHS[0]["assignment"], GRAPHS[0]["assignment"][region]) & ~region
    cells, _ = folds.train(0, 0)
    assert beside.any()
    assert straddling[cells].any()
    other = cube.copy()
    other[region] += 5
    ((mean, _),), ((changed, _),) = (score_control(name, ground(one), [folds]) for one in (cube, other))
    np.testing.assert_array_equal(mean[0, beside], changed[0, beside])
    assert (mean[0, region] != changed[0, region]).any()


def test_context_tells_what_the_cell_alone_does_not():
    """Cells are noise around a level of their own 4 x 4 square, which alone tells halo from background."""
    cube = np.random.default_rng(0).normal(size=(len(CELLS), 4)).astype(np.float32) * 4
    square = GRAPHS[1]["assignment"]
    level = np.bincount(square, weights=HALO) / np.bincount(square)
    cube[:, 0] += 6 * level[square]
    captures = {}
    for name in ("logistic", "logistic_context"):
        folds, mean, _ = score(name, cube)
        table = metric_table(mean, folds, CELLS, DEPOSITS, LABELS, 100, 0).set_index("metric")
        captures[name] = table.loc["capture", "estimate"]
    assert captures["logistic_context"] > captures["logistic"] + 0.05


def test_context_needs_a_scale():
    with pytest.raises(ValueError, match="at least one scale"):
        Context(cube_with(0), [])


def test_commodity_index_is_the_mean_of_the_sought_elements():
    cube = cube_with(1)
    _, mean, spread = score("commodity_index", cube)
    np.testing.assert_allclose(mean, np.tile((cube[:, 0] + cube[:, 2]) / 2, (2, 1)), rtol=1e-5, atol=1e-7)
    assert not spread.any()


def test_commodity_index_of_elements_that_were_not_analysed_ranks_nothing():
    np.testing.assert_array_equal(mean_of_elements(cube_with(1), ()), np.zeros(len(CELLS)))


def test_superpixel_contrast_reads_no_more_of_a_scale_than_it_says():
    folds = draw_folds("held_out", CELLS, DEPOSITS, LABELS, 1)
    fewer = [{name: graph[name] for name in SCALE_ARRAYS} for graph in GRAPHS]
    cube = cube_with(1)
    (few,) = score_control(
        "superpixel_contrast", Ground(cube, CELLS, DEPOSITS, SAMPLES, 1000.0, fewer), [folds]
    )
    (every,) = score_control("superpixel_contrast", ground(cube), [folds])
    np.testing.assert_array_equal(few[0], every[0])


def test_random_forest_is_repeatable_and_its_seed_matters():
    cube = cube_with(2)
    _, first, _ = score("random_forest", cube, seeds=1, seed=3)
    _, again, _ = score("random_forest", cube, seeds=1, seed=3, n_jobs=2)
    _, other, _ = score("random_forest", cube, seeds=1, seed=4)
    np.testing.assert_allclose(first, again, atol=1e-6)
    assert (first != other).any()


@pytest.mark.parametrize("name", CONTROLS)
def test_final_scheme_has_one_map(name):
    _, mean, spread = score(name, cube_with(2), scheme="final", seeds=1)
    assert mean.shape == spread.shape == (1, len(CELLS))
    assert np.isfinite(mean).all()


def test_unknown_control():
    with pytest.raises(ValueError, match="logistic, random_forest"):
        score("forest", cube_with(0))


@pytest.mark.parametrize("name", PROBABILITY_CONTROLS)
def test_classifiers_tell_three_classes_apart(name):
    classes = 1 + (CELLS[:, 0] // 5000).astype(int) % 3
    cube = np.random.default_rng(0).normal(size=(len(CELLS), 4))
    cube[:, :3] += 4 * np.eye(3)[classes - 1]
    labels = LABELS | {"group_distance": 5000.0, "buffer": 1000.0}
    folds = draw_class_folds("held_out", CELLS, classes, labels, seeds=2)
    nothing = Ground(cube, CELLS, np.empty((0, 2)), SAMPLES, 1000.0, GRAPHS)
    ((mean, spread),) = score_control(name, nothing, [folds])
    assert mean.shape == spread.shape == (2, 3, len(CELLS))
    np.testing.assert_allclose(mean.sum(axis=1), 1, rtol=1e-5)
    assert (spread.mean(axis=(0, 2)) > 0).all()
    metrics = class_metrics(judged_cells(mean, folds), 3, 100, seed=0).set_index("metric")
    assert metrics.loc["average_accuracy", "estimate"] > 0.95
