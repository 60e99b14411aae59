"""The targets as the report shows them."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geohalo.products.report_tables import Column, Table, table
from geohalo.products.report_text import number, significant
from geohalo.products.targets import KNOWN, on_new_ground

#: Targets of either kind that the table shows, and those on new ground that the text names.
TOP, NAMED = 25, 20
EFFORT = "exploration effort, mean over the target; no part of the rank"
TRANSFORMED = "mean less that of the surroundings, as the cube is transformed (cube.transform)"


def targets_table(targets: pd.DataFrame, effort_unit: str = "") -> Table:
    """Return the targets by rank.

    Parameters
    ----------
    targets : DataFrame
        Columns rank, ground, area_km2, mean_score, peak_score, spread, heldout_score, applicable, effort,
        effort_percentile, nearest_deposit, distance_km, enriched, depleted, lon, lat; those that are there are shown,
        of the `TOP` first targets on new ground, which are in bold, and as many on known halos.
    effort_unit : str
        Of the exploration effort.
    """
    frame = targets.sort_values("rank")
    new = on_new_ground(frame)
    shown = np.where(new, new.cumsum(), (~new).cumsum()) <= TOP
    frame, new = frame[shown], new[shown]
    counted = f"{len(frame)} of {len(targets):,} targets" if len(targets) > len(frame) else "All targets"
    degrees = lambda value: number(value, 4)  # noqa: E731
    percent = lambda value: f"{100 * value:.0f} %"  # noqa: E731
    return table(
        frame,
        [
            Column("rank", "Rank", lambda value: f"{value:.0f}"),
            Column("ground", "Ground", str, "new: away from known deposits"),
            Column("mean_score", "Mean score", number),
            Column(
                "heldout_score",
                "Held-out rank",
                number,
                "mean, by folds that did not know the deposits nearby",
            ),
            Column("area_km2", "Area (km²)", lambda value: significant(value, 4)),
            Column("nearest_deposit", "Nearest known deposit"),
            Column("distance_km", "Distance (km)", lambda value: number(value, 1), "0: the target holds it"),
            Column("enriched", "Enriched", contrasts, TRANSFORMED),
            Column("depleted", "Depleted", contrasts, TRANSFORMED),
            Column("applicable", "Applicable", percent, "share in the area of applicability"),
            Column("effort", f"Effort ({effort_unit})" if effort_unit else "Effort", significant, EFFORT),
            Column(
                "effort_percentile", "Effort percentile", lambda value: f"{value:.0f}", "ground with less"
            ),
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


def targets_message(targets: pd.DataFrame, ground: pd.DataFrame | None = None) -> str:
    """Say which targets lie on new ground, why the others are no finds, and how much of the best ground is known.

    Parameters
    ----------
    targets : DataFrame
        Columns rank and ground.
    ground : DataFrame, optional
        Of `geohalo.products.targets.ground_table`.
    """
    ranks = sorted(targets["rank"][on_new_ground(targets)].astype(int))
    known = len(targets) - len(ranks)
    message = (
        f"{len(ranks)} of {len(targets)} targets lie on new ground, away from known deposits (bold)"
        f"{f': {_spans(ranks)}' if ranks else ''}."
    )
    if known:
        message += (
            f" The map was trained on the known deposits, so that the {known} on their halos are no finds."
        )
    if ground is not None:
        halo = ground[ground["ground"] == KNOWN].iloc[0]
        message += (
            f" Known halos have {100 * halo['best_share']:.0f} % of the best {100 * halo['share']:g} % of the survey"
            f"{'; the targets on new ground are the best ground beside them' if ranks else ''}."
        )
    return message


def _spans(ranks: list[int]) -> str:
    """Return ascending numbers as ``1 to 12``, or one by one where some are missing."""
    if len(ranks) > 2 and ranks[-1] - ranks[0] == len(ranks) - 1:
        return f"{ranks[0]} to {ranks[-1]}"
    return ", ".join(map(str, ranks[:NAMED])) + (" ..." if len(ranks) > NAMED else "")


def search_message(share: float, rank: NDArray[np.float64]) -> str:
    """Say how many held-out deposits a search of as much ground as the targets have would have found.

    Parameters
    ----------
    share : float
        Share of the map that the targets on new ground cover.
    rank : ndarray (deposits,)
        Percentile rank of the own cell of each deposit in the map that did not know it; empty if none was held out.
    """
    if not len(rank):
        return ""
    found = int((1 - np.asarray(rank) <= share + 1e-9).sum())
    percent = f"{100 * share:.1f} %"
    return (
        f"The targets on new ground cover {percent} of the map. In maps that did not know them, the best {percent} of "
        f"the ground held {found} of {len(rank)} deposits; {share * len(rank):.1f} are expected of chance."
    )


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
