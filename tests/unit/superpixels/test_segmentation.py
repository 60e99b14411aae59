"""SLIC label images: connected, near the count asked for, inside the mask, and blind to scale and offset."""

import numpy as np
import pytest
from geohalo.superpixels.segmentation import segment
from scipy.ndimage import gaussian_filter, label


def field(rows=60, columns=80, elements=8, seed=0):
    rng = np.random.default_rng(seed)
    return np.stack([gaussian_filter(rng.normal(size=(rows, columns)), 4) for _ in range(elements)], -1)


@pytest.fixture
def ring():
    """A ring-shaped mask with an island of one cell in a corner."""
    y, x = np.mgrid[:60, :80]
    radius = np.hypot((y - 30) / 30, (x - 40) / 40)
    mask = (radius < 1) & (radius > 0.35)
    mask[0, 0] = True
    return mask


@pytest.mark.parametrize("n_segments", [10, 40, 150])
def test_connected_near_the_count_and_inside_the_mask(ring, n_segments):
    labels = segment(field()[ring], ring, n_segments, compactness=0.1)
    assert labels.dtype == np.int32
    np.testing.assert_array_equal(labels > 0, ring)
    assert set(np.unique(labels)) - {0} == set(range(1, labels.max() + 1))
    assert 0.6 * n_segments <= labels.max() <= 1.4 * n_segments + 1
    for k in range(1, labels.max() + 1):
        assert label(labels == k)[1] == 1, f"superpixel {k} is in pieces"


@pytest.mark.parametrize("elements", [1, 3, 39])
def test_four_quadrants(elements):
    """An image of four uniform quadrants gives exactly these four superpixels."""
    quadrant = (np.arange(40)[:, None] >= 20) * 2 + (np.arange(40)[None] >= 20)
    rng = np.random.default_rng(elements)
    level = np.array([0.0, 2.0, 3.0, 1.0])[:, None] * rng.uniform(0.5, 1, elements)
    values = level[quadrant] + 1e-3 * rng.normal(size=(40, 40, elements))
    labels = segment(values.reshape(-1, elements), np.ones((40, 40), bool), 4, compactness=0.01)
    assert labels.max() == 4
    assert len(np.unique(labels * 4 + quadrant)) == 4


def test_scale_offset_and_type_do_not_matter(ring):
    values = field()[ring]
    plain = segment(values, ring, 60, 0.1)
    np.testing.assert_array_equal(segment(values * 64 + 0.5, ring, 60, 0.1), plain)
    np.testing.assert_array_equal(segment(np.asfortranarray(values), ring, 60, 0.1), plain)


def test_repeatable(ring):
    values = field()[ring]
    np.testing.assert_array_equal(segment(values, ring, 60, 0.1), segment(values, ring, 60, 0.1))


def test_compactness_makes_squares():
    """Mean squared distance to the centroid falls as compactness grows."""
    values = field(seed=3).reshape(-1, 8)
    mask = np.ones((60, 80), bool)

    def spread(compactness):
        labels = segment(values, mask, 40, compactness)
        y, x = np.mgrid[:60, :80]
        return (
            sum(np.var(y[labels == k]) + np.var(x[labels == k]) for k in range(1, labels.max() + 1))
            / labels.max()
        )

    assert spread(10) < spread(0.01)


def test_a_constant_cube_gives_a_lattice():
    labels = segment(np.ones((400, 5)), np.ones((20, 20), bool), 16, 0.1)
    assert labels.max() == pytest.approx(16, abs=4)
