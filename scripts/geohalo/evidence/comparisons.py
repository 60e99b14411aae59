"""Two methods on the same deposits: how far apart they are, and whether the survey can tell.

Every method ranks the same deposits in maps of the same folds, so methods are compared deposit by
deposit. Deposits of a group share ground and samples: groups, never deposits, are resampled and have
their signs flipped.
"""

import functools

import numpy as np
import pandas as pd

from geohalo.evidence import statistics
from geohalo.evidence.statistics import student_quantile
from geohalo.multiple_tests import holm

#: Not compared: what a map of meaningless labels makes of the deposits of a fold is luck that they share, so their
#: groups' signs cannot be flipped apart. `geohalo.evidence.verdict` asks whether it is chance.
UNCOMPARED = ("shuffle",)
#: Columns of the table of deposits that are compared.
COMPARED = ("capture", "above_decoys")
LEVEL = 0.05
POWER = 0.8
#: Both measures lie between 0 and 1, so that no difference is larger.
LARGEST = 1.0
#: All flips of signs are tried up to so many, else so many are drawn.
EXACT_FLIPS, DRAWN_FLIPS = 16384, 10_000


def compare_methods(ranks: pd.DataFrame, n_bootstrap: int, seed: int) -> pd.DataFrame:
    """Compare the first method of a table with every other one.

    Parameters
    ----------
    ranks : pandas.DataFrame
        One row for each method, split and deposit: ``variant``, ``split``, ``deposit``, ``group`` and
        the columns of `COMPARED`. The split ``random`` is no evidence and left out, as are the methods of
        `UNCOMPARED`, and a method from a split that it was not measured in.
    n_bootstrap : int
        Bootstrap draws over groups.
    seed : int
        Seed of the draws.

    Returns
    -------
    pandas.DataFrame
        One row for each other method, split and metric: ``variant`` (the first), ``against``,
        ``split``, ``metric``, ``difference`` of the means over deposits (positive where the first is
        better) with ``low`` and ``high`` (95 % interval over groups), ``p`` of `sign_flip_p`, ``p_holm``
        (of `holm`, over the other methods of a split and metric), ``detectable`` (of
        `detectable_difference`) and ``groups``. NaN where there is nothing to compare: without
        decoys, or with too few groups.
    """
    first = ranks["variant"].iloc[0]
    rows = []
    compared = ranks[(ranks["split"] != "random") & ~ranks["variant"].isin(UNCOMPARED)]
    for split, part in compared.groupby("split", sort=False):
        table = part.set_index(["variant", "deposit"])
        if first not in table.index.unique("variant"):
            continue
        for metric in COMPARED:
            for against in [name for name in table.index.unique("variant") if name != first]:
                mine, theirs = table.loc[first], table.loc[against]
                values = (mine[metric] - theirs[metric]).dropna()
                found = compare(
                    values.to_numpy(), mine.loc[values.index, "group"].to_numpy(), n_bootstrap, seed
                )
                rows.append((first, against, split, metric, *found))
    columns = [
        "variant",
        "against",
        "split",
        "metric",
        "difference",
        "low",
        "high",
        "p",
        "detectable",
        "groups",
    ]
    out = pd.DataFrame(rows, columns=columns)
    corrected = out.groupby(["split", "metric"])["p"].transform(lambda p: holm(p.to_numpy()))
    out.insert(columns.index("detectable"), "p_holm", corrected)
    return out


def compare(
    differences: np.ndarray, group: np.ndarray, n_bootstrap: int, seed: int
) -> tuple[float, float, float, float, float, int]:
    """Compare two methods by their differences at the same deposits.

    Parameters
    ----------
    differences : (D,) array
        Of the values of two methods at each deposit.
    group : (D,) int array
        Group of each deposit; any integers.
    n_bootstrap : int
        Bootstrap draws over groups.
    seed : int
        Seed of the draws.

    Returns
    -------
    difference, low, high, p, detectable : float
        Mean difference, 95 % interval over groups, p of `sign_flip_p`, and `detectable_difference` (NaN where it is
        larger than `LARGEST`).
    groups : int
        Number of groups G.
    """
    if len(differences) == 0:
        return np.nan, np.nan, np.nan, np.nan, np.nan, 0
    _, index, sizes = np.unique(group, return_inverse=True, return_counts=True)
    sums = np.bincount(index, weights=differences)
    low, high = statistics.bootstrap_interval(differences, group, n_bootstrap, seed)
    # The mean goes with the sum: the number of deposits does not change when signs are flipped.
    p = sign_flip_p(sums, seed)
    mean = sums.sum() / sizes.sum()
    spread = float(np.std(sums - mean * sizes, ddof=1)) if len(sizes) > 1 else np.nan
    detectable = detectable_difference(spread, sizes)
    if detectable > LARGEST:
        detectable = float("nan")
    return float(mean), low, high, p, detectable, len(sizes)


