"""What methods are worth over several surveys: means and differences with intervals that count surveys.

A survey is the one independent piece of evidence on a method. Within it, groups of deposits are; cells and single
deposits are not. So the value of each method in each survey, and the difference of each pair of methods on the same
deposits, is given a variance by a bootstrap over its groups of deposits, and then a random-effects model puts the
surveys together:

    difference in survey i = mean + (what is peculiar to survey i, variance tau^2) + (error, variance v_i)

- tau^2 by Paule and Mandel: the one with which the weighted squares of the differences add up to what is expected.
- The interval by Hartung and Knapp, and Sidik and Jonkman: from the spread of the surveys' own differences, with
  Student's t of as many degrees of freedom as there are surveys less one; at least as wide as the errors alone
  would make it (Roever and others 2015), since two surveys may agree by luck.
- v_i is at least what the groups of all surveys taken together would give with as few groups as survey i has. A
  survey of two groups that happen to agree, or in which no method finds anything, is no certainty.
- One survey gives no interval; nor do surveys in which no two deposits differ.

References
----------
Paule & Mandel (1982), Consensus values and weighting factors, Journal of Research of the National Bureau of
Standards 87, 377-385, doi:10.6028/jres.087.022. Hartung & Knapp (2001), A refined method for the meta-analysis of
controlled clinical trials with binary outcome, Statistics in Medicine 20, 3875-3889, doi:10.1002/sim.1009. Sidik &
Jonkman (2002), A simple confidence interval for meta-analysis, Statistics in Medicine 21, 3153-3159,
doi:10.1002/sim.1262. Roever, Knapp & Friede (2015), Hartung-Knapp-Sidik-Jonkman approach and its modification for
random-effects meta-analysis with few studies, BMC Medical Research Methodology 15, 99,
doi:10.1186/s12874-015-0091-1.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import pandas as pd
from statsmodels.stats.meta_analysis import combine_effects

from geohalo.evidence import statistics
from geohalo.evidence.statistics import student_quantile

#: Measures that are pooled, and what each is by chance.
POOLED = {"above_decoys": 0.5, "capture": 0.5, "found_5": 0.05, "found_10": 0.1}
#: Splits that are pooled: the evidence, and what settings are chosen by.
SPLITS = ("held_out", "inner")
LEVEL = 0.95
#: Variances and differences below this are rounding.
ROUNDING = 1e-12


@dataclass(frozen=True)
class SurveyMoments:
    """What one survey says of its methods in one measure.

    Attributes
    ----------
    methods : list of str
    mean : (M,) array
        Mean over deposits.
    low, high : (M,) array
        95 % interval over groups; NaN with one group.
    covariance : (M, M) array
        Of the means, from a bootstrap over groups; NaN with one group.
    deposits, groups : int
    """

    methods: list[str]
    mean: np.ndarray
    low: np.ndarray
    high: np.ndarray
    covariance: np.ndarray
    deposits: int
    groups: int

    def difference(self, first: str, second: str) -> tuple[float, float]:
        """Return the difference between two methods and its variance, of one method (``second`` empty) the value."""
        weights = np.zeros(len(self.methods))
        weights[self.methods.index(first)] = 1
        if second:
            weights[self.methods.index(second)] = -1
        variance = float(weights @ self.covariance @ weights)
        return float(weights @ self.mean), 0.0 if abs(variance) < ROUNDING else variance


def survey_moments(ranks: pd.DataFrame, metric: str, n_bootstrap: int, seed: int) -> SurveyMoments | None:
    """Return what one survey says of its methods.

    Parameters
    ----------
    ranks : pandas.DataFrame
        Of one survey and split: ``variant``, ``deposit``, ``group`` and the metric. Deposits that lack it in any
        method (those of a fold without decoys) are left out in all.
    metric : str
        One of `POOLED`.
    n_bootstrap : int
        Draws over groups, the same for every method.
    seed : int
        Seed of the draws.

    Returns
    -------
    SurveyMoments or None
        None without a deposit. The covariance is that of the draws times G / (G - 1) with G groups, which makes it
        unbiased where groups are alike in size.
    """
    wide = ranks.pivot(index=["deposit", "group"], columns="variant", values=metric)
    wide = wide[list(dict.fromkeys(ranks["variant"]))].dropna()
    if wide.empty:
        return None
    values, methods = wide.to_numpy(dtype=float), [str(name) for name in wide.columns]
    _, group = np.unique(wide.index.get_level_values("group"), return_inverse=True)
    mean, size = values.mean(axis=0), np.bincount(group)
    n_groups, nothing = len(size), np.full(len(methods), np.nan)
    if n_groups == 1:
        unknown = np.full((len(methods), len(methods)), np.nan)
        return SurveyMoments(methods, mean, nothing, nothing, unknown, len(values), 1)
    counts = statistics.resample_groups(n_groups, n_bootstrap, seed)
    sums = np.zeros((n_groups, len(methods)))
    np.add.at(sums, group, values)
    draws = (counts @ sums) / (counts @ size)[:, None]
    low, high = np.quantile(draws, [(1 - LEVEL) / 2, (1 + LEVEL) / 2], axis=0)
    covariance = np.atleast_2d(np.cov(draws, rowvar=False)) * n_groups / (n_groups - 1)
    return SurveyMoments(methods, mean, low, high, covariance, len(values), n_groups)


def floored(variances: np.ndarray, groups: np.ndarray) -> np.ndarray:
    """Return variances of surveys, each at least what all groups together would give it.

    Parameters
    ----------
    variances : (K,) array
        Of a mean over the groups of each survey; NaN with one group.
    groups : (K,) int array
        Number of groups G of each.

    Returns
    -------
    (K,) float array
        max(v_i, s^2 / G_i), with s^2 the mean of G_i v_i over surveys of two groups and more, which weigh by G_i - 1. 0
        everywhere if no survey has a variance.
    """
    known = groups > 1
    freedom = groups[known] - 1
    pooled = np.average(variances[known] * groups[known], weights=freedom) if known.any() else 0.0
    return np.fmax(variances, pooled / groups)


def pool(effects: np.ndarray, variances: np.ndarray) -> tuple[float, float, float, float]:
    """Put the effects of several surveys together with a random-effects model; see the module docstring.

    Parameters
    ----------
    effects : (K,) array
    variances : (K,) array
        Of their errors; all above 0, or all 0 where they are not known. Surveys then weigh alike.

    Returns
    -------
    estimate, low, high, tau : float
        Mean over surveys, its 95 % interval, and the standard deviation between surveys. NaN, but for the estimate,
        with one survey; all NaN without any. Interval and tau are NaN if neither surveys nor deposits differ.
    """
    unknown = float("nan")
    if len(effects) < 2:
        return (float(effects[0]) if len(effects) else unknown), unknown, unknown, unknown
    alike = not variances.any()
    if alike and np.ptp(effects) < ROUNDING:
        return float(effects[0]), unknown, unknown, unknown
    # Where variances are not known any that are the same for all leave the interval to the spread of the effects.
    errors = np.ones(len(effects)) if alike else variances
    with np.errstate(divide="ignore"):  # of a measure of heterogeneity that is not used
        found = combine_effects(effects, errors, method_re="iterated")
    scale = found.scale_hksj_re if alike else max(1.0, found.scale_hksj_re)
    error = found.sd_eff_w_re * np.sqrt(scale)
    reach = float(student_quantile((1 + LEVEL) / 2, len(effects) - 1) * error)
    estimate, tau = float(found.mean_effect_re), float(np.sqrt(found.tau2))
    return estimate, estimate - reach, estimate + reach, float(np.std(effects, ddof=1)) if alike else tau


def bench_tables(
    ranks: pd.DataFrame, kinds: Mapping[str, str], n_bootstrap: int, seed: int
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return what every method is worth in every survey, and over all surveys of a kind.

    Parameters
    ----------
    ranks : pandas.DataFrame
        ``survey``, ``variant``, ``split``, ``deposit``, ``group`` and the columns `POOLED`, of all surveys.
    kinds : dict
        Kind of each survey, such as ``real`` and ``simulated``; each is pooled by itself. Methods come in the same
        order in all of them, that in which they first occur, and so do the two of a pair.
    n_bootstrap : int
        Draws over groups of deposits.
    seed : int
        Seed of the draws.

    Returns
    -------
    values : pandas.DataFrame
        One row for each survey, split, metric and method: ``kind``, ``survey``, ``split``, ``metric``, ``method``,
        ``estimate``, ``low``, ``high`` (95 % interval over groups), ``deposits``, ``groups``.
    pooled : pandas.DataFrame
        One row for each kind, split, metric and method (``against`` is empty), and for each pair of methods:
        ``mean``, the plain mean over the surveys that have both; ``estimate``, ``low``, ``high`` and ``tau`` of `pool`;
        ``surveys``, ``deposits`` and ``groups``, how many there are in all.
    """
    values, pooled, methods = [], [], [str(name) for name in dict.fromkeys(ranks["variant"])]
    for kind in dict.fromkeys(kinds.values()):
        names = [name for name, one in kinds.items() if one == kind]
        for split in SPLITS:
            for metric in POOLED:
                found = {}
                for name in names:
                    part = ranks[(ranks["survey"] == name) & (ranks["split"] == split)]
                    moments = survey_moments(part, metric, n_bootstrap, seed) if len(part) else None
                    if moments:
                        found[name] = moments
                about = {"kind": kind, "split": split, "metric": metric}
                values += [about | row for row in _value_rows(found)]
                pooled += [about | row for row in _pooled_rows(found, methods)]
    columns = ["kind", "survey", "split", "metric", "method", "estimate", "low", "high", "deposits", "groups"]
    kept = ["kind", "split", "metric", "method", "against", "mean", "estimate", "low", "high", "tau"]
    kept += ["surveys", "deposits", "groups"]
    return pd.DataFrame(values, columns=columns), pd.DataFrame(pooled, columns=kept)


