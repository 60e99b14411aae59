"""Cells that a fold may learn from or be judged on, given the deposits that it tests and hides.

One rule serves all schemes that hold out deposits. A fold *tests* some deposits and may *hide*
others, which it neither learns from nor is judged on; the rest are its training deposits.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from scipy.spatial import KDTree

NONE = -1


@dataclass(frozen=True)
class Candidates:
    """Cells of one fold, as indices into the N cells of the survey, ascending.

    Attributes
    ----------
    region : (N,) bool array
        Cells within the buffer of a tested or hidden deposit or of a decoy, and those on squares of
        ground that are held out: no training cell lies there.
    positives, positive_deposit : (P,) int arrays
        Cells to learn halo from, and the nearest training deposit of each.
    background : (B,) int array
        Cells to learn background from.
    test_positives, test_positive_deposit : (T,) int arrays
        Cells that must stand out, and the nearest tested deposit of each.
    test_background, test_background_deposit : (S,) int arrays
        Cells from which they must stand out, and the nearest tested deposit of each.
    """

    region: np.ndarray
    positives: np.ndarray
    positive_deposit: np.ndarray
    background: np.ndarray
    test_positives: np.ndarray
    test_positive_deposit: np.ndarray
    test_background: np.ndarray
    test_background_deposit: np.ndarray

    def without(self, ground: np.ndarray) -> "Candidates":
        """Return the candidates with no training cell on `ground` (N,) of bool, held out as well."""
        halo = ~ground[self.positives]
        return replace(
            self,
            region=self.region | ground,
            positives=self.positives[halo],
            positive_deposit=self.positive_deposit[halo],
            background=self.background[~ground[self.background]],
        )

    @property
    def complete(self) -> bool:
        """Whether there are training and test cells of both classes."""
        parts = (self.positives, self.background, self.test_positives, self.test_background)
        return all(len(part) > 0 for part in parts)


def nearest_deposit(
    cells: np.ndarray, deposits: np.ndarray, ids: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return the distance (N,) of each cell to the nearest of the deposits `ids`, and its id (N,).

    Parameters
    ----------
    cells : (N, 2) array
        Metric coordinates of the cells' centres.
    deposits : (D, 2) array
        Metric coordinates of the deposits.
    ids : (K,) int array
        Deposits to look at. Without any, all distances are infinite and the ids -1.
    """
    if len(ids) == 0:
        return np.full(len(cells), np.inf), np.full(len(cells), NONE)
    distance, nearest = KDTree(deposits[ids]).query(cells)
    return distance, ids[nearest]


def find_candidates(
    cells: np.ndarray,
    deposits: np.ndarray,
    reachable: np.ndarray,
    tested: np.ndarray,
    hidden: np.ndarray,
    labels: Mapping[str, Any],
    squares: np.ndarray | None = None,
) -> Candidates:
    """Find the cells that one fold may learn from and be judged on.

    The places of hidden deposits enter through the region around them alone: no cell of it is used
    for anything. Those of tested deposits enter through their region and the test cells.

    Parameters
    ----------
    cells : (N, 2) array
        Metric coordinates of the cells' centres.
    deposits : (D, 2) array
        Metric coordinates of all known deposits.
    reachable : (D,) bool array
        Deposits that give positives. Background keeps away from the others, too.
    tested, hidden : (D,) bool arrays
        Deposits that the fold is judged on, and those that it must not know; disjoint.
    labels : mapping
        The section ``labels`` of the config: ``radius``, ``background_distance`` and ``buffer``.
    squares : (N,) bool array, optional
        Ground that the fold holds out, too, whether or not there is a deposit on it.

    Returns
    -------
    Candidates
    """
    radius, beyond, buffer = labels["radius"], labels["background_distance"], labels["buffer"]
    test_distance, test_nearest = nearest_deposit(cells, deposits, np.flatnonzero(tested))
    hidden_distance, _ = nearest_deposit(cells, deposits, np.flatnonzero(hidden))
    distance, nearest = nearest_deposit(cells, deposits, np.flatnonzero(~tested & ~hidden))
    seen = hidden_distance > buffer
    spared = test_distance <= buffer
    if squares is not None:
        spared |= squares
    region = spared | ~seen
    positives = np.flatnonzero((distance <= radius) & reachable[nearest] & ~region)
    test_positives = np.flatnonzero((test_distance <= radius) & seen)
    known = np.minimum(distance, test_distance)
    test_background = np.flatnonzero(spared & seen & (known > beyond))
    return Candidates(
        region,
        positives,
        nearest[positives],
        np.flatnonzero((distance > beyond) & ~region),
        test_positives,
        test_nearest[test_positives],
        test_background,
        test_nearest[test_background],
    )
