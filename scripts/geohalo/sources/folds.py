"""Samples that are left out together, to measure how well the ground tells of samples that were not taken.

A sample downstream contains the ground of those upstream, and neighbouring catchments are alike. So whole pieces of the
tree of samples are left out, and pieces that lie in one square block of ground together, as for samples without a
catchment (`geohalo.cube.method_choice`). Samples downstream of a left-out one hold its ground: they are left out with
it, and counted in the fold that their own piece is in.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from geohalo.sources.mixing import upstream_first

Array = NDArray[np.float64]
Integers = NDArray[np.int64]

#: A piece of the tree has at most so large a share of the samples of a fold.
PIECE = 0.25


@dataclass(frozen=True)
class Folds:
    """Which samples are predicted, and which may not be used for it.

    Attributes
    ----------
    fold : ndarray (samples,) of int
        The fold in which each sample is predicted; -1 where it would share ground with samples in use.
    withheld : ndarray (folds, samples) of bool
        Samples that are not used in each: the predicted ones, and all downstream of them.
    """

    fold: Integers
    withheld: NDArray[np.bool_]

    def of_rows(self, rows: Integers) -> "Folds":
        """Keep some samples."""
        return Folds(self.fold[rows], self.withheld[:, rows])


def tree_pieces(parent: Integers, most: int) -> Integers:
    """Cut the tree of samples into connected pieces.

    From the sources downstream, a piece ends as soon as it has more than ``most`` samples, so that a piece is larger
    than that only where many samples join at one.

    Parameters
    ----------
    parent : ndarray (samples,) of int
        Next sample downstream, -1 where there is none.
    most : int

    Returns
    -------
    ndarray (samples,) of int
        The lowest sample of each sample's piece.
    """
    order = upstream_first(parent)
    size = np.ones(parent.size, dtype=np.int64)
    ends = np.zeros(parent.size, dtype=bool)
    for sample in order:
        below = parent[sample]
        ends[sample] = below < 0 or size[sample] > most
        if not ends[sample]:
            size[below] += size[sample]
    lowest = np.arange(parent.size)
    for sample in order[::-1]:
        if not ends[sample]:
            lowest[sample] = lowest[parent[sample]]
    return lowest


def tree_folds(
    parent: Integers, points: Array, block: float, folds: int = 5, first: Integers | None = None
) -> Folds:
    """Spread samples over folds, so that no sample that is used shares ground with one that is predicted.

    Parameters
    ----------
    parent : ndarray (samples,) of int
        Next sample downstream, -1 where there is none.
    points : ndarray (samples, 2)
        Coordinates in metres.
    block : float
        Side in metres of the square blocks that pieces of the tree lie in, by the mean place of their samples.
    folds : int
        Fewer where there are fewer blocks.
    first : ndarray (samples,) of int, optional
        Of samples that repeat a place, the first one there (`geohalo.sources.mixing.Mixing`); they go with it.

    Raises
    ------
    ValueError
        If all pieces lie in one block.
    """
    from sklearn.model_selection import GroupKFold  # slow to import

    own = np.arange(parent.size)
    first = own if first is None else first
    parent = np.where(first == own, parent, first)
    lowest = tree_pieces(parent, max(1, int(PIECE * parent.size / folds)))
    _, piece = np.unique(lowest, return_inverse=True)
    count = np.bincount(piece)
    centre = np.column_stack([np.bincount(piece, axis) / count for axis in points.T])
    column, row = np.floor((centre - centre.min(axis=0)) / block).astype(np.int64).T
    square = (row * (column.max() + 1) + column)[piece]
    folds = min(folds, np.unique(square).size)
    if folds < 2:
        raise ValueError(f"all pieces of the tree of samples lie in one block of {block:g} m")
    fold, withheld = np.full(parent.size, -1), np.zeros((folds, parent.size), dtype=bool)
    for number, (_, test) in enumerate(GroupKFold(folds).split(points, groups=square)):
        withheld[number, test] = True
        withheld[number] = downstream(parent, withheld[number])
        withheld[number] |= withheld[number, first]
        contains = downstream(parent, ~withheld[number])
        fold[test[~contains[test]]] = number
    return Folds(fold, withheld)


def downstream(parent: Integers, marked: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Mark all samples downstream of marked ones, and those themselves; both (samples,) of bool."""
    reached = marked.copy()
    front = np.flatnonzero(marked)
    while front.size:
        below = parent[front]
        below = np.unique(below[below >= 0])
        front = below[~reached[below]]
        reached[front] = True
    return reached
