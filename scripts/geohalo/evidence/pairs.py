"""Comparisons of the first method of a table with each other one, as texts read them."""

import numpy as np
import pandas as pd

#: The measures that methods are compared by, the one that decides first.
MEASURES = {"above_decoys": "the share of decoys outranked", "capture": "capture"}


def deciding(pairs: pd.DataFrame) -> str:
    """Return the first of the measures that methods were compared by."""
    compared = pairs.loc[pairs["difference"].notna(), "metric"]
    return next((metric for metric in MEASURES if (compared == metric).any()), "capture")


def pair(pairs: pd.DataFrame, against: str, metric: str) -> pd.Series | None:
    """Return the comparison with one method, if it was made."""
    rows = pairs[(pairs["against"] == against) & (pairs["metric"] == metric) & pairs["difference"].notna()]
    return None if rows.empty else rows.iloc[0]


def signed_interval(row: pd.Series) -> str:
    """Write a difference with its interval, where there is one."""
    numbers = [float(row[name]) for name in ("difference", "low", "high")]
    interval = f" ({numbers[1]:+.2f} to {numbers[2]:+.2f})" if np.isfinite(numbers).all() else ""
    return f"{numbers[0]:+.2f}{interval}"
