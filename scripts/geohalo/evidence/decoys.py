"""Decoys: places without a known deposit that a fold holds out exactly as it holds out deposits.

Holding out is itself a signal. A fold learns background everywhere but around its held-out deposits,
so a model that remembers *where* background was, and nothing of what it looks like, ranks the spared
ground above all other, and the held-out deposits, in the middle of it, highest: the distance to the
nearest background cell of the fold alone captures 0.98 and more of any deposits. What a map says of
held-out deposits is therefore judged against places that were spared alike, too. A fold draws decoys
at random, each as far from the training deposits as one of the held-out deposits is, spares the ground
within the same buffer of each, and asks what share of them a held-out deposit outranks. What a model
remembers of places, or knows of the distance to known deposits, then gains it little: 0.5 is chance.

A checkerboard spares whole squares of ground. Its decoys lie on them, as its held-out deposits do.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.spatial import KDTree

from geohalo.evidence.candidates import Candidates

#: Decoys together leave at least this share of each class's training cells.
LEFT = 0.75
#: A decoy is as far from the training deposits as its held-out deposit, within this factor.
ALIKE = 1.25
#: Places tried for each decoy.
TRIES = 30


@dataclass(frozen=True)
class Decoys:
    """Decoys of one fold.

    Attributes
    ----------
    centres : (K,) int array
        The cell of each.
    cell, decoy : (M,) int arrays
        Cells within the label radius of a decoy, and the decoy, 0 to K - 1; a cell may belong to two.
    """

    centres: np.ndarray
    cell: np.ndarray
    decoy: np.ndarray

    @classmethod
    def around(cls, tree: KDTree, centres: Sequence[int], radius: float) -> "Decoys":
        """Return the decoys at some cells, with all cells within a radius of each."""
        around = [tree.query_ball_point(tree.data[place], radius, return_sorted=True) for place in centres]
        return cls(
            np.asarray(centres, dtype=np.int64),
            np.concatenate([np.asarray(near, dtype=np.int64) for near in [[], *around]]),
            np.repeat(np.arange(len(centres)), [len(near) for near in around]),
        )


def draw_decoys(
    found: Candidates,
    tree: KDTree,
    distance: np.ndarray,
    wanted: np.ndarray,
    labels: Mapping[str, Any],
    generator: np.random.Generator,
    room: np.ndarray | None = None,
) -> tuple[Decoys, Candidates]:
    """Draw the decoys of one fold, and take the ground around them from its training cells.

    A decoy may lie on any cell that could be background: outside the held-out region (or where `room`
    says), farther than the background distance from every training deposit, and farther than the buffer
    from the other decoys. Each stands for a held-out deposit, in turn, and is as far from the training deposits as
    that is (within a factor of 1.25). One that would leave less than three quarters of the training
    cells of a class is not taken.

    Parameters
    ----------
    found : Candidates
        Cells of the fold.
    tree : KDTree
        Of the metric coordinates of the N cells' centres.
    distance : (N,) array
        From each cell to the nearest training deposit.
    wanted : (T,) array
        The same of each tested deposit.
    labels : mapping
        The section ``labels`` of the config: ``radius``, ``background_distance``, ``buffer`` and
        ``decoys``.
    generator : numpy.random.Generator
    room : (N,) bool array, optional
        Cells that a decoy may lie on, in place of those outside the held-out region.

    Returns
    -------
    Decoys
        At most ``decoys``; fewer, or none, where there is no room.
    Candidates
        Without training cells within the buffer of a decoy.
    """
    cells, spared, centres = tree.data, found, list[int]()
    free = generator.permutation(np.flatnonzero(distance > labels["background_distance"]))
    targets = generator.permutation(wanted)
    left = ~found.region if room is None else room
    for number in range(labels["decoys"]):
        target = targets[number % len(targets)]
        alike = (distance[free] <= ALIKE * target) & (distance[free] >= target / ALIKE)
        for place in free[alike & left[free]][:TRIES]:
            ground = np.zeros(len(cells), dtype=bool)
            ground[tree.query_ball_point(cells[place], labels["buffer"])] = True
            less = spared.without(ground)
            if _enough(less, found):
                spared, left = less, left & ~ground
                centres.append(int(place))
                break
    return Decoys.around(tree, centres, labels["radius"]), spared


def _enough(less: Candidates, found: Candidates) -> bool:
    """Whether enough training cells of both classes are left."""
    return len(less.positives) >= LEFT * len(found.positives) and len(less.background) >= LEFT * len(
        found.background
    )
