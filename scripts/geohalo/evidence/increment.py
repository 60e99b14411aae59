"""What geochemistry adds to what the layers beside it know, and the reverse."""

from collections.abc import Callable

import pandas as pd

from geohalo.evidence.pairs import MEASURES, deciding, pair, signed_interval

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


def increment(of: Callable[[str, str], tuple[float, float, float]], pairs: pd.DataFrame) -> list[str]:
    """Return what geochemistry adds to what the covariates know, and the reverse; nothing without covariates.

    Parameters
    ----------
    of : callable
        From a method and a metric to estimate, low and high, in the held-out split.
    pairs : pandas.DataFrame
        Comparisons of the held-out split, of which the method that learns from both is compared with each alone.

    Returns
    -------
    list of str
        A line of Markdown.
    """
    metric = deciding(pairs)
    parts = []
    for name, (added, known) in ALONE.items():
        row = pair(pairs, name, metric)
        if row is None:
            return []
        more, less, unknown = SHOWN[added]
        shown = f"{more} to" if row["low"] > 0 else less if row["high"] < 0 else f"{unknown} to"
        alone = of(name, metric)[0]
        parts.append(f"{added.format(shown)} what {known} ({alone:.2f}): {signed_interval(row)}")
    return [f"- **By {MEASURES[metric]}, {parts[0]}; {parts[1]}.**"]
