"""The unsupervised mode: its steps by hand and by loops, and what it calls an anomaly."""

import numpy as np
import pytest
from geohalo.evidence.superpixel_contrast import (
    border_contrast,
    robust_length,
    superpixel_contrast,
    superpixel_means,
)
from geohalo.superpixels.graph import build_graph
from scipy.stats import rankdata


def squares(rows, columns, side):
    """Return the graph of square superpixels."""
    row, column = np.indices((rows, columns)) // side
    return build_graph(1 + row * -(-columns // side) + column)


def test_contrast_by_hand():
    """Superpixel 0 touches 1 by four pairs of cells, and 1 touches 2 by two; 3 stands alone."""
    graph = {
        "external_edges": np.array([[0, 1, 1, 2], [1, 0, 2, 1]]),
        "external_attributes": np.array([[0, 0, 4], [0, 0, 4], [0, 0, 2], [0, 0, 2]], dtype=np.float32),
    }
    means = np.array([[6.0, 1], [3, 1], [0, 4], [9, 9]])
    # Around superpixel 1: (4 (6, 1) + 2 (0, 4)) / 6 = (4, 2).
    expected = [[3, 0], [-1, -1], [-3, 3], [0, 0]]
    np.testing.assert_allclose(border_contrast(means, graph), expected, atol=1e-12)


def test_length_by_hand():
    """Medians 1 and 0, median absolute deviations 1 and 2; a third component that does not vary."""
    contrast = np.array([[0.0, -2, 7], [1, 0, 7], [2, 2, 7], [1, -6, 7], [-9, 8, 7]])
    np.testing.assert_allclose(robust_length(contrast.T), [1 + 1, 0, 1 + 1, 9, 100 + 16])


def test_a_component_that_hardly_ever_varies_is_measured_by_its_deviation():
    contrast = np.array([[0.0], [0], [0], [0], [5]])
    np.testing.assert_allclose(robust_length(contrast.T), [0, 0, 0, 0, 25 / contrast.var()])


def test_superpixel_means_are_means():
    values = np.random.default_rng(0).normal(size=(6, 2))
    assignment = np.array([0, 2, 1, 1, 2, 2])
    for superpixel in range(3):
        mean = values[assignment == superpixel].mean(axis=0)
        np.testing.assert_allclose(superpixel_means(values, assignment)[superpixel], mean)


def test_score_is_the_mean_of_ranks_by_loops():
    """All steps once more, cell by cell and pair by pair of touching cells."""
    cube = np.random.default_rng(0).normal(size=(12 * 8, 5)) @ np.random.default_rng(1).normal(size=(5, 5))
    cube = (cube - cube.mean(axis=0)) / cube.std(axis=0)
    cube[:, 4] = cube[:, :4].sum(axis=1)  # singular
    values, vectors = np.linalg.eigh(np.cov(cube.T))
    components = cube @ vectors[:, values > 0.01 * values.mean()]
    graphs = [squares(12, 8, side) for side in (4, 2)]
    ranks, finest = [], None
    for side in (4, 2):
        row, column = np.indices((12, 8)) // side
        name = (row * 10 + column).ravel()
        mean = {one: components[name == one].mean(axis=0) for one in np.unique(name)}
        around = {one: [] for one in mean}
        place = np.indices((12, 8)).reshape(2, -1).T
        for first in range(len(name)):
            for second in range(len(name)):
                if name[first] != name[second] and np.abs(place[first] - place[second]).max() == 1:
                    around[name[first]].append(mean[name[second]])
        contrast = np.array([mean[one] - np.mean(around[one], axis=0) for one in mean])
        centred = contrast - np.median(contrast, axis=0)
        length = ((centred / np.median(np.abs(centred), axis=0)) ** 2).sum(axis=1)
        of_cell = dict(zip(mean, length, strict=True))
        ranks.append([of_cell[one] for one in name])
        finest = np.array([components[k] - mean[name[k]] for k in range(len(name))])
    centred = finest - np.median(finest, axis=0)
    ranks.append(((centred / np.median(np.abs(centred), axis=0)) ** 2).sum(axis=1))
    expected = np.mean([(rankdata(np.round(each, 9)) - 0.5) / 96 for each in ranks], axis=0)
    found = superpixel_contrast(cube, [graph.arrays() for graph in graphs])
    np.testing.assert_allclose(found, expected, atol=1e-6)


@pytest.fixture
def region():
    """Two rock units side by side, far apart in all elements, with a patch that is unlike its surroundings."""
    cube = 0.3 * np.random.default_rng(0).normal(size=(40, 60, 4))
    cube[:, 40:] += 3
    patch = np.zeros((40, 60), dtype=bool)
    patch[12:20, 8:16] = True
    cube[patch] += [1.5, -1.5, 1.5, -1.5]
    graphs = [squares(40, 60, side).arrays() for side in (8, 4)]
    return cube.reshape(-1, 4), patch.ravel(), graphs


def test_a_patch_is_an_anomaly_and_a_rock_unit_is_not(region):
    cube, patch, graphs = region
    score = superpixel_contrast(cube, graphs)
    unit = np.zeros((40, 60), dtype=bool)
    unit[:, 50:] = True  # well inside: one coarse superpixel away from the border
    assert score[patch].mean() > 0.65
    assert score[patch].mean() > score[unit.ravel()].mean() + 0.2
    # Values alone call the smaller unit, and not the patch, most unusual.
    values = np.abs(cube - np.median(cube, axis=0)).sum(axis=1)
    assert rankdata(values)[patch].mean() < rankdata(values)[unit.ravel()].mean()


def test_sign_scale_and_level_do_not_count(region):
    cube, _, graphs = region
    score = superpixel_contrast(cube, graphs)
    for other in (-cube, 0.5 * cube, cube + 2):
        np.testing.assert_allclose(superpixel_contrast(other, graphs), score, atol=2e-3)


def test_the_order_of_scales_does_not_count(region):
    cube, _, graphs = region
    backwards = superpixel_contrast(cube, graphs[::-1])
    np.testing.assert_allclose(superpixel_contrast(cube, graphs), backwards, atol=1e-6)


def test_a_map_of_one_superpixel_has_contrasts_of_its_cells():
    cube = np.random.default_rng(0).normal(size=(25, 3))
    score = superpixel_contrast(cube, [squares(5, 5, 5).arrays()])
    assert np.isfinite(score).all()
    # The superpixel has no neighbour: all cells share its rank.
    assert len(np.unique(score)) == 25
    assert score.mean() == pytest.approx(0.5)


def test_a_map_that_is_the_same_everywhere_has_no_anomaly():
    np.testing.assert_array_equal(superpixel_contrast(np.ones((25, 3)), [squares(5, 5, 2).arrays()]), 0.5)


def test_it_needs_a_scale():
    with pytest.raises(ValueError, match="at least one scale"):
        superpixel_contrast(np.zeros((4, 2)), [])
