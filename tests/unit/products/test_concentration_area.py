"""C-A curves and their lines, against curves made of lines and against all cuts tried one by one."""

from itertools import combinations, pairwise

import numpy as np
import pytest
from geohalo.products.concentration_area import concentration_area_curve, fit_lines
from geohalo.products.concentration_area_figure import round_ticks
from hypothesis import given, settings
from hypothesis import strategies as st


def test_curve_is_the_share_of_cells_at_or_above():
    score = np.linspace(0.1, 0.9, 1000)
    levels, area = concentration_area_curve(np.random.default_rng(0).permutation(score))
    assert len(levels) == 200
    assert (levels[0], area[0]) == (0.1, 1.0)
    # Ten cells are left at the end.
    assert area[-1] == pytest.approx(0.01)
    np.testing.assert_allclose(area, [(score >= level).mean() for level in levels])
    np.testing.assert_allclose(np.diff(np.log(levels)), np.log(levels[1] / levels[0]))


@pytest.mark.parametrize("slopes", [(-0.2, -3.0), (-0.1, -1.5, -8.0)])
def test_breaks_of_a_curve_made_of_lines_are_found(slopes):
    """Power laws that meet at known scores: thresholds and slopes are theirs."""
    breaks = np.array([0.3, 0.6])[: len(slopes) - 1]
    level = np.geomspace(0.05, 0.9, 200)
    ends = np.array([0.05, *breaks, 1.0])
    log_area = sum(
        slope * np.log10(np.clip(level, low, high) / low)
        for slope, low, high in zip(slopes, ends[:-1], ends[1:], strict=True)
    )
    lines = fit_lines(level, 10**log_area, len(slopes))
    np.testing.assert_allclose(lines.slope, slopes, atol=1e-6)
    # To the distance between two points.
    np.testing.assert_allclose(lines.thresholds, breaks, rtol=0.02)


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 10_000), lines=st.integers(1, 3))
def test_no_other_cuts_come_nearer(seed, lines):
    generator = np.random.default_rng(seed)
    level = np.sort(generator.uniform(0.1, 0.9, 40))
    area = np.sort(generator.uniform(0.01, 1, 40))[::-1]
    x, y = np.log10(level), np.log10(area)

    def distance(borders):
        parts = [slice(a, b) for a, b in pairwise(borders)]
        return sum(((y[p] - np.polyval(np.polyfit(x[p], y[p], 1), x[p])) ** 2).sum() for p in parts)

    cuts = [
        (0, *inner, 40)
        for inner in combinations(range(2, 39), lines - 1)
        if (np.diff([0, *inner, 40]) >= 2).all()
    ]
    fitted = fit_lines(level, area, lines)
    found = [0, *np.searchsorted(level, fitted.thresholds), 40]
    assert distance(found) == pytest.approx(min(map(distance, cuts)), abs=1e-9)


def test_a_map_of_one_score_has_no_threshold():
    levels, area = concentration_area_curve(np.full(500, 0.4))
    assert (levels.tolist(), area.tolist()) == ([0.4], [1.0])
    lines = fit_lines(levels, area, 5)
    assert len(lines.thresholds) == 0
    assert lines.slope.tolist() == [0.0]


def test_scores_of_zero_are_no_obstacle():
    score = np.concatenate([np.zeros(50), np.linspace(0.2, 0.8, 950)])
    levels, area = concentration_area_curve(score)
    assert np.isfinite(np.log(levels)).all()
    assert (np.diff(area) <= 0).all()
    assert area[-1] > 0


@pytest.mark.parametrize(
    ("low", "high"), [(0.001, 0.75), (0.1, 0.7), (0.387, 0.603), (1e-9, 1.0), (0.3, 0.9)]
)
def test_labels_of_a_logarithmic_axis_have_room(low, high):
    ticks = round_ticks(low, high, 9)
    assert 3 <= len(ticks) <= 10
    assert (np.diff(ticks) > 0).all()
    assert low * 0.97 <= ticks[0]
    assert ticks[-1] <= high * 1.03
