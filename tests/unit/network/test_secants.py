"""Slopes of secants, by hand and for any numbers."""

import math

import pytest
import torch
from geohalo.network.secants import Step, exponential_slope, relu_slope
from hypothesis import given
from hypothesis import strategies as st

NUMBERS = st.floats(-50, 50, width=32)


def number(value):
    return torch.tensor(value, dtype=torch.float64)


@pytest.mark.parametrize(
    ("start", "end", "expected"),
    [
        (1, 3, 1),
        (-3, -1, 0),
        (-1, 3, 0.75),
        (3, -1, 0.75),
        (2, 2, 1),
        (-2, -2, 0),
        (0, 0, 0),
        (0, 5, 1),
        (-5, 0, 0),
    ],
)
def test_slope_of_relu(start, end, expected):
    assert float(relu_slope(number(start), number(end))) == expected


@given(start=NUMBERS, end=NUMBERS)
def test_slope_of_relu_takes_one_end_to_the_other(start, end):
    slope = float(relu_slope(number(start), number(end)))
    assert 0 <= slope <= 1
    assert slope * (end - start) == pytest.approx(max(end, 0) - max(start, 0), abs=1e-9)


@given(start=st.floats(-30, 5), step=st.one_of(st.floats(-9, 9), st.floats(-0.02, 0.02)))
def test_slope_of_the_exponential_takes_one_end_to_the_other(start, step):
    end = start + step
    slope = float(exponential_slope(number(start), number(end)))
    assert slope == pytest.approx(float(exponential_slope(number(end), number(start))), rel=1e-6)
    assert slope * (end - start) == pytest.approx(
        math.expm1(end - start) * math.exp(start), rel=1e-6, abs=1e-12
    )
    assert (
        min(math.exp(start), math.exp(end)) * (1 - 1e-6)
        <= slope
        <= max(math.exp(start), math.exp(end)) * (1 + 1e-6)
    )


def test_a_step_through_a_layer_by_hand():
    """1 -> 3 and 2 -> 0, from two parts: the first moves the first value, the second the second one."""
    step = Step(torch.tensor([[[[1.0, 2.0], [3.0, 0.0]]]]), torch.tensor([[[[2.0, 0.0], [0.0, -2.0]]]]))
    weight, bias = torch.tensor([[[1.0, 1.0], [1.0, -1.0]]]), torch.tensor([[0.0, 0.5]])
    out = step.linear(weight, bias)
    assert out.ends.tolist() == [[[[3.0, -0.5], [3.0, 3.5]]]]
    assert out.parts.tolist() == [[[[2.0, 2.0], [-2.0, 2.0]]]]
    out = out.relu()
    # The second value crosses zero: 3.5 of its rise of 4 is left.
    assert out.ends.tolist() == [[[[3.0, 0.0], [3.0, 3.5]]]]
    assert out.parts.tolist() == [[[[2.0, 1.75], [-2.0, 1.75]]]]