def sign_flip_p(sums: np.ndarray, seed: int = 0) -> float:
    """Return p of the paired permutation test: is a sum of paired differences zero?

    If two methods are equally good, a group's difference could as well have had the other sign. So p is
    the share of the flips of signs of whole groups that give a sum at least as far from 0. All 2^G
    flips are tried up to 16,384 (14 groups), else 10,000 of them, that without a flip among them,
    which keeps the test valid.

    Parameters
    ----------
    sums : (G,) array
        Sum of the differences of each group.
    seed : int
        Seed of the flips where they are drawn.

    Returns
    -------
    float
        Two-sided p; at least `smallest_p`. NaN without a group.

    References
    ----------
    Good (2005), Permutation, Parametric, and Bootstrap Tests of Hypotheses, 3rd edition, Springer.
    Phipson & Smyth (2010), Permutation p-values should never be zero, Statistical Applications in
    Genetics and Molecular Biology 9, article 39.
    """
    sums = np.asarray(sums, dtype=float)
    if len(sums) == 0:
        return float("nan")
    # Flips that give the same sum but for rounding count as giving it.
    enough = abs(sums.sum()) - 1e-9 * np.abs(sums).sum()
    return float((np.abs(sums @ _flips(len(sums), seed)) >= enough).mean())


@functools.lru_cache(maxsize=4)
def _flips(n_groups: int, seed: int) -> np.ndarray:
    """Return signs (G, flips); a flip and its opposite give the same distance from 0, so one is kept."""
    if 2**n_groups <= EXACT_FLIPS:
        numbers = np.arange(2 ** max(n_groups - 1, 0))
        return 1.0 - 2 * ((numbers >> np.arange(n_groups)[:, None]) & 1)
    signs = np.random.default_rng(seed).choice([-1.0, 1.0], size=(n_groups, DRAWN_FLIPS))
    signs[:, 0] = 1
    return signs


def smallest_p(n_groups: int) -> float:
    """Return the smallest p that `sign_flip_p` can give with G groups: 2 / 2^G, or 1 / 10,000."""
    return 2.0 / 2**n_groups if 2**n_groups <= EXACT_FLIPS else 1 / DRAWN_FLIPS


def detectable_difference(spread: float, sizes: np.ndarray) -> float:
    """Return the smallest difference of means that the survey would tell from 0 four times in five.

    With G groups of mean size m, and s the standard deviation of the groups' sums of differences, each
    less the mean difference times its size, the mean over deposits has the standard error
    s / (m sqrt(G)), and a difference d is told from 0 with the wanted power where d is k standard
    errors::

        k = t(1 - a / 2) + t(power),  both with G - 1 degrees of freedom

    Where groups are unlike in size, a difference spreads the groups' sums by itself, d times the
    standard deviation v of the sizes. With (s^2 + d^2 v^2) in place of s^2::

        d = k s / sqrt(G m^2 - k^2 v^2)

    The level a is the largest up to 5 % that flips of G signs can reach: 3.1 % with six groups. In
    simulations with normal differences the test then has a power of 0.72 with six groups and 0.76 to
    0.81 with more, and up to 0.95 where groups are unlike in size: there the formula is cautious.

    Parameters
    ----------
    spread : float
        s, with divisor G - 1.
    sizes : (G,) int array
        Deposits of each group.

    Returns
    -------
    float
        In units of the differences. NaN where no difference is large enough: with fewer than six
        groups the test cannot reach 5 %, and where one group holds most deposits the rest says too
        little.

    References
    ----------
    Bloom (1995), Minimum detectable effects: a simple way to report the statistical power of
    experimental designs, Evaluation Review 19, 547-556 (k standard errors).
    """
    n_groups, least = len(sizes), smallest_p(len(sizes))
    if least > LEVEL or np.isnan(spread):
        return float("nan")
    level = np.floor(LEVEL / least) * least
    k = student_quantile(1 - level / 2, n_groups - 1) + student_quantile(POWER, n_groups - 1)
    room = n_groups * np.mean(sizes) ** 2 - (k * np.std(sizes, ddof=1)) ** 2
    return float(k * spread / np.sqrt(room)) if room > 0 else float("nan")
