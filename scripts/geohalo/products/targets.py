"""Targets: connected anomalous ground, ranked."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import ndimage

from geohalo.products.target_parts import split_ground
from geohalo.products.thresholds import share_cuts

Image = NDArray[np.float32]

#: Where a target lies: away from known deposits, or on the halo of one, which the map was trained on.
NEW, KNOWN = "new", "known halo"
#: What fits into the ranks of the map, 16 bits.
MOST_RANKS = 2**16 - 1


@dataclass(frozen=True)
class Targets:
    """Ranked targets of a map.

    Attributes
    ----------
    rank : ndarray (rows, columns) of uint16
        Rank of the target of each cell, from 1; 0 for none.
    table : pandas.DataFrame
        One row for each target in the order of ranks; see `find_targets`.
    """

    rank: NDArray[np.uint16]
    table: pd.DataFrame


def anomalous_ground(
    score: Image, known: NDArray[np.bool_], share: float
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Return the ground that targets are cut from: new ground, and known halos apart.

    The share of the area is spent on new ground alone. Ground around known deposits is high because the map was
    trained on it; what of it is among the best share of all ground is listed by itself.

    Parameters
    ----------
    score : ndarray (rows, columns)
        NaN outside the survey.
    known : ndarray (rows, columns) of bool
        Ground around known deposits.
    share : float
        Share of the surveyed area.

    Returns
    -------
    new, halo : ndarray (rows, columns) of bool
        The best new ground, as many cells as the share has (all new ground if it is less) and all that tie with the
        last of them, and the known halos among the best share of all ground.
    """
    inside = np.isfinite(score)
    halo = known & inside & (score >= share_cuts(score[inside], np.array([share]))[0])
    free = inside & ~known
    if not free.any():
        return free, halo
    least = share_cuts(score[free], np.array([min(1.0, share * inside.sum() / free.sum())]))[0]
    return free & (score >= least), halo


def find_targets(
    score: Image,
    ground: tuple[NDArray[np.bool_], NDArray[np.bool_]],
    fewest_cells: int,
    most: int,
    largest: int,
    further: dict[str, Image] | None = None,
) -> Targets:
    """Cut anomalous ground into targets and rank them, those on new ground first.

    Cells that touch, at a side or a corner, are one target, unless it would be too large; see
    `geohalo.products.target_parts.split_ground`. Targets of either kind are ranked by ``priority``, the geometric mean
    of peak and mean score times the share of the target in the area of applicability: a single high cell does not
    lead, nor does ground that is only large, nor ground unlike all that was learned from.
    Of equal ones the larger leads, then the northern.

    Parameters
    ----------
    score : ndarray (rows, columns)
        Anomaly score; NaN outside the survey.
    ground : (ndarray, ndarray), each (rows, columns) of bool
        Anomalous new ground, and known halos; see `anomalous_ground`.
    fewest_cells : int
        Smaller patches are no targets.
    most : int
        So many targets of either kind at most, the first in rank.
    largest : int
        Cells of a target at most.
    further : dict of ndarray (rows, columns), optional
        Maps whose mean over the target's cells is wanted, by the name of the column; cells without a value do not
        count. One called ``applicable`` is the area of applicability, 1 inside and 0 outside; all when left out.

    Returns
    -------
    Targets
        With the columns ``rank``, ``ground`` (`NEW` or `KNOWN`), ``cells``, ``mean_score``, ``peak_score``,
        ``applicable`` (share of the cells), ``priority``, those of ``further``, and ``row`` and ``column`` of the
        peak's cell, the northernmost and then westernmost of several.
    """
    labels, halos = (split_ground(score, part, largest) for part in ground)
    first_halo = int(labels.max()) + 1
    labels = np.where(halos > 0, halos + first_halo - 1, labels)
    maps = {"score": score, "applicable": np.ones_like(score)} | (further or {})
    table = _patch_table(labels, maps)
    table = table[table["cells"] >= fewest_cells]
    table["ground"] = np.where(table.index < first_halo, NEW, KNOWN)
    table["priority"] = np.sqrt(table["peak_score"] * table["mean_score"]) * table["applicable"]
    order = ["ground", "priority", "cells", "at"]
    table = table.sort_values(order, ascending=[NEW < KNOWN, False, False, True])
    table = table.groupby("ground", sort=False).head(most).iloc[:MOST_RANKS]
    rank = np.zeros(labels.max() + 1, dtype=np.uint16)
    rank[table.index] = np.arange(1, len(table) + 1)
    table.insert(0, "rank", rank[table.index].astype(np.int64))
    table["row"], table["column"] = np.divmod(table.pop("at"), score.shape[1])
    return Targets(rank[labels], table.reset_index(drop=True))


