"""The bench as text: tables in Markdown, ready for a page of the documentation."""

import numpy as np
import pandas as pd

from geohalo.products.bench_figure import first_measured, ranked
from geohalo.products.styles import method_style

#: What measures are called in the heads of columns.
NAMES = {
    "above_decoys": "decoys outranked",
    "capture": "capture",
    "found_5": "found in 5 %",
    "found_10": "found in 10 %",
}


def bench_text(values: pd.DataFrame, pooled: pd.DataFrame) -> str:
    """Return the tables of the bench in Markdown.

    Parameters
    ----------
    values, pooled : pandas.DataFrame
        Of `geohalo.evidence.pooling.bench_tables`.

    Returns
    -------
    str
        For each kind of survey and split one table: methods by their mean share of decoys outranked (capture, where
        there are no decoys), with that share in each survey, the difference of the first method to each by the
        random-effects model, which is not that of the means, and the means of the other measures.
    """
    parts = []
    for kind in dict.fromkeys(values["kind"]):
        for split, message in {"held_out": "held-out deposits", "inner": "inner split, for choosing"}.items():
            chosen = [one[(one["kind"] == kind) & (one["split"] == split)] for one in (values, pooled)]
            if len(chosen[1]):
                parts.append(f"### {str(kind).capitalize()} surveys, {message}\n\n{_table(*chosen)}")
    return "\n\n".join(parts) + "\n"


def _table(values: pd.DataFrame, pooled: pd.DataFrame) -> str:
    """Return the table of one kind and split."""
    metric, default = first_measured(pooled), str(pooled["method"].iloc[0])
    rows, shares = pooled[pooled["metric"] == metric], values[values["metric"] == metric]
    surveys = shares.drop_duplicates("survey")
    wide = shares.pivot(index="method", columns="survey", values="estimate")
    means = pooled[pooled["against"] == ""].pivot(index="method", columns="metric", values="mean")
    against = rows[(rows["method"] == default) & (rows["against"] != "")]
    heads = [f"{row.survey} ({row.deposits} in {row.groups})" for row in surveys.itertuples()]
    further = [name for name in NAMES if name != metric and name in means]
    name = method_style(default)[0]
    header = ["Method", f"{NAMES[metric]}, mean", *heads, f"{name} less it (95 %)"]
    header += [NAMES[one] for one in further]
    lines = [header, ["---"] * len(header)]
    for method in ranked(rows.assign(kind="real")):
        numbers = [float(wide.loc[method, one]) for one in surveys["survey"]]
        mean, *rest = (float(means.loc[method, one]) for one in (metric, *further))  # type: ignore[arg-type]
        apart = against[against["against"] == method]
        messages = [_number(mean), *map(_number, numbers), _difference(apart), *map(_number, rest)]
        lines.append([method_style(method)[0], *messages])
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _number(value: float) -> str:
    """Return a share with two digits; nothing for NaN."""
    return f"{value:.2f}" if np.isfinite(value) else ""


def _difference(rows: pd.DataFrame) -> str:
    """Return the difference of a row and its interval; nothing without one."""
    message = ""
    for numbers in rows[["estimate", "low", "high"]].to_numpy(dtype=float):
        estimate, low, high = (f"{round(number, 2) + 0.0:+.2f}" for number in numbers)
        message = estimate + (f" ({low} to {high})" if np.isfinite(numbers[1]) else "")
    return message
