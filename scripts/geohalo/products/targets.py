"""Targets: connected anomalous ground, ranked."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import ndimage

Image = NDArray[np.float32]

#: Cells that touch at a corner are connected.
NEIGHBOURS = np.ones((3, 3), dtype=bool)
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


def find_targets(
    score: Image,
    threshold: float,
    fewest_cells: int,
    most: int,
    applicable: NDArray[np.bool_] | None = None,
    further: dict[str, Image] | None = None,
) -> Targets:
    """Find the ground whose score reaches a threshold, and rank it.

    Cells that touch, at a side or a corner, are one target. Targets are ranked by ``priority``, the geometric mean of
    peak and mean score times the share of the target in the area of applicability: a single high cell does not
    lead, nor does ground that is only large, nor ground unlike all that was learned from.
    Of equal ones the larger leads, then the northern.

    Parameters
    ----------
    score : ndarray (rows, columns)
        Anomaly score; NaN outside the survey.
    threshold : float
    fewest_cells : int
        Smaller patches are no targets.
    most : int
        So many targets at most, the first in rank.
    applicable : ndarray (rows, columns) of bool, optional
        Area of applicability; everywhere when left out.
    further : dict of ndarray (rows, columns), optional
        Maps whose mean over the target's cells is wanted, by the name of the column.

    Returns
    -------
    Targets
        With the columns ``rank``, ``cells``, ``mean_score``, ``peak_score``, ``applicable`` (share of the cells),
        ``priority``, those of ``further``, and ``row`` and ``column`` of the peak's cell, the northernmost and then
        westernmost of several.
    """
    inside = np.ones_like(score) if applicable is None else applicable.astype(np.float32)
    maps = {"score": score, "applicable": inside} | (further or {})
    labels, _ = ndimage.label(score >= threshold, structure=NEIGHBOURS)
    at = np.flatnonzero(labels)
    cells = pd.DataFrame({name: values.ravel()[at].astype(np.float64) for name, values in maps.items()})
    cells = cells.assign(label=labels.ravel()[at], at=at)
    grouped = cells.groupby("label")
    table = grouped[list(maps)].mean().rename(columns={"score": "mean_score"})
    table["cells"], table["peak_score"] = grouped.size(), grouped["score"].max()
    table["at"] = cells.loc[grouped["score"].idxmax(), "at"].to_numpy()
    table = table[table["cells"] >= fewest_cells]
    table["priority"] = np.sqrt(table["peak_score"] * table["mean_score"]) * table["applicable"]
    table = table.sort_values(["priority", "cells", "at"], ascending=[False, False, True])
    table = table.iloc[: min(most, MOST_RANKS)]
    rank = np.zeros(labels.max() + 1, dtype=np.uint16)
    rank[table.index] = np.arange(1, len(table) + 1)
    table.insert(0, "rank", rank[table.index].astype(np.int64))
    table["row"], table["column"] = np.divmod(table.pop("at"), score.shape[1])
    return Targets(rank[labels], table.reset_index(drop=True))


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


def without_deposit(targets: pd.DataFrame) -> NDArray[np.bool_]:
    """Return which targets hold no known deposit, so that they may be finds: the map was trained on the known ones.

    Parameters
    ----------
    targets : pandas.DataFrame
        With ``distance_km``, kilometres to the nearest known deposit, 0 for one inside, NaN if none is known; without
        that column all targets count.

    Returns
    -------
    ndarray (n_targets,) of bool
    """
    if "distance_km" not in targets:
        return np.ones(len(targets), dtype=bool)
    return ~(targets["distance_km"] == 0).to_numpy(dtype=bool)