def _patch_table(labels: NDArray[np.int32], maps: dict[str, Image]) -> pd.DataFrame:
    """Measure each patch of labelled ground: means of all maps, cells, peak score, and the peak's cell, ``at``."""
    at = np.flatnonzero(labels)
    cells = pd.DataFrame({name: values.ravel()[at].astype(np.float64) for name, values in maps.items()})
    cells = cells.assign(label=labels.ravel()[at], at=at)
    grouped = cells.groupby("label")
    table = grouped[list(maps)].mean().rename(columns={"score": "mean_score"})
    table["cells"], table["peak_score"] = grouped.size(), grouped["score"].max()
    table["at"] = cells.loc[grouped["score"].idxmax(), "at"].to_numpy()
    return table


def ground_table(
    score: Image,
    ground: tuple[NDArray[np.bool_], NDArray[np.bool_]],
    known: NDArray[np.bool_],
    share: float,
    cell: float,
    targets: pd.DataFrame,
) -> pd.DataFrame:
    """Say what ground targets were cut from.

    Parameters
    ----------
    score, ground, known, share
        See `anomalous_ground`.
    cell : float
        Side of a cell in metres.
    targets : pandas.DataFrame
        See `find_targets`.

    Returns
    -------
    pandas.DataFrame
        Two rows, for new ground and known halos: ``ground``; ``score``, the lowest of what was cut, NaN where nothing
        was; ``share`` of the area, of the config; ``best_share``, how much of that best share of the whole area
        lies on such ground; ``anomalous_km2``, what was cut; ``targets`` and ``targets_km2``, number and area
        of the targets.
    """
    inside = np.isfinite(score)
    best = inside & (score >= share_cuts(score[inside], np.array([share]))[0])
    rows = []
    for name, part, own in ((NEW, ground[0], ~known), (KNOWN, ground[1], known)):
        mine = targets[targets["ground"] == name]
        rows.append(
            {
                "ground": name,
                "score": float(score[part].min()) if part.any() else np.nan,
                "share": share,
                "best_share": float((best & own).sum() / best.sum()),
                "anomalous_km2": float(part.sum() * cell**2 / 1e6),
                "targets": len(mine),
                "targets_km2": float(mine["cells"].sum() * cell**2 / 1e6),
            }
        )
    return pd.DataFrame(rows)


def surroundings(rank: NDArray[np.uint16], mask: NDArray[np.bool_], width: float) -> list[NDArray[np.int64]]:
    """Return the cells around each target that belong to no target.

    Parameters
    ----------
    rank : ndarray (rows, columns)
        See `Targets`.
    mask : ndarray (rows, columns) of bool
        Cells inside the survey.
    width : float
        How far the surroundings reach from the nearest cell of the target, centre to centre, in cells.

    Returns
    -------
    list of ndarray
        Of each target in the order of ranks, the numbers of the cells in the flattened image, ascending; none
        where the target has no such surroundings.
    """
    reach, free = int(np.ceil(width)), mask & (rank == 0)
    found = []
    for number, place in enumerate(ndimage.find_objects(rank), 1):
        rows, columns = (
            slice(max(0, part.start - reach), part.stop + reach) for part in place or (slice(0, 0),) * 2
        )
        window = (rows, columns)
        distance = ndimage.distance_transform_edt(rank[window] != number)
        near = np.argwhere((distance <= width) & free[window])
        found.append((near[:, 0] + rows.start) * rank.shape[1] + near[:, 1] + columns.start)
    return found


def on_new_ground(targets: pd.DataFrame) -> NDArray[np.bool_]:
    """Return which targets lie away from known deposits, so that they may be finds: the map was trained on the others.

    Parameters
    ----------
    targets : pandas.DataFrame
        With ``ground``, `NEW` or `KNOWN`.

    Returns
    -------
    ndarray (n_targets,) of bool
    """
    return (targets["ground"] == NEW).to_numpy(dtype=bool)
