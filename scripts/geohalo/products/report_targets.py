"""The targets as the report shows them."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geohalo.products.report_tables import Column, Table, table
from geohalo.products.report_text import number, significant
from geohalo.products.targets import without_deposit

#: Targets that the table shows however near to known deposits they are, and new ones that the text names.
TOP, NAMED = 25, 20


def targets_table(targets: pd.DataFrame) -> Table:
    """Return the targets by rank.

    Parameters
    ----------
    targets : DataFrame
        Columns rank, area_km2, mean_score, peak_score, spread, heldout_score, applicable, nearest_deposit,
        distance_km, enriched, depleted, lon, lat; those that are there are shown, of the `TOP` first targets and of
        all without a known deposit inside, which are in bold.
    """
    frame = targets.sort_values("rank")
    new = without_deposit(frame) & _any_known(frame)
    frame, new = frame[shown := new | (np.arange(len(frame)) < TOP)], new[shown]
    counted = f"{len(frame)} of {len(targets):,} targets" if len(targets) > len(frame) else "All targets"
    degrees = lambda value: number(value, 4)  # noqa: E731
    percent = lambda value: f"{100 * value:.0f} %"  # noqa: E731
    return table(
        frame,
        [
            Column("rank", "Rank", lambda value: f"{value:.0f}"),
            Column("mean_score", "Mean score", number),
            Column(
                "heldout_score", "Held-out score", number, "mean, of the folds that did not know the ground"
            ),
            Column("area_km2", "Area (km²)", significant),
            Column("nearest_deposit", "Nearest known deposit"),
            Column("distance_km", "Distance (km)", lambda value: number(value, 1), "0: the target holds it"),
            Column("enriched", "Enriched", contrasts, "clr contrast to the surroundings"),
            Column("depleted", "Depleted", contrasts, "clr contrast to the surroundings"),
            Column("applicable", "Applicable", percent, "share in the area of applicability"),
            Column("peak_score", "Peak score", number),
            Column("spread", "Spread", lambda value: number(value, 3), "standard deviation over the members"),
            Column("lon", "Longitude", degrees, "of the peak cell, WGS 84"),
            Column("lat", "Latitude", degrees, "of the peak cell, WGS 84"),
        ],
        f"{counted} (targets.csv, targets.gpkg).",
        "table-targets",
        strong=new.tolist(),
        keys=[f"target {int(rank)}" for rank in frame["rank"]],
    )


def targets_told(targets: pd.DataFrame) -> str:
    """Say which targets hold no known deposit, and why the others are no finds; empty where that is unknown.

    Parameters
    ----------
    targets : DataFrame
        Columns rank and distance_km, kilometres to the nearest known deposit, 0 for one inside.
    """
    if not _any_known(targets):
        return ""
    ranks = sorted(targets["rank"][without_deposit(targets)].astype(int))
    if not ranks:
        return (
            f"Each of the {len(targets)} targets holds a known deposit. The map was trained on these, so that no "
            "target is a find; a larger targets.share takes in more ground."
        )
    named = ", ".join(map(str, ranks[:NAMED])) + (" ..." if len(ranks) > NAMED else "")
    others = len(targets) - len(ranks)
    told = f"{len(ranks)} of {len(targets)} targets without a known deposit inside (bold): {named}."
    if not others:
        return told
    return f"{told} The map was trained on the known deposits, so that the other {others} are no finds."


def search_told(share: float, rank: NDArray[np.float64]) -> str:
    """Say how many held-out deposits a search of as much ground as the targets have would have found.

    Parameters
    ----------
    share : float
        Share of the map that the targets cover.
    rank : ndarray (deposits,)
        Percentile rank of the own cell of each deposit in the map that did not know it; empty if none was held out.
    """
    if not len(rank):
        return ""
    found = int((1 - np.asarray(rank) <= share + 1e-9).sum())
    percent = f"{100 * share:.1f} %"
    return (
        f"The targets cover {percent} of the map. In maps that did not know them, the best {percent} of the ground "
        f"held {found} of {len(rank)} deposits; {share * len(rank):.1f} are expected of chance."
    )


def _any_known(targets: pd.DataFrame) -> bool:
    """Whether the table tells of any known deposit."""
    return "distance_km" in targets and bool(targets["distance_km"].notna().any())


def contrasts(text: str) -> str:
    """Return ``Zn +1.9, Pb -1.4`` with true minus signs, each element kept with its number."""
    return str(text).replace(" -", "\u00a0\u2212").replace(" +", "\u00a0+")


def thresholds_table(thresholds: pd.DataFrame) -> Table:
    """Return the classes of the score by either kind of threshold.

    Parameters
    ----------
    thresholds : DataFrame
        Columns kind, class, score (where the class begins), area_share, deposits, found; those that are there are
        shown.
    """
    percent = lambda value: f"{100 * value:.0f} %" if value == value else ""  # noqa: E731
    return table(
        thresholds,
        [
            Column("kind", "Kind", lambda value: str(value).replace("_", " ")),
            Column("class", "Class", lambda value: f"{value:.0f}"),
            Column("score", "Score from", lambda value: number(value, 3)),
            Column("area_share", "Share of the area", percent, "of ground that scores this or more"),
            Column(
                "deposits",
                "Held-out deposits",
                lambda value: f"{value:.0f}",
                "found by a search of that share of the area in maps that did not know them",
            ),
            Column("found", "Share of them", percent),
        ],
        "Classes of the score (thresholds.csv).",
        "table-thresholds",
        folded=True,
    )
