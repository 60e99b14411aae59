"""What many workflows agree on, and how much of what they differ in is due to which choice.

W workflows are runs over C choices, each with a few levels (`geohalo.evidence.design`). The model is additive: a
result is a mean, plus an effect of the level of each choice, plus a rest that holds interactions and chance.

Zhang et al. (2024), doi 10.1007/s11053-024-10322-8, ask for such a consensus over the choices of a workflow.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.stats import f as f_distribution

from geohalo.evidence.comparisons import holm
from geohalo.evidence.statistics import student_quantile

#: Cells whose variance is taken apart at once: bounds the work arrays to some 50 MB for 24 workflows.
BLOCK = 100_000


@dataclass(frozen=True)
class Effects:
    """Main effects of C choices on one result, or on the results of many cells taken together.

    Attributes
    ----------
    share : (C,) float array
        Share of the variance that each choice explains (omega squared, see `main_effects`); NaN where the runs
        cannot tell.
    rest : float
        Share that no choice explains alone; NaN where one of them is.
    p : (C,) float array
        Probability of an effect at least as large if the choice made no difference (F test); NaN for many cells.
    mean, low, high : tuple of (L,) float arrays, one for each choice
        Mean of each of its L levels, the levels of all other choices counting alike, with its 95 % interval (t).
        NaN for many cells.
    """

    share: np.ndarray
    rest: float
    p: np.ndarray
    mean: tuple[np.ndarray, ...]
    low: tuple[np.ndarray, ...]
    high: tuple[np.ndarray, ...]


def main_effects(design: np.ndarray, result: np.ndarray, n_levels: Sequence[int]) -> Effects:
    """Tell how much each choice moves a result.

    The sum of squares of a choice is what the additive model loses without it (type II), so that choices which the
    design does not balance perfectly are not given each other's effects. By chance alone it is its degrees of freedom
    times the mean square of the rest; that much is taken off::

        omega^2 = (SS_choice - df_choice MS_rest) / (SS_total + MS_rest)

    A choice that makes no difference has 0 on average; negative estimates are kept.

    Parameters
    ----------
    design : (W, C) int array
        Level of each choice in each workflow, from 0.
    result : (W,) or (W, N) array
        One number for each workflow, or its values in N cells: sums of squares are then added up over the cells, which
        gives each cell the weight of its variance. All finite.
    n_levels : sequence of int
        Number of levels of each choice.

    Returns
    -------
    Effects
        Shares are NaN where there are no more workflows than effects to estimate, where levels of two choices always
        come together, or where all results are alike.

    References
    ----------
    Hays (1963), Statistics for Psychologists, Holt, Rinehart and Winston (omega squared). Searle, Speed & Milliken
    (1980), Population marginal means in the linear model: an alternative to least squares means, The American
    Statistician 34, 216-221 (means of levels).
    """
    values = np.asarray(result, dtype=float)
    columns = [_contrasts(n)[design[:, k]] for k, n in enumerate(n_levels)]
    full = _joined(len(design), columns)
    total, residual = _squares(_joined(len(design), []), values), _squares(full, values)
    freedom = len(design) - _rank(full)
    within = residual / freedom if freedom > 0 else np.nan
    share, p = np.full((2, len(columns)), np.nan)
    for k, own in enumerate(columns):
        others = _joined(len(design), columns[:k] + columns[k + 1 :])
        number = own.shape[1]
        if freedom <= 0 or number == 0 or _rank(full) - _rank(others) < number:
            continue
        gained = _squares(others, values) - residual
        if total > 1e-12 * max(1.0, float(np.square(values).sum())):
            share[k] = (gained - number * within) / (total + within)
        if values.ndim == 1 and within > 0:
            p[k] = f_distribution.sf(gained / number / within, number, freedom)
    rest = float(1 - share.sum())
    if values.ndim > 1:
        unknown = tuple(np.full(n, np.nan) for n in n_levels)
        return Effects(share, rest, p, unknown, unknown, unknown)
    return Effects(share, rest, p, *_level_means(full, values, n_levels, within, freedom))


def _contrasts(n: int) -> np.ndarray:
    """Return the coding (n, n - 1) of a choice's levels whose columns sum to zero."""
    return np.vstack([np.eye(n - 1), -np.ones(n - 1)])


def _joined(n_runs: int, columns: list[np.ndarray]) -> np.ndarray:
    """Return the columns of the mean and of some choices."""
    return np.hstack([np.ones((n_runs, 1)), *columns])


def _rank(columns: np.ndarray) -> int:
    return int(np.linalg.matrix_rank(columns))


