"""Area of applicability, against the definition worked out by loops."""

import numpy as np
import pytest
from geohalo.evidence.applicability import BLOCK, area_of_applicability, nearest_distance
from hypothesis import given, settings
from hypothesis import strategies as st


def by_definition(values, fold, spared, weights, spectra):
    """Return the dissimilarity index of spectra and its threshold, one cell after the other."""
    mean, scale = values.mean(axis=0), values.std(axis=0)
    training, asked = ((part - mean) / scale * weights for part in (values, spectra))
    pairs = [np.linalg.norm(a - b) for i, a in enumerate(training) for j, b in enumerate(training) if i != j]
    between = np.mean(pairs)
    own = []
    for i, a in enumerate(training):
        near = [
            np.linalg.norm(a - b)
            for j, b in enumerate(training)
            if fold[j] != fold[i] and not spared[fold[i], j]
        ]
        own.append(min(near) / between)
    low, high = np.quantile(own, [0.25, 0.75])
    threshold = max(one for one in own if one <= high + 1.5 * (high - low))
    return np.array([min(np.linalg.norm(a - b) for b in training) / between for a in asked]), threshold


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10_000), folds=st.integers(2, 4))
def test_index_and_threshold_are_those_of_the_definition(seed, folds):
    generator = np.random.default_rng(seed)
    values = generator.normal(3, [1, 5, 0.1], (24, 3))
    fold = np.arange(24) % folds
    spared = generator.random((folds, 24)) < 0.2
    weights = generator.random(3) + 0.1
    spectra = generator.normal(3, [2, 10, 0.2], (15, 3))
    index, threshold = by_definition(values, fold, spared, weights, spectra)
    area = area_of_applicability(values, fold, spared, weights)
    np.testing.assert_allclose(area.dissimilarity(spectra), index, rtol=1e-6)
    assert area.threshold == pytest.approx(threshold)


def test_a_training_cell_is_like_itself_and_far_ground_is_outside():
    generator = np.random.default_rng(0)
    values = generator.normal(0, 1, (200, 5))
    area = area_of_applicability(values, np.arange(200) % 4)
    np.testing.assert_allclose(area.dissimilarity(values), 0, atol=1e-6)
    assert area.threshold < area.dissimilarity(np.full((1, 5), 10.0))[0]
    inside = area.dissimilarity(generator.normal(0, 1, (500, 5))) <= area.threshold
    assert inside.mean() > 0.9


def test_units_of_elements_do_not_count():
    generator = np.random.default_rng(1)
    values, spectra = generator.normal(0, 1, (60, 4)), generator.normal(0, 1, (30, 4))
    scale, shift = np.array([1e-3, 1, 50, 1e4]), np.array([5, -2, 0, 1e5])
    fold = np.arange(60) % 3
    one, other = (area_of_applicability(values * s + t, fold) for s, t in ((1, 0), (scale, shift)))
    np.testing.assert_allclose(
        one.dissimilarity(spectra), other.dissimilarity(spectra * scale + shift), rtol=1e-5
    )
    assert one.threshold == pytest.approx(other.threshold)


def test_an_element_without_weight_is_not_looked_at():
    generator = np.random.default_rng(2)
    values, fold = generator.normal(0, 1, (40, 2)), np.arange(40) % 2
    area = area_of_applicability(values, fold, weights=np.array([1.0, 0.0]))
    spectra = np.column_stack([values[:, 0], np.full(40, 1e6)])
    np.testing.assert_allclose(area.dissimilarity(spectra), 0, atol=1e-6)


def test_an_outlier_among_training_cells_does_not_widen_the_area():
    values = np.concatenate([np.random.default_rng(3).normal(0, 1, (100, 2)), [[60.0, 60.0]]])
    fold = np.arange(101) % 4
    assert area_of_applicability(values, fold).threshold < 1
    alone = area_of_applicability(values, fold).dissimilarity(np.array([[120.0, 120.0]]))[0]
    assert alone > 10


@pytest.mark.parametrize(
    ("values", "fold", "message"),
    [
        (np.ones((6, 3)), np.arange(6) % 2, "alike"),
        (np.arange(12.0).reshape(6, 2), np.zeros(6, int), "in another fold"),
    ],
)
def test_what_cannot_be_measured_is_told(values, fold, message):
    with pytest.raises(ValueError, match=message):
        area_of_applicability(values, fold)


def test_nearest_distance_is_the_least_of_all_over_several_blocks():
    generator = np.random.default_rng(2)
    values, training = generator.normal(0, 1, (2 * BLOCK + 7, 6)), generator.normal(0, 1, (50, 6))
    every = np.sqrt(((values[:, None] - training) ** 2).sum(axis=2))
    np.testing.assert_allclose(nearest_distance(values, training), every.min(axis=1), rtol=1e-6)
    assert not nearest_distance(training, training).any()
