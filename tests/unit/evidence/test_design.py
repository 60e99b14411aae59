"""Designs: balanced whatever the sizes, the same for the same seed, and with effects that can be told apart."""

import numpy as np
import pytest
from geohalo.evidence.design import space_filling_design
from hypothesis import given, settings
from hypothesis import strategies as st

#: Numbers of values of the default choices of `snakemake consensus`.
DEFAULT = [3, 2, 2, 3, 2, 3, 3, 2, 3]


@settings(deadline=None, max_examples=60)
@given(st.lists(st.integers(1, 4), min_size=1, max_size=6), st.integers(1, 30), st.integers(0, 5))
def test_every_level_occurs_equally_often(n_levels, n_runs, seed):
    design = space_filling_design(n_levels, n_runs, seed)
    everything = int(np.prod(n_levels))
    assert design.shape == (min(n_runs, everything), len(n_levels))
    for choice, n in zip(design.T, n_levels, strict=True):
        counts = np.bincount(choice, minlength=n)
        assert len(counts) == n
        assert np.ptp(counts) <= 1
    if everything <= n_runs:
        assert len(np.unique(design, axis=0)) == everything
    np.testing.assert_array_equal(design, space_filling_design(n_levels, n_runs, seed))


def test_another_seed_is_another_design():
    assert (space_filling_design(DEFAULT, 24, 0) != space_filling_design(DEFAULT, 24, 1)).any()


@pytest.mark.parametrize("seed", range(4))
def test_no_effect_of_the_default_design_is_mixed_up_with_others(seed):
    """Variance inflation: by how much an effect is less certain than if the other choices were not varied."""
    design = space_filling_design(DEFAULT, 24, seed)
    assert len(np.unique(design, axis=0)) == 24
    columns = [np.ones(24)]
    for choice, n in zip(design.T, DEFAULT, strict=True):
        codes = np.vstack([np.eye(n - 1), -np.ones(n - 1)])[choice]
        # Within a choice the codes are made orthogonal, so that only other choices inflate.
        columns += list((codes @ np.linalg.inv(np.linalg.cholesky(codes.T @ codes)).T).T)
    scaled = np.stack(columns, axis=1) / np.linalg.norm(columns, axis=1)
    inflation = np.diag(np.linalg.inv(scaled.T @ scaled))
    assert inflation.max() < 2


def test_pairs_of_levels_occur_about_equally_often():
    design = space_filling_design([2, 2, 2, 2, 2], 8, 3)
    for one in range(5):
        for other in range(one):
            counts = np.bincount(2 * design[:, one] + design[:, other], minlength=4)
            assert counts.min() >= 1
            assert counts.max() <= 3


@pytest.mark.parametrize(("n_levels", "n_runs"), [([], 4), ([2, 0], 4), ([2], 0)])
def test_no_design_without_choices_levels_or_runs(n_levels, n_runs):
    with pytest.raises(ValueError, match="make no design"):
        space_filling_design(n_levels, n_runs, 0)
