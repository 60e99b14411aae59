"""Control charts of reference materials: how far results are from the certified values."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import t as student

from geohalo.multiple_tests import holm
from geohalo.quality.named_rows import named_rows
from geohalo.quality.robust import mean_and_sd
from geohalo.survey.cells import BoolArray, FloatArray
from geohalo.survey.row_roles import REFERENCE, Roles

#: The fewest results of a material that a mean is taken of.
FEWEST_RESULTS = 3
#: A material is not used for an element that is censored in a larger share of its results.
MOST_CENSORED = 0.25
#: So many results in a row on one side of the mean are a shift.
ONE_SIDE = 10
#: Rules of the control chart.
RULES = ("beyond_2sd", "beyond_3sd", "twice_beyond_2sd", "one_side")
# Columns of `reference_table`, but for the corrected p.
_ABOUT = ("material", "element", "results", "censored")
_NUMBERS = (
    *("mean_ppm", "sd_ppm", "certified_ppm", "certified_sd_ppm", "middle_ppm", "limits_sd_ppm"),
    *("bias_percent", "bias_low", "bias_high", "p"),
)
# Standard error of the robust mean, by ISO 13528:2015, 7.7.
_ERROR = 1.25


@dataclass(frozen=True)
class Results:
    """The results of one reference material for one element, in the order of analysis.

    Attributes
    ----------
    order, values : ndarray of float64, shape (results,)
        Place in the order, and ppm.
    rows : ndarray of int64, shape (results,)
        Positions of the rows.
    censored : int
        How many of them are below the detection limit.
    """

    order: FloatArray
    values: FloatArray
    rows: np.ndarray
    censored: int

    @property
    def usable(self) -> bool:
        """Whether there are enough, of which enough are measured."""
        n = len(self.values)
        return n >= FEWEST_RESULTS and self.censored <= MOST_CENSORED * n


def material_results(roles: Roles, values: pd.Series, censored: pd.Series, material: str) -> Results:
    """Return the results of a reference material for an element.

    Parameters
    ----------
    roles : Roles
    values, censored : Series, shape (rows,)
        In ppm.
    material : str
    """
    numbers = values.to_numpy(dtype=np.float64)
    rows = np.flatnonzero(roles.of(REFERENCE) & (roles.material == material) & (numbers > 0))
    rows = rows[np.argsort(roles.order[rows], kind="stable")]
    return Results(roles.order[rows], numbers[rows], rows, int(censored.to_numpy(dtype=bool)[rows].sum()))


def beyond(z: FloatArray) -> dict[str, BoolArray]:
    """Tell which results break a rule of the control chart.

    Parameters
    ----------
    z : ndarray of float64, shape (results,)
        Results less the middle line, in standard deviations, in the order of analysis.

    Returns
    -------
    dict of str to ndarray of bool, shape (results,)
        `beyond_2sd`, `beyond_3sd`; `twice_beyond_2sd`, two in a row beyond 2 on one side; `one_side`, ten in a row on
        one side.

    References
    ----------
    Westgard, Barry, Hunt and Groth (1981), A multi-rule Shewhart chart for quality control in clinical chemistry,
    Clinical Chemistry 27, 493-501: rules 1-2s, 1-3s, 2-2s and 10-x.
    """
    twice, one_side = np.zeros(len(z), dtype=bool), np.zeros(len(z), dtype=bool)
    for side in (z, -z):
        twice |= _in_runs(side > 2, 2)
        one_side |= _in_runs(side > 0, ONE_SIDE)
    return {
        "beyond_2sd": np.abs(z) > 2,
        "beyond_3sd": np.abs(z) > 3,
        "twice_beyond_2sd": twice,
        "one_side": one_side,
    }


def _in_runs(flag: BoolArray, length: int) -> BoolArray:
    """Tell which True values stand in a run of at least so many."""
    run = np.cumsum(np.diff(flag, prepend=False))
    counts = np.bincount(run, weights=flag)
    return flag & (counts[run] >= length)


def bias(values: FloatArray, certified: float, interval: float) -> tuple[float, float, float, float]:
    """Return the bias of results against a certified value.

    Parameters
    ----------
    values : ndarray of float64, shape (results,)
        At least `FEWEST_RESULTS`.
    certified, interval : float
        The value and half of its 95 % interval; where that is NaN, the value counts as exact.

    Returns
    -------
    bias, low, high : float
        As shares of the certified value, with the 95 % interval by Student's t.
    p : float
        How probable so large a bias is if there is none.
    """
    mean, sd = mean_and_sd(values)
    n = len(values)
    error = np.hypot(_ERROR * sd / np.sqrt(n), 0.0 if np.isnan(interval) else interval / 1.96)
    away = mean - certified
    if error == 0:
        return away / certified, away / certified, away / certified, float(away == 0)
    half = float(student.ppf(0.975, n - 1)) * error
    p = 2 * float(student.sf(abs(away) / error, n - 1))
    return away / certified, (away - half) / certified, (away + half) / certified, p


def reference_table(
    roles: Roles, values: pd.DataFrame, censored: pd.DataFrame, certified: pd.DataFrame | None
) -> pd.DataFrame:
    """Return what the control chart of every reference material says for every element.

    Parameters
    ----------
    roles : Roles
    values, censored : DataFrame, shape (rows, elements)
        In ppm.
    certified : DataFrame, optional
        As `certified_values` returns it.

    Returns
    -------
    DataFrame
        One row per material and element that it was analysed for: `material`, `element`, `results`, `censored`,
        `mean_ppm` and `sd_ppm` (robust), `certified_ppm`, `certified_sd_ppm`, `bias_percent` with `bias_low`,
        `bias_high`, `p` and `p_holm` (over all rows), `middle_ppm` and `limits_sd_ppm` (of the chart: certified, else
        the material's own), and how many results break each rule of `beyond`. Numbers are missing where there are too
        few measured results.
    """
    known = {} if certified is None else {(row.material, row.element): row for row in named_rows(certified)}
    records = []
    for material in dict.fromkeys(roles.material[roles.of(REFERENCE)]):
        for element in values:
            results = material_results(roles, values[element], censored[element], material)
            if len(results.values):
                entry = known.get((material, element))
                records.append({"material": material, "element": element} | _chart(results, entry))
    table = pd.DataFrame(records, columns=[*_ABOUT, *_NUMBERS, *RULES])
    table.insert(list(table.columns).index("p") + 1, "p_holm", holm(table["p"].to_numpy(dtype=float)))
    return table.astype(dict.fromkeys(RULES, "Int64"))


def _chart(results: Results, entry: Any) -> dict[str, Any]:
    """Return the numbers of one row of `reference_table`."""
    record: dict[str, Any] = {"results": len(results.values), "censored": results.censored}
    record |= dict.fromkeys(_NUMBERS, np.nan) | dict.fromkeys(RULES)
    if entry is not None:
        record |= {"certified_ppm": entry.value, "certified_sd_ppm": entry.sd}
    if not results.usable:
        return record
    mean, sd = mean_and_sd(results.values)
    record |= {"mean_ppm": mean, "sd_ppm": sd, "middle_ppm": mean, "limits_sd_ppm": sd}
    if entry is not None:
        away, low, high, p = bias(results.values, entry.value, entry.interval)
        record |= {"bias_percent": 100 * away, "bias_low": 100 * low, "bias_high": 100 * high, "p": p}
        record |= {"middle_ppm": entry.value, "limits_sd_ppm": sd if np.isnan(entry.sd) else entry.sd}
    spread = record["limits_sd_ppm"]
    if spread > 0:
        rules = beyond((results.values - record["middle_ppm"]) / spread)
        record |= {rule: int(flags.sum()) for rule, flags in rules.items()}
    return record
