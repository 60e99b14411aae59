"""Rows at one place that differ so much that they cannot all be samples of it."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from geohalo.input_warnings import InputWarning

# Samples of one place differ by chance, too: field duplicates seldom by more than this.
TIMES = 3.0
_MOST_KINDS = 20


def differing_rows(
    place: npt.NDArray[np.int64],
    rows: npt.NDArray[np.int64],
    values: pd.DataFrame,
    censored: pd.DataFrame,
    about: pd.DataFrame,
    source: str,
) -> list[InputWarning]:
    """Warn of places whose rows differ by more than `TIMES` times in an element.

    Parameters
    ----------
    place : ndarray of int64, shape (rows,)
        Place of each row.
    rows : ndarray of int64, shape (rows,)
        Row numbers in the file.
    values, censored : DataFrame, shape (rows, elements)
        Concentrations in ppm, NaN where missing, and censored flags, which are not compared.
    about : DataFrame, shape (rows, columns)
        What else the table tells of the rows: a column that tells them apart is named.
    source : str
        File name, for the warning.
    """
    shared = np.bincount(place)[place] > 1
    if not shared.any():
        return []
    at = place[shared]
    measured = values[shared].reset_index(drop=True).where(~censored[shared].reset_index(drop=True))
    grouped = measured.groupby(at)
    ratio = grouped.max() / grouped.min()
    bad = ratio.index[(ratio > TIMES).any(axis=1)].to_numpy()
    if not bad.size:
        return []
    numbers = rows[shared]
    # The first place in file order, and the element that differs most there.
    here = bad[np.argmin([numbers[at == one].min() for one in bad])] if bad.size < 1000 else bad[0]
    element = str(ratio.loc[here].idxmax())
    member = np.flatnonzero(at == here)
    low, high = (
        member[int(pick(measured[element].to_numpy()[member]))] for pick in (np.nanargmin, np.nanargmax)
    )
    pair = sorted((low, high))
    message = " and ".join(f"{measured[element].to_numpy()[one]:.4g}" for one in pair)
    what = (
        f"at {bad.size} of {len(ratio)} places with several rows the rows differ by more than {TIMES:g} times (first "
        f"rows {' and '.join(str(numbers[one]) for one in pair)}: {element} {message} ppm); their median is taken"
    )
    fix = "if some rows are reference materials, blanks, other depths or other fractions, keep the samples alone with "
    fix += _keep_advice(about[shared].reset_index(drop=True), at, bad, about)
    return [InputWarning(what, fix, source, row=str(numbers[pair[0]]))]


def _keep_advice(
    about: pd.DataFrame, at: npt.NDArray[np.int64], bad: npt.NDArray[np.int64], every: pd.DataFrame
) -> str:
    """Name the column that tells rows at one place apart, with its most frequent value."""
    inside = np.isin(at, bad)
    best: tuple[float, int, str] | None = None
    for name in about.columns:
        text = about[name][inside].astype("str")
        kinds = every[name].astype("str").nunique()
        if not 1 < kinds <= _MOST_KINDS:
            continue
        share = float((text.groupby(at[inside]).nunique() > 1).mean())
        if share >= 0.8 and (best is None or (-share, kinds) < best[:2]):
            best = (-share, kinds, str(name))
    if best is None:
        return "samples.keep"
    common = every[best[2]].astype("str").value_counts().index[0]
    return f"samples.keep, for example keep: {{{best[2]}: [{common}]}}"


def table_without(table: pd.DataFrame, used: Mapping[str, Any] | set[str]) -> pd.DataFrame:
    """Return the columns of a table that tell something else of its rows."""
    others = [name for name in table.columns if name not in used and name != "geometry"]
    return pd.DataFrame(table[others])
