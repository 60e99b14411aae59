"""Cells that a fold may learn from or be judged on, given the deposits that it tests and hides.

One rule serves all schemes that hold out deposits. A fold *tests* some deposits and may *hide*
others, which it neither learns from nor is judged on; the rest are its training deposits.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np
from scipy.spatial import KDTree

NONE = -1
#: Folds at most whose nearest deposits are kept, some 10 bytes for each cell and fold.
FEW_FOLDS = 5

#: From ids of deposits (K,) to distance (N,) and id (N,) of the one nearest to each cell.
Nearest = Callable[[np.ndarray], tuple[np.ndarray, np.ndarray]]


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


def cell_tree(cells: np.ndarray) -> KDTree:
    """Return a tree of the centres (N, 2) of a grid's cells, which lie evenly: not balanced, it is made sooner."""
    return KDTree(cells, balanced_tree=False, compact_nodes=False)


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


def nearest_by_fold(cells: np.ndarray, deposits: np.ndarray, fold: np.ndarray) -> Nearest:
    """Return `nearest_deposit` for all deposits of any folds, which looks at those of each fold once.

    Of two deposits that are equally near, each in another fold, it may give the other one.

    Parameters
    ----------
    cells, deposits
        As in `nearest_deposit`.
    fold : (D,) int array
        Fold of each deposit, or a number below 0. The function is for ids of all deposits of some of these numbers.

    Returns
    -------
    callable
        See `Nearest`.
    """
    numbers = np.unique(fold)
    if len(numbers) > FEW_FOLDS:
        return partial(nearest_deposit, cells, deposits)
    kept, small = {}, np.min_scalar_type(-max(1, len(deposits)))
    for one in numbers:
        distance, nearest = nearest_deposit(cells, deposits, np.flatnonzero(fold == one))
        kept[one] = distance, nearest.astype(small)

    def look(ids: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        found = [kept[one] for one in np.unique(fold[ids])] or [nearest_deposit(cells, deposits, ids)]
        distance, nearest = found[0]
        for further, other in found[1:]:
            nearest = np.where(further < distance, other, nearest)
            distance = np.minimum(distance, further)
        return distance, nearest

    return look


def find_candidates(
    cells: np.ndarray,
    deposits: np.ndarray,
    reachable: np.ndarray,
    tested: np.ndarray,
    hidden: np.ndarray,
    labels: Mapping[str, Any],
    squares: np.ndarray | None = None,
    look: Nearest | None = None,
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
    look : callable, optional
        What `nearest_by_fold` has returned for these cells and deposits.

    Returns
    -------
    Candidates
    """
    radius, beyond, buffer = labels["radius"], labels["background_distance"], labels["buffer"]
    look = look or partial(nearest_deposit, cells, deposits)
    test_distance, test_nearest = look(np.flatnonzero(tested))
    hidden_distance, _ = look(np.flatnonzero(hidden))
    distance, nearest = look(np.flatnonzero(~tested & ~hidden))
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
