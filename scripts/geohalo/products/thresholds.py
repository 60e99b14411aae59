"""Cuts of an anomaly map: by its C-A curve, and by how much ground held-out deposits took to be found."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geohalo.products.concentration_area import Lines

Array = NDArray[np.float64]


def success_cuts(score: Array, rank: Array, found: list[float]) -> Array:
    """Return the scores above which set shares of held-out deposits were found.

    What a map finds is read where it did not know the deposits: a deposit of percentile rank r takes the best
    1 - r of the area. The same area of the map at hand is cut out.

    Parameters
    ----------
    score : ndarray (cells,)
        Of the map that is cut.
    rank : ndarray (deposits,)
        Percentile rank of the own cell of each deposit in the map that did not know it; at least one.
    found : list of float
        Shares of the deposits, above 0 and up to 1.

    Returns
    -------
    ndarray (cuts,)
        In the order of the shares.

    References
    ----------
    Chung & Fabbri (2003), Validation of spatial prediction models for landslide hazard mapping, Natural Hazards 30,
    451-472.
    """
    area = np.sort(1 - np.asarray(rank, dtype=np.float64))
    # Rounding must not ask for a deposit more: 0.3 x 10 is a little over 3.
    needed = np.ceil(np.asarray(found) * len(area) - 1e-9).astype(int)
    return share_cuts(score, area[needed - 1])


def share_cuts(score: NDArray[np.floating], share: Array) -> Array:
    """Return the scores that the best shares (cuts,) of the cells reach, at least one cell each; (cuts,)."""
    cells = np.clip(np.ceil(np.asarray(share) * len(score) - 1e-6).astype(int), 1, len(score))
    return np.sort(score)[len(score) - cells].astype(np.float64)


def classes_of(score: Array, thresholds: Array) -> NDArray[np.uint8]:
    """Return the class of each score: the number of ascending thresholds that it reaches."""
    return np.searchsorted(thresholds, score, side="right").astype(np.uint8)


def threshold_table(
    kind: str, score: Array, thresholds: Array, rank: Array, cell: float, lines: Lines | None = None
) -> pd.DataFrame:
    """Describe the classes of a map.

    Parameters
    ----------
    kind : str
    score : ndarray (cells,)
    thresholds : ndarray (classes - 1,)
        Ascending.
    rank : ndarray (deposits,)
        See `success_cuts`; may be empty.
    cell : float
        Side of a cell in metres.
    lines : Lines, optional
        Of the C-A curve, one for each class.

    Returns
    -------
    pandas.DataFrame
        One row for each class from 0: ``kind``, ``class``, ``score`` (its lowest), ``area_share`` and
        ``area_km2`` of the ground from this class upwards, ``deposits`` and ``found`` (number and share of the
        held-out deposits that a search of that share of the area finds), ``slope`` and ``intercept`` of the line.
    """
    lowest = np.concatenate([[float(score.min())], thresholds])
    of_class = np.bincount(classes_of(score, thresholds), minlength=len(lowest))
    cells = np.cumsum(of_class[::-1])[::-1]
    share = cells / len(score)
    reached = ((1 - np.asarray(rank))[:, None] <= share + 1e-9).sum(axis=0)
    table = pd.DataFrame(
        {
            "kind": kind,
            "class": np.arange(len(lowest)),
            "score": lowest,
            "area_share": share,
            "area_km2": cells * cell**2 / 1e6,
            "deposits": reached,
            "found": reached / len(rank) if len(rank) else np.nan,
        }
    )
    fitted = (lines.slope, lines.intercept) if lines else (np.nan, np.nan)
    return table.assign(slope=fitted[0], intercept=fitted[1])
