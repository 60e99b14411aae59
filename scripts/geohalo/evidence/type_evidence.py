"""The evidence of each type of deposit apart, from how high each deposit ranks in the map that did not know it."""

import numpy as np
import pandas as pd

from geohalo.evidence import statistics
from geohalo.evidence.verdict import Evidence, counted, escaped, interval_of

#: Measures of single deposits whose means are reported, in the order of the table.
MEASURED = ("capture", "above_decoys", "found_5", "found_10")
COLUMNS = ("metric", "estimate", "low", "high", "n", "groups")


def evidence_by_type(ranks: pd.DataFrame, types: pd.Series, n_draws: int, seed: int) -> pd.DataFrame:
    """Measure the deposits of each type apart; nothing is trained anew for it.

    Parameters
    ----------
    ranks : pandas.DataFrame
        One row for each method, split and deposit: ``survey``, ``variant``, ``scales``, ``split``, ``deposit``,
        ``group`` and the columns of `MEASURED`.
    types : pandas.Series, shape (D,)
        Type of each deposit, by its number; "" or missing where it is not known. Such a deposit counts nowhere.
    n_draws : int
        Bootstrap draws over the groups of deposits of a type.
    seed : int
        Seed of the draws.

    Returns
    -------
    pandas.DataFrame
        One row for each method, split, type and metric: ``survey``, ``variant``, ``scales``, ``split``, ``type``,
        ``metric``, ``estimate`` (mean over the deposits of the type), ``low`` and ``high`` (95 % interval; missing
        with a single group), ``n`` (deposits) and ``groups``. Types with more deposits come first.
    """
    known = types[types.notna() & (types != "")]
    about = ["survey", "variant", "scales", "split"]
    rows = []
    for keys, part in ranks.groupby(about, sort=False):
        here = part.assign(type=part["deposit"].map(known)).dropna(subset="type")
        for kind in here["type"].value_counts().index:
            mine = here[here["type"] == kind]
            rows += [(*keys, kind, *_row(mine, metric, n_draws, seed)) for metric in MEASURED]
    return pd.DataFrame(rows, columns=[*about, "type", *COLUMNS])


def type_lines(table: pd.DataFrame) -> list[str]:
    """Return what held-out deposits of each type say of the first method.

    Parameters
    ----------
    table : pandas.DataFrame
        Of `evidence_by_type`.

    Returns
    -------
    list of str
        Lines of Markdown; none where no type is known.
    """
    rows = table[(table["split"] == "held_out") & (table["variant"] == table["variant"].head(1).squeeze())]
    if rows.empty:
        return []
    lines = [
        "Held-out deposits of each type (`type_evidence.csv`); all types were learned from together:",
        "",
    ]
    for kind, part in rows.groupby("type", sort=False):
        found = Evidence(part)
        capture, above = (
            interval_of(*found.of(part["variant"].iloc[0], name)) for name in ("capture", "above_decoys")
        )
        number, groups = part["n"].iloc[0], part["groups"].iloc[0]
        lines.append(
            f"- {escaped(str(kind))} ({counted(int(number), 'deposit')} in {counted(int(groups), 'group')}): capture "
            f"{capture}; they outrank {above} of the decoys."
        )
    return lines


def _row(deposits: pd.DataFrame, metric: str, n_draws: int, seed: int) -> tuple[str | float, ...]:
    """Return the row of one metric over the deposits of one type."""
    found = deposits.dropna(subset=metric)
    if found.empty:
        return (metric, np.nan, np.nan, np.nan, 0, 0)
    value, (_, group) = found[metric].to_numpy(), np.unique(found["group"], return_inverse=True)
    n_groups = int(group.max()) + 1
    per_draw = statistics.resample_groups(n_groups, n_draws if n_groups > 1 else 0, seed)[:, group]
    draws = statistics.ratio(per_draw @ value, per_draw.sum(axis=1))
    return (metric, float(value.mean()), *statistics.percentile_interval(draws), len(found), n_groups)
