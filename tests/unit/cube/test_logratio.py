"""Closed-form identities of the centred log-ratio, and standardisation."""

import numpy as np
import pytest
from geohalo.cube.logratio import centred_logratio, check_variation, standardise, transformed
from geohalo.cube.moments import Moments
from geohalo.errors import InputError
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

compositions = arrays(float, (6, 5), elements=st.floats(1e-3, 1e5))


def test_clr_by_hand():
    """The clr of (1, e, e^2) is (-1, 0, 1)."""
    np.testing.assert_allclose(centred_logratio(np.exp([[0.0, 1.0, 2.0]])), [[-1, 0, 1]], atol=1e-12)


@given(compositions, st.floats(1e-3, 1e3))
def test_clr_sums_to_zero_and_forgets_the_unit(values, factor):
    clr = centred_logratio(values)
    np.testing.assert_allclose(clr.sum(axis=1), 0, atol=1e-9)
    np.testing.assert_allclose(centred_logratio(values * factor), clr, atol=1e-9)


@given(compositions)
def test_clr_undone_by_exponential(values):
    """Exponentials of a clr, closed to 1, are the closed composition."""
    back = np.exp(centred_logratio(values))
    np.testing.assert_allclose(
        back / back.sum(1, keepdims=True), values / values.sum(1, keepdims=True), rtol=1e-8, atol=1e-15
    )


@given(compositions, compositions)
def test_clr_turns_perturbation_into_addition(first, second):
    np.testing.assert_allclose(
        centred_logratio(first * second), centred_logratio(first) + centred_logratio(second), atol=1e-8
    )


def test_standardise_moments_clip_and_constant():
    rng = np.random.default_rng(0)
    values = np.column_stack([rng.normal(5, 3, 1000), np.full(1000, 0.1), rng.normal(0, 1, 1000)])
    values[0, 2] = 100
    scaled = standardise(values, clip=4)
    assert scaled[:, 0].mean() == pytest.approx(0, abs=1e-12)
    assert scaled[:, 0].std() == pytest.approx(1)
    assert (scaled[:, 1] == 0).all()
    assert scaled[0, 2] == 4


def test_transforms():
    values = np.exp(np.random.default_rng(1).normal(size=(50, 4)))
    for name, expected in (("none", values), ("log", np.log(values)), ("clr", centred_logratio(values))):
        np.testing.assert_allclose(transformed(values, list("abcd"), name), expected)


@pytest.mark.parametrize(
    ("bad", "transform"), [(np.nan, "none"), (np.inf, "clr"), (0.0, "clr"), (-1.0, "log")]
)
def test_values_without_a_logarithm_name_the_element(bad, transform):
    values = np.ones((3, 2))
    values[1, 1] = bad
    with pytest.raises(InputError, match="element Zn"):
        transformed(values, ["Cu", "Zn"], transform)


def test_a_part_is_standardised_as_the_whole():
    """By the moments of all cells, which are those of the parts added up."""
    values = np.random.default_rng(2).normal(3, 2, (90, 4))
    parts = np.split(values, [20, 50])
    moments = Moments.of(parts[0]) + Moments.of(parts[1]) + Moments.of(parts[2])
    by_parts = np.concatenate([standardise(part, 1.5, moments) for part in parts])
    np.testing.assert_allclose(by_parts, standardise(values, 1.5), atol=1e-12)


def test_elements_with_one_value_are_named_before_anything_is_learned():
    values = np.random.default_rng(0).lognormal(size=(40, 4))
    values[:, [1, 3]] = [[0.1, 7.0]]
    names = ["Cu", "Ag", "Zn", "Bi"]

    def check(values, names, transform):
        check_variation(
            names, Moments.of(values), Moments.of(transformed(values, names, transform)), transform
        )

    with pytest.raises(InputError, match=r"^element Ag, Bi: the same value in all cells"):
        check(values, names, "clr")
    # As float32, the same value may come out as two.
    values[::2, 3] *= 1 + 1e-7
    with pytest.raises(InputError, match=r"^element Ag, Bi: "):
        check(values, names, "log")
    varying = values[:, [0, 2]]
    for transform in ("clr", "log", "none"):
        check(varying, ["Cu", "Zn"], transform)
    # One element, or two that go together, have no log-ratio that varies.
    for same in (varying[:, :1], varying[:, :1] * [[1.0, 3.0]]):
        with pytest.raises(InputError, match=r"config key cube.transform: after clr all cells are alike"):
            check(same, ["Cu", "Zn"][: same.shape[1]], "clr")
        check(same, ["Cu", "Zn"][: same.shape[1]], "log")