def _squares(columns: np.ndarray, values: np.ndarray) -> float:
    """Return the sum of squares of what columns do not explain, over all cells."""
    base, singular, _ = np.linalg.svd(columns, full_matrices=False)
    base = base[:, singular > 1e-9 * singular[0]]
    cells, left = values.reshape(len(values), -1), 0.0
    for start in range(0, cells.shape[1], BLOCK):
        block = cells[:, start : start + BLOCK]
        left += float(np.square(block - base @ (base.T @ block)).sum())
    return left


def _level_means(
    full: np.ndarray, values: np.ndarray, n_levels: Sequence[int], within: float, freedom: int
) -> tuple[tuple[np.ndarray, ...], ...]:
    """Return mean, low and high of the levels of each choice; NaN where the runs cannot tell."""
    n_columns = full.shape[1]
    known = _rank(full) == n_columns
    inverse = np.linalg.pinv(full.T @ full)
    effect = inverse @ full.T @ values
    means, lows, highs, start = [], [], [], 1
    for n in n_levels:
        rows = np.zeros((n, n_columns))
        rows[:, 0], rows[:, start : start + n - 1] = 1, _contrasts(n)
        start += n - 1
        mean = rows @ effect if known else np.full(n, np.nan)
        error = np.sqrt(within * np.einsum("li,ij,lj->l", rows, inverse, rows))
        reach = student_quantile(0.975, freedom) * error if freedom > 0 else np.full(n, np.nan)
        means.append(mean)
        lows.append(mean - reach)
        highs.append(mean + reach)
    return tuple(means), tuple(lows), tuple(highs)


def agreement(ranks: np.ndarray, area: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Tell for each cell how many workflows call it anomalous.

    Parameters
    ----------
    ranks : (W, N) array
        Percentile rank of each cell in the map of each workflow; NaN where a map does not reach.
    area : float
        Share of its map that a workflow calls anomalous: the cells that rank above 1 - `area`.

    Returns
    -------
    agreement, mean, spread : (N,) float arrays
        Share of the workflows that call the cell anomalous, of those whose map reaches it; mean and standard
        deviation of its rank over them. NaN where none does. If workflows agreed by chance alone, the agreement
        would be about `area` everywhere.
    """
    known = np.isfinite(ranks)
    number = known.sum(axis=0)

    def mean_of(values: np.ndarray) -> np.ndarray:
        total = np.where(known, values, 0.0).sum(axis=0, dtype=float)
        return np.divide(total, number, out=np.full(len(number), np.nan), where=number > 0)

    mean = mean_of(ranks)
    return mean_of(ranks > 1 - area), mean, np.sqrt(mean_of(np.square(ranks - mean)))


def choices_table(
    design: np.ndarray, levels: Mapping[str, Sequence[str]], results: Mapping[str, np.ndarray]
) -> pd.DataFrame:
    """Tabulate the `main_effects` of all choices on all results.

    Parameters
    ----------
    design : (W, C) int array
        Level of each choice in each workflow, from 0.
    levels : mapping
        Choice to the text of each of its levels; C entries.
    results : mapping
        Name to (W,) numbers or (W, N) values in cells. One with a number missing has no effects.

    Returns
    -------
    pandas.DataFrame
        ``result``, ``choice``, ``level``, ``share``, ``p``, ``p_holm`` (corrected for the number of choices), ``mean``,
        ``low``, ``high`` and ``n`` (workflows): one row for each level, which repeats what is of its choice, and one
        with the choice ``rest``. For values in cells, which have no means of levels, one row for each choice.
    """
    rows, unknown = [], (np.nan, np.nan, np.nan, len(design))
    sizes = [len(texts) for texts in levels.values()]
    for name, values in results.items():
        known = np.isfinite(values).all()
        found = main_effects(design, values if known else np.full(len(design), np.nan), sizes)
        corrected = holm(found.p)
        for k, (choice, texts) in enumerate(levels.items()):
            of_choice = (found.share[k], found.p[k], corrected[k])
            if values.ndim > 1:
                rows.append((name, choice, "", *of_choice, *unknown))
                continue
            numbers = np.bincount(design[:, k], minlength=len(texts))
            for text, *of_level in zip(
                texts, found.mean[k], found.low[k], found.high[k], numbers, strict=True
            ):
                rows.append((name, choice, text, *of_choice, *of_level))
        rows.append((name, "rest", "", found.rest, np.nan, np.nan, *unknown))
    columns = ["result", "choice", "level", "share", "p", "p_holm", "mean", "low", "high", "n"]
    return pd.DataFrame(rows, columns=columns)
