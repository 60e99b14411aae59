"""What the schemes hold out: groups of deposits, and the fold that each group is held out in."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.cluster.hierarchy import fcluster, linkage

from geohalo.evidence import checks
from geohalo.evidence.candidates import NONE
from geohalo.evidence.draws import random_stream

#: Schemes of every survey.
SCHEMES = ("held_out", "inner", "random", "final")
#: Schemes that a config asks for in ``labels.extra_splits``.
EXTRA_SCHEMES = ("leave_one_group_out", "checkerboard")
#: Schemes that hold out deposits, and not cells or nothing.
DEPOSIT_SCHEMES = ("held_out", "inner", *EXTRA_SCHEMES)


@dataclass(frozen=True)
class Held:
    """What each fold of a scheme holds out.

    Attributes
    ----------
    fold : (D,) int array
        Fold that holds out each deposit; -1 for unreachable ones.
    n_folds : int
        Number of folds F.
    square_fold : (N,) int array, optional
        For a checkerboard, the fold that holds out the square of ground on which each cell lies.
    """

    fold: np.ndarray
    n_folds: int
    square_fold: np.ndarray | None = None

    def squares(self, fold: int) -> np.ndarray | None:
        """Return the cells (N,) of bool on the squares of a fold, or None where there are no squares."""
        return None if self.square_fold is None else self.square_fold == fold


def group_deposits(deposits: np.ndarray, distance: float) -> np.ndarray:
    """Group deposits by single linkage.

    Parameters
    ----------
    deposits : (D, 2) array
        Metric coordinates x, y.
    distance : float
        Two deposits joined by steps of at most this many metres are in one group.

    Returns
    -------
    (D,) int array
        Group of each deposit, numbered from 0 in the order of their first deposits.
    """
    deposits = np.asarray(deposits, dtype=float)
    if len(deposits) < 2:  # linkage needs a pair
        return np.zeros(len(deposits), dtype=np.int64)
    raw = fcluster(linkage(deposits, method="single"), t=distance, criterion="distance")
    _, first, inverse = np.unique(raw, return_index=True, return_inverse=True)
    number = np.empty(len(first), dtype=np.int64)
    number[np.argsort(first)] = np.arange(len(first))
    return number[inverse]


def hold_out(
    scheme: str, cells: np.ndarray, deposits: np.ndarray, group: np.ndarray, labels: Mapping[str, Any]
) -> Held:
    """Say which fold of a scheme holds out which groups of deposits.

    Parameters
    ----------
    scheme : {"held_out", "inner", "leave_one_group_out", "checkerboard"}
        See `geohalo.evidence.folds`. For inner, the folds are those of held_out.
    cells : (N, 2) array
        Metric coordinates x, y of the centres of the cells inside the mask.
    deposits : (D, 2) array
        Metric coordinates of the known deposits.
    group : (D,) int array
        Group of each deposit; -1 for unreachable ones.
    labels : mapping
        The section ``labels`` of the config: ``folds``, ``group_distance``, ``block`` (metres) and ``seed``.

    Returns
    -------
    Held

    Raises
    ------
    InputError
        If there are fewer groups than folds, or none on one of the colours. The message names the key to change.
    """
    if scheme == "leave_one_group_out":
        checks.check_two_groups(np.bincount(group[group != NONE]), labels)
        return Held(group, int(group.max()) + 1)
    if scheme == "checkerboard":
        return _colour_groups(cells, deposits, group, labels)
    return Held(_deal_groups(group, labels), int(labels["folds"]))


def checkerboard_colour(points: np.ndarray, corner: np.ndarray, side: float) -> np.ndarray:
    """Colour square blocks of ground alternately, like a checkerboard.

    Parameters
    ----------
    points : (M, 2) array
        Metric coordinates x, y.
    corner : (2,) array
        South-west corner of a square of colour 0.
    side : float
        Side of a square in metres.

    Returns
    -------
    (M,) int array
        0 or 1 for the square of each point. The western and southern edges belong to a square.
    """
    column, row = np.floor((np.asarray(points, dtype=float) - corner) / side).astype(np.int64).T
    return (column + row) % 2


def _deal_groups(group: np.ndarray, labels: Mapping[str, Any]) -> np.ndarray:
    """Deal groups to folds, largest first, each to the smallest fold; return the fold (D,)."""
    size = np.bincount(group[group != NONE])
    checks.check_groups(size, labels)
    shuffled = random_stream(labels["seed"], "held_out", 0).permutation(len(size))
    fold_of_group = np.empty(len(size), dtype=np.int64)
    deposits_in_fold = np.zeros(int(labels["folds"]), dtype=np.int64)
    for one in shuffled[np.argsort(-size[shuffled], kind="stable")]:
        fold_of_group[one] = np.argmin(deposits_in_fold)
        deposits_in_fold[fold_of_group[one]] += size[one]
    return np.where(group == NONE, NONE, fold_of_group[group])


def _colour_groups(
    cells: np.ndarray, deposits: np.ndarray, group: np.ndarray, labels: Mapping[str, Any]
) -> Held:
    """Give each group the colour that holds most of its deposits, the first one in a tie."""
    # The squares begin at the centres of the westernmost and the southernmost cells.
    corner, side = cells.min(axis=0), float(labels["block"])
    reachable = group != NONE
    colour = checkerboard_colour(deposits[reachable], corner, side)
    first, second = (
        np.bincount(group[reachable][colour == one], minlength=group.max() + 1) for one in (0, 1)
    )
    of_group = np.where(second > first, 1, 0)
    checks.check_colours(of_group, labels)
    return Held(np.where(reachable, of_group[group], NONE), 2, checkerboard_colour(cells, corner, side))
