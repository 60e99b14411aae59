"""Labelled cells and held-out folds: which cells a model may learn from, and which it is judged on.

Neighbouring cells share samples, superpixels and deposits, so a random split of cells lets the
answer leak. The headline scheme, ``held_out``, therefore holds out deposits, not cells:

1. Deposits linked by steps of at most ``group_distance`` form a *group* (single linkage). A group
   is never split.
2. The groups are dealt to ``folds`` folds, the largest first, each to the fold with the fewest
   deposits so far. Every deposit is held out in exactly one fold; in the other folds it is a
   *training deposit*.
3. The *held-out region* of a fold is every cell within ``buffer`` of a deposit held out in that
   fold (or of a decoy). **No training cell of either class lies in it**, in any draw. A training deposit that
   happens to lie there (nearer than ``buffer`` to a held-out one, though of another group) loses
   the positives inside it.
4. *Training positives*: cells within ``radius`` of a training deposit, outside the held-out region.
   *Training background*: cells farther than ``background_distance`` from every training deposit,
   outside the held-out region. The places of the held-out deposits enter through the region alone.
   Each member (*draw*) takes its own random ``positives`` and ``background`` of them, without
   replacement; all of them where there are fewer.
5. *Test positives*: cells within ``radius`` of a deposit held out in the fold. *Test background*:
   cells of the held-out region farther than ``background_distance`` from every deposit. Test cells
   are not drawn: all of them count (of test background of more than 200,000 cells, a random sample
   of as many).

6. *Decoys*: each fold spares the ground around a few places without a deposit in the same way, so
   that what it says of held-out deposits can be told from what holding out alone is worth; see
   `geohalo.evidence.decoys`.

What this does not do: stages that see no labels (interpolation, segmentation) see all samples, and a
prediction sees the values of held-out cells, never their labels. A model that passes values between cells
must keep those of the region from its training cells itself: the network cuts its graphs there.

Whoever chooses among settings needs evidence, too, and must not look at the held-out one. The scheme
``inner`` gives it: inner fold f trains without the deposits of outer fold f, which it *hides*, and
without those of one other outer fold, its *partner* (f + s) mod F, which it is validated on. So
every deposit is validated exactly once.

7. The held-out region of an inner fold is that of both outer folds. Training cells and decoys are as
   in ``held_out``, the deposits of both absent and unknown.
8. *Validation cells* (``test`` in the table): positives within ``radius`` of a deposit of the
   partner; background in the partner's region, farther than ``background_distance`` from every
   deposit but those of outer fold f. **None lies in the region of outer fold f**: the places of its
   deposits enter through that region alone, so what is learned from inner fold f says nothing that
   the evidence of outer fold f may not know.
9. The shift s is the smallest from 1 to F - 1 for which every inner fold has training and
   validation cells of both classes. Where there is none, or fewer than three folds, the scheme has
   no folds (``n_folds`` 0) and is left out of all that follows.

Two schemes more are made where ``labels.extra_splits`` names them. Groups, training cells and decoys are
as in ``held_out`` unless it says otherwise:

``leave_one_group_out`` holds out one group in each fold: fold g holds out group g. ``held_out`` with as
many ``folds`` as there are groups holds out the same, in another order and with draws of its own.

``checkerboard`` holds out ground rather than places. The survey is cut into squares of side ``block``,
coloured alternately like a checkerboard from the south-west corner of the survey (the westernmost and
the southernmost centre of a cell), and each of the two folds holds out one colour:

10. A group is held out with the colour that holds most of its deposits, in a tie with the first
    (that of the south-west square). A colour without a group is an error.
11. The held-out region is every square of the colour, and every cell within ``buffer`` of a deposit held
    out in the fold (or of a decoy). Test background are the cells of the squares and of the deposits'
    buffers that lie farther than ``background_distance`` from every deposit.
12. A decoy lies on a held-out square, farther than ``background_distance`` from every deposit, as far
    from the training deposits as a held-out deposit is, and spares the ground within ``buffer`` as that does.

Half of the ground is spared whether it holds a deposit or not. A map that ranks all held-out ground above
all training ground, and knows nothing else, has a capture of 0.75, of deposits as of decoys. The distance
to training background still captures more, since the buffer spares a held-out deposit on all sides, and
the rest of a square up to its border only: much more with squares of twice the buffer, little more with
squares of four times the buffer.

Three schemes more hold out deposits by what they are, ``time``, ``status`` and ``type``; see
`geohalo.evidence.deposit_sides`. Training cells, test cells and decoys are as in ``held_out``, for the single
fold that there is.

The two schemes that are left hold out no deposits. ``random`` is the optimistic split of the
literature, kept to show the gap: cells within ``radius`` of any deposit, and cells beyond
``background_distance`` of every deposit, are split at random into the same number of folds, so that a
held-out cell has training cells of its own deposit beside it. ``final`` is one fold that holds out
nothing: it makes the map, and no evidence.

A deposit outside the surveyed ground, or with no cell within ``radius``, is *unreachable*: it
has no group and no fold, is never held out, gives no positives, and is no part of any metric. It is
a known deposit all the same, so background stays away from it in every fold. Boundaries: "within d"
is distance <= d, "farther than d" is distance > d, both between the deposit and the cell's centre.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from geohalo.distances import check_distances
from geohalo.evidence import checks
from geohalo.evidence.candidates import NONE, cell_tree, nearest_deposit
from geohalo.evidence.deposit_sides import TESTED, check_sides, deposit_sides
from geohalo.evidence.draws import DECOY_DRAW, TEST_DRAW
from geohalo.evidence.schemes import (
    DEPOSIT_SCHEMES,
    EXTRA_SCHEMES,
    SCHEMES,
    Held,
    group_deposits,
    hold_out,
)
from geohalo.evidence.splits import Ground, split_cells, split_deposits
from geohalo.fact_splits import FACT_SCHEMES


@dataclass(frozen=True)
class Folds:
    """Folds over the N cells of a survey with D deposits.

    Attributes
    ----------
    scheme : str
        One of `geohalo.evidence.schemes.SCHEMES` or `EXTRA_SCHEMES`, or of `geohalo.fact_splits.FACT_SCHEMES`.
    n_folds : int
        Number of folds F; 0 for an inner split that cannot be made.
    deposit_group : (D,) int array
        Group of each deposit, numbered from 0 by first deposit; -1 for an unreachable one, and for one that
        the scheme leaves out (`geohalo.evidence.deposit_sides`).
    deposit_fold : (D,) int array
        Fold in which the deposit is held out, or for inner validated; -1 if in none (deposits without a
        group, those that time, status and type learn from, and the schemes random and final).
    held_out_region : (F, N) bool array
        Cells within the buffer of a deposit held out in the fold (inner: of the deposits of both
        outer folds that it does without) or of a decoy, for checkerboard also those on the squares of
        the fold; all False for random and final.
    cells : pandas.DataFrame
        Labelled cells, one row each: ``fold``; ``draw`` (0, 1, ... for training cells, -1 for test
        cells, -2 for decoys); ``cell`` (index into the N cells); ``label`` (1 halo, 0 background);
        ``use`` (``train``, ``test`` or ``decoy``); ``deposit`` (of a positive: the nearest training
        deposit for ``train``, the nearest held-out one for ``test``; of a decoy's cell: the number of
        the decoy within the fold; -1 for background); ``group`` (of that deposit; of held-out test
        background: the group of the nearest held-out deposit; else -1).
    unreachable : (U,) int array
        Deposits without a group: outside the surveyed ground, without a cell within the label radius, or
        left out.
    shift : int
        For inner, the shift s from an outer fold to its partner; else 0.
    """

    scheme: str
    n_folds: int
    deposit_group: np.ndarray
    deposit_fold: np.ndarray
    held_out_region: np.ndarray
    cells: pd.DataFrame
    unreachable: np.ndarray
    shift: int = 0

    @property
    def n_draws(self) -> int:
        """Number of draws (members) of each fold."""
        return int(self.cells["draw"].max()) + 1 if len(self.cells) else 0

    @property
    def n_classes(self) -> int:
        """Number of classes: 2 for halo and background."""
        return int(self.cells["label"].max()) + 1 if len(self.cells) else 2

    def decoys(self, fold: int) -> pd.DataFrame:
        """Return the rows of the decoys' cells of one fold."""
        table = self.cells
        return table[(table["fold"] == fold) & (table["draw"] == DECOY_DRAW)]

    def training_deposits(self, fold: int) -> np.ndarray:
        """Return the ids (T,) of the reachable deposits that a fold does not do without."""
        # The deposits of outer fold f are validated in inner fold f - s.
        without = [fold, (fold - self.shift) % self.n_folds]
        return np.flatnonzero((self.deposit_group != NONE) & ~np.isin(self.deposit_fold, without))

    def train(self, fold: int, draw: int) -> tuple[np.ndarray, np.ndarray]:
        """Return the cells (M,) and labels (M,) that one member learns from."""
        cell, label, _ = self.train_groups(fold, draw)
        return cell, label

    def train_groups(self, fold: int, draw: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return the cells (M,) that one member learns from, their labels (M,) and groups (M,), -1 for background."""
        table = self.cells
        rows = table[(table["fold"] == fold) & (table["draw"] == draw)]
        return rows["cell"].to_numpy(), rows["label"].to_numpy(), rows["group"].to_numpy()

    def test(self, fold: int) -> pd.DataFrame:
        """Return the rows of the test cells of one fold."""
        return self.cells[(self.cells["fold"] == fold) & (self.cells["draw"] == TEST_DRAW)]


def draw_folds(
    scheme: str,
    cells: np.ndarray,
    deposits: np.ndarray,
    labels: Mapping[str, Any],
    seeds: int,
    surveyed: np.ndarray | None = None,
    facts: pd.DataFrame | None = None,
) -> Folds:
    """Draw the labelled cells of every fold and member.

    Parameters
    ----------
    scheme : {"held_out", "inner", "random", "final", "leave_one_group_out", "checkerboard", "time", "status", "type"}
        What is held out; see the module docstring.
    cells : (N, 2) array
        Metric coordinates x, y of the centres of the cells inside the mask.
    deposits : (D, 2) array
        Metric coordinates of the known deposits.
    labels : mapping
        The section ``labels`` of the config: ``radius``, ``background_distance``, ``group_distance`` and ``buffer`` in
        metres, ``folds``, ``positives``, ``background``, ``decoys`` and ``seed``; for checkerboard also ``block`` in
        metres, for time and type what `geohalo.evidence.deposit_sides` names.
    seeds : int
        Draws (members) per fold. The draws of a fold do not depend on how many there are.
    surveyed : (D,) bool array, optional
        Deposits on surveyed ground; all of them when left out.
    facts : (D, columns) pandas.DataFrame, optional
        What the list says of each deposit, for time (``year``), status (``status``) and type (``type``).

    Returns
    -------
    Folds
        Without folds where an inner split cannot be made.

    Raises
    ------
    InputError
        If the settings contradict each other, no deposit lies on surveyed ground, groups are fewer than folds, none is
        on one colour of a checkerboard, fewer than two are on one side of time, status or type, or a fold other than an
        inner one has no training or test cells of one class. The message names the key to change.
    """
    _check_scheme(scheme)
    by_deposits = scheme in (*DEPOSIT_SCHEMES, *FACT_SCHEMES)
    check_distances(labels, held_out=by_deposits)
    cells, deposits = np.asarray(cells, dtype=float), np.asarray(deposits, dtype=float)
    group, unreachable = _reachable_groups(cells, deposits, surveyed, labels)
    held = None
    if scheme in FACT_SCHEMES:
        group, unreachable, held = _held_by_facts(scheme, facts, group, labels)
    ground = Ground(cells, deposits, group)
    if by_deposits:
        held = held or hold_out(scheme, cells, deposits, group, labels)
        split = split_deposits(scheme, ground, held, labels, seeds)
    else:
        split = split_cells(scheme, ground, labels, seeds)
    region = split.held_out_region
    return Folds(
        scheme, len(region), group, split.deposit_fold, region, split.cells, unreachable, split.shift
    )


def _check_scheme(scheme: str) -> None:
    known = (*SCHEMES, *EXTRA_SCHEMES, *FACT_SCHEMES)
    if scheme not in known:
        raise ValueError(f"scheme is {scheme!r}; it must be one of {', '.join(known)}")


def _held_by_facts(
    scheme: str, facts: pd.DataFrame | None, group: np.ndarray, labels: Mapping[str, Any]
) -> tuple[np.ndarray, np.ndarray, Held]:
    """Return groups (D,) of the deposits that a scheme by facts uses, those without one, and what is held out."""
    if facts is None:
        raise ValueError(f"the scheme {scheme} needs what is known of the deposits")
    side = deposit_sides(scheme, facts, group, labels)
    check_sides(scheme, side, group, facts, labels)
    group = np.where(side == NONE, NONE, group)
    return group, np.flatnonzero(group == NONE), Held(np.where(side == TESTED, 0, NONE), 1)


def fold_map(folds: Folds, cells: np.ndarray, deposits: np.ndarray) -> np.ndarray:
    """Return for each cell the fold in which its nearest deposit is held out.

    It assembles one out-of-fold map from F: around each deposit (its Voronoi cell) the map of the
    fold that did not know the deposit is shown. A cell far from all deposits may have been training
    background of its fold.

    Parameters
    ----------
    folds : Folds
        A scheme that holds out each deposit once, or ``final`` (all cells are then in fold 0).
    cells : (N, 2) array
        Metric coordinates of the cells' centres.
    deposits : (D, 2) array
        Metric coordinates of the deposits; unreachable ones are left out.

    Returns
    -------
    (N,) int array

    Raises
    ------
    ValueError
        For ``random``, which holds out cells rather than deposits, and for ``inner``, whose maps
        are for choosing among settings.
    """
    if folds.scheme in ("random", "inner"):
        raise ValueError(f"the {folds.scheme} scheme makes no map: give the folds held_out or final")
    if folds.scheme == "final":
        return np.zeros(len(cells), dtype=np.int64)
    _, nearest = nearest_deposit(cells, deposits, np.flatnonzero(folds.deposit_fold != NONE))
    return folds.deposit_fold[nearest]


def _reachable_groups(
    cells: np.ndarray, deposits: np.ndarray, surveyed: np.ndarray | None, labels: Mapping[str, Any]
) -> tuple[np.ndarray, np.ndarray]:
    """Return the group (D,) of each deposit, -1 for unreachable ones, and the ids of those (U,)."""
    distance, _ = cell_tree(cells).query(deposits)
    reachable = np.flatnonzero((distance <= labels["radius"]) & (True if surveyed is None else surveyed))
    checks.check_reachable(len(reachable), len(deposits), labels)
    group = np.full(len(deposits), NONE, dtype=np.int64)
    group[reachable] = group_deposits(deposits[reachable], labels["group_distance"])
    return group, np.flatnonzero(group == NONE)
