"""What geochemistry adds to what the layers beside it know, and the reverse, in words."""

from collections.abc import Callable

import pandas as pd

from geohalo.evidence.pairs import signed_interval

#: Variants that know one kind of data alone: what the whole network has beside it, and what they know in words.
ALONE = {
    "covariates": ("geochemistry {}", "the covariates tell alone"),
    "geochemistry": ("the covariates {}", "geochemistry tells alone"),
}
#: What an interval of the difference shows.
SHOWN = {
    "geochemistry {}": ("adds", "takes something away from", "is not shown to add"),
    "the covariates {}": ("add", "take something away from", "are not shown to add"),
}


def increment(pairs: pd.DataFrame, alone: Callable[[str], float], measure: str) -> list[str]:
    """Return what geochemistry adds to what the covariates know, and the reverse; nothing without covariates.

    Parameters
    ----------
    pairs : pandas.DataFrame
        Comparisons of the held-out split by one metric: the method that learns from both against each other one.
    alone : callable
        Gives the estimate of a method by this metric.
    measure : str
        The metric in words.

    Returns
    -------
    list of str
        A line of Markdown.
    """
    parts = []
    for name, (added, known) in ALONE.items():
        rows = pairs[(pairs["against"] == name) & pairs["difference"].notna()]
        if rows.empty:
            return []
        row = rows.iloc[0]
        more, less, unknown = SHOWN[added]
        shown = f"{more} to" if row["low"] > 0 else less if row["high"] < 0 else f"{unknown} to"
        parts.append(f"{added.format(shown)} what {known} ({alone(name):.2f}): {signed_interval(row)}")
    return [f"- **By {measure}, {parts[0]}; {parts[1]}.**"]
