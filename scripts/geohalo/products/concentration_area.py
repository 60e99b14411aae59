"""Classes of an anomaly map by the concentration-area (C-A) method.

On a plot of the logarithm of the area where the score is at least s against the logarithm of s, a fractal pattern
is a straight line, and ground of another origin another line. Where the lines meet is a threshold.
"""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

#: Points of the curve, evenly spaced in the logarithm of the score.
POINTS = 200
#: Share of the points that a line has at least.
FEWEST_POINTS = 0.05
#: The curve ends where this share of the cells is left, or so many cells: the last few make it ragged.
LAST_SHARE = 0.001
LAST_CELLS = 10
#: Lower scores have no useful logarithm.
SMALLEST = 1e-6


@dataclass(frozen=True)
class Lines:
    """Straight lines through a C-A curve, from the lowest scores upwards.

    Attributes
    ----------
    thresholds : ndarray (lines - 1,)
        Scores that separate them, ascending.
    slope, intercept : ndarray (lines,)
        log10 of the share of the area = intercept + slope x log10 of the score.
    """

    thresholds: Array
    slope: Array
    intercept: Array


def concentration_area_curve(score: Array) -> tuple[Array, Array]:
    """Return the curve of a map.

    Parameters
    ----------
    score : ndarray (cells,)
        Scores above 0.

    Returns
    -------
    score : ndarray (points,)
        Evenly spaced in their logarithms, ascending; a single one if the map has one score alone.
    area : ndarray (points,)
        Share of the cells whose score is at least that.
    """
    ordered = np.maximum(np.sort(np.asarray(score, dtype=np.float64)), SMALLEST)
    left = min(len(ordered), max(LAST_CELLS, round(LAST_SHARE * len(ordered))))
    levels = np.geomspace(ordered[0], ordered[-left], POINTS)
    # The ends are exact, so that rounding leaves no cell out.
    levels[[0, -1]] = ordered[0], ordered[-left]
    levels = np.unique(levels)
    return levels, 1 - np.searchsorted(ordered, levels) / len(ordered)


def fit_lines(score: Array, area: Array, lines: int) -> Lines:
    """Cut a curve into pieces, each with a straight line of its own, with the least squared distance in all.

    All ways to cut are compared (by dynamic programming), so that the cuts are the best there are.

    Parameters
    ----------
    score, area : ndarray (points,)
        Of `concentration_area_curve`.
    lines : int
        Number of pieces; fewer where the curve has too few points for them.

    Returns
    -------
    Lines

    References
    ----------
    Cheng, Agterberg & Ballantyne (1994), The separation of geochemical anomalies from background by fractal
    methods, Journal of Geochemical Exploration 51, 109-130. doi:10.1016/0375-6742(94)90013-2
    Bellman & Roth (1969), Curve fitting by segmented straight lines, Journal of the American Statistical
    Association 64, 1079-1084.
    """
    x, y = np.log10(score), np.log10(area)
    fewest = max(2, round(FEWEST_POINTS * len(x)))
    lines = max(1, min(lines, len(x) // fewest))
    borders = _best_borders(_squares(x, y, fewest), lines)
    fits = [_line(x[a:b], y[a:b]) for a, b in pairwise(borders)]
    middle = np.array([(x[b - 1] + x[b]) / 2 for b in borders[1:-1]])
    slope, intercept = np.array(fits).T
    return Lines(10**middle, slope, intercept)


def _line(x: Array, y: Array) -> tuple[float, float]:
    """Return slope and intercept by least squares; level for a single point."""
    away = x - x.mean()
    slope = float(away @ y / (away @ away)) if len(x) > 1 else 0.0
    return slope, float(y.mean() - slope * x.mean())


def _squares(x: Array, y: Array, fewest: int) -> Array:
    """Return the squared distances from the line through points a to b - 1, (points + 1, points + 1)."""
    x, y = x - x.mean(), y - y.mean()
    sums = [np.concatenate([[0.0], np.cumsum(part)]) for part in (x, y, x * x, x * y, y * y)]
    number = np.arange(len(x) + 1)
    n = np.maximum(number - number[:, None], 1)
    sx, sy, sxx, sxy, syy = (part - part[:, None] for part in sums)
    xx, xy, yy = sxx - sx * sx / n, sxy - sx * sy / n, syy - sy * sy / n
    left = np.maximum(yy - np.divide(xy * xy, xx, out=np.zeros_like(xx), where=xx > 0), 0.0)
    return np.where(number - number[:, None] >= fewest, left, np.inf)


def _best_borders(squares: Array, lines: int) -> list[int]:
    """Return the first point of each piece, and the number of points."""
    least, cut = squares[0], []
    for _ in range(lines - 1):
        through = least[:, None] + squares
        cut.append(through.argmin(axis=0))
        least = through.min(axis=0)
    borders = [len(squares) - 1]
    for first in reversed(cut):
        borders.append(int(first[borders[-1]]))
    return [0, *reversed(borders)]