def _value_rows(found: dict[str, SurveyMoments]) -> list[dict]:
    """Return the value of every method in every survey."""
    rows = []
    for name, one in found.items():
        about = {"survey": name, "deposits": one.deposits, "groups": one.groups}
        for method, *numbers in zip(one.methods, one.mean, one.low, one.high, strict=True):
            rows.append(
                about | {"method": method} | dict(zip(("estimate", "low", "high"), numbers, strict=True))
            )
    return rows


def _pooled_rows(found: dict[str, SurveyMoments], methods: list[str]) -> list[dict]:
    """Return the value of every method, and the difference of every pair, over the surveys that have them."""
    rows = []
    for first, second in [*((name, "") for name in methods), *combinations(methods, 2)]:
        used = [one for one in found.values() if {first, second} - {""} <= set(one.methods)]
        if not used:
            continue
        effects, variances = np.array([one.difference(first, second) for one in used]).T
        groups = np.array([one.groups for one in used])
        numbers = dict(
            zip(("estimate", "low", "high", "tau"), pool(effects, floored(variances, groups)), strict=True)
        )
        counts = {"deposits": sum(one.deposits for one in used), "groups": int(groups.sum())}
        about = {"method": first, "against": second, "mean": float(effects.mean()), "surveys": len(used)}
        rows.append(about | numbers | counts)
    return rows
