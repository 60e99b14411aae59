"""Principal components from moments of blocks, against scikit-learn's of the whole."""

import json

import numpy as np
import pytest
from geohalo.cube.moments import Moments
from geohalo.superpixels.components import Components
from sklearn.decomposition import PCA


@pytest.fixture(scope="module")
def blocks():
    rng = np.random.default_rng(0)
    values = 3 + rng.normal(size=(900, 6)) @ np.diag([9, 4, 2, 1, 0.5, 0.1]) @ rng.normal(size=(6, 6))
    return np.split(values, [100, 350])


@pytest.fixture(scope="module")
def found(blocks):
    first, second, third = (Moments.of(block, products=True) for block in blocks)
    return Components.of(first + second + third, 3).ranged(blocks)


def test_equal_to_the_components_of_the_whole(blocks, found):
    """Up to the sign, which scikit-learn chooses in another way."""
    values = np.concatenate(blocks)
    whole = PCA(3, svd_solver="covariance_eigh").fit(values)
    scores, expected = found.project(values), whole.transform(values)
    signs = np.sign((scores * expected).sum(axis=0))
    np.testing.assert_allclose(scores, expected * signs, rtol=1e-8, atol=1e-8)
    np.testing.assert_allclose(found.shares, whole.explained_variance_ratio_, rtol=1e-10)


def test_axes(found):
    np.testing.assert_allclose(found.axes @ found.axes.T, np.eye(3), atol=1e-12)
    assert (found.axes[np.arange(3), np.abs(found.axes).argmax(axis=1)] > 0).all()


def test_rescaled_together(blocks, found):
    """One scale and one offset for all components, which take the scores of all cells to 0-1."""
    scores = found.rescaled(np.concatenate(blocks))
    assert scores.min() == 0
    assert scores.max() == 1
    projected = found.project(np.concatenate(blocks))
    np.testing.assert_allclose(scores.std(axis=0), projected.std(axis=0) / np.ptp(projected))


def test_as_json_and_back(blocks, found):
    again = Components.read(json.loads(json.dumps(found.table())))
    for block in blocks:
        np.testing.assert_array_equal(again.rescaled(block), found.rescaled(block))


def test_a_constant_cube():
    values = np.full((20, 3), 2.0)
    found = Components.of(Moments.of(values, products=True), 2).ranged([values])
    np.testing.assert_array_equal(found.rescaled(values), np.zeros((20, 2)))


def test_no_more_components_than_elements_or_cells():
    rng = np.random.default_rng(1)
    for shape, expected in (((30, 2), 2), ((3, 8), 3)):
        moments = Moments.of(rng.normal(size=shape), products=True)
        assert Components.of(moments, 5).axes.shape == (expected, shape[1])
