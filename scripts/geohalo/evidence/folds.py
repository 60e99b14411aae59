"""Labelled cells and held-out folds: which cells a model may learn from, and which it is judged on.

Neighbouring cells share samples, superpixels and deposits, so a random split of cells lets the
answer leak. The headline scheme, ``held_out``, therefore holds out deposits, not cells:

1. Deposits linked by steps of at most ``group_distance`` form a *group* (single linkage). A group
   is never split.
2. The groups are dealt to ``folds`` folds, the largest first, each to the fold with the fewest
   deposits so far. Every deposit is held out in exactly one fold; in the other folds it is a
   *training deposit*.
3. The *held-out region* of a fold is every cell within ``buffer`` of a deposit held out in that
   fold. **No training cell of either class lies in it**, in any draw. A training deposit that
   happens to lie there (nearer than ``buffer`` to a held-out one, though of another group) loses
   the positives inside it.
4. *Training positives*: cells within ``radius`` of a training deposit, outside the held-out region.
   *Training background*: cells farther than ``background_distance`` from every training deposit,
   outside the held-out region. The places of the held-out deposits enter through the region alone.
   Each member (*draw*) takes its own random ``positives`` and ``background`` of them, without
   replacement; all of them where there are fewer.
5. *Test positives*: cells within ``radius`` of a deposit held out in the fold. *Test background*:
   cells of the held-out region farther than ``background_distance`` from every deposit. Test cells
   are not drawn: all of them count.

What this does not do: stages that see no labels (interpolation, segmentation) see all samples, and
a model that passes values between cells sees the values of held-out cells, never their labels. Only
``buffer`` keeps its receptive field apart: it must be at least ``radius`` plus that receptive
field.

Two more schemes exist. ``random`` is the optimistic split of the literature, kept to show the gap:
cells within ``radius`` of any deposit, and cells beyond ``background_distance`` of every deposit,
are split at random into the same number of folds, so that a held-out cell has training cells of its
own deposit beside it. ``final`` is one fold that holds out nothing: it makes the map, and no
evidence.

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
from scipy.cluster.hierarchy import fcluster, linkage
from scipy.spatial import KDTree

from geohalo.distances import check_distances
from geohalo.evidence import checks

SCHEMES = ("held_out", "random", "final")
COLUMNS = ("fold", "draw", "cell", "label", "use", "deposit", "group")
TEST_DRAW = -1
NONE = -1


@dataclass(frozen=True)
class Folds:
    """Folds over the N cells of a survey with D deposits.

    Attributes
    ----------
    scheme : str
        ``held_out``, ``random`` or ``final``.
    n_folds : int
        Number of folds F.
    deposit_group : (D,) int array
        Group of each deposit, numbered from 0 by first deposit; -1 for an unreachable one.
    deposit_fold : (D,) int array
        Fold in which the deposit is held out; -1 if in none (unreachable deposits, and the schemes
        random and final).
    held_out_region : (F, N) bool array
        Cells within the buffer of a deposit held out in the fold; all False for random and final.
    cells : pandas.DataFrame
        Labelled cells, one row each: ``fold``; ``draw`` (0, 1, ... for training cells, -1 for test
        cells); ``cell`` (index into the N cells); ``label`` (1 halo, 0 background); ``use``
        (``train`` or ``test``); ``deposit`` (of a positive: the nearest training deposit for
        ``train``, the nearest held-out one for ``test``; -1 for background); ``group`` (of that
        deposit; of held-out test background: the group of the nearest held-out deposit; else -1).
    unreachable : (U,) int array
        Deposits outside the surveyed ground, or without a cell within the label radius.
    """

    scheme: str
    n_folds: int
    deposit_group: np.ndarray
    deposit_fold: np.ndarray
    held_out_region: np.ndarray
    cells: pd.DataFrame
    unreachable: np.ndarray

    @property
    def n_draws(self) -> int:
        """Number of draws (members) of each fold."""
        return int(self.cells["draw"].max()) + 1

    def training_deposits(self, fold: int) -> np.ndarray:
        """Return the ids (T,) of the reachable deposits that are not held out in a fold."""
        return np.flatnonzero((self.deposit_group != NONE) & (self.deposit_fold != fold))

    def train(self, fold: int, draw: int) -> tuple[np.ndarray, np.ndarray]:
        """Return the cells (M,) and labels (M,) that one member learns from."""
        table = self.cells
        rows = table[(table["fold"] == fold) & (table["draw"] == draw)]
        return rows["cell"].to_numpy(), rows["label"].to_numpy()

    def test(self, fold: int) -> pd.DataFrame:
        """Return the rows of the test cells of one fold."""
        return self.cells[(self.cells["fold"] == fold) & (self.cells["draw"] == TEST_DRAW)]


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


def draw_folds(
    scheme: str,
    cells: np.ndarray,
    deposits: np.ndarray,
    labels: Mapping[str, Any],
    seeds: int,
    surveyed: np.ndarray | None = None,
) -> Folds:
    """Draw the labelled cells of every fold and member.

    Parameters
    ----------
    scheme : {"held_out", "random", "final"}
        What is held out; see the module docstring.
    cells : (N, 2) array
        Metric coordinates x, y of the centres of the cells inside the mask.
    deposits : (D, 2) array
        Metric coordinates of the known deposits.
    labels : mapping
        The section ``labels`` of the config: ``radius``, ``background_distance``,
        ``group_distance`` and ``buffer`` in metres, ``folds``, ``positives``, ``background`` and
        ``seed``.
    seeds : int
        Draws (members) per fold. The draws of a fold do not depend on how many there are.
    surveyed : (D,) bool array, optional
        Deposits on surveyed ground; all of them when left out.

    Returns
    -------
    Folds

    Raises
    ------
    InputError
        If the settings contradict each other, no deposit lies on the surveyed ground, there are
        fewer groups than folds, or a fold has no training or test cells of one class. The message
        names the key to change.
    """
    if scheme not in SCHEMES:
        raise ValueError(f"scheme is {scheme!r}; it must be one of {', '.join(SCHEMES)}")
    check_distances(labels, held_out=scheme == "held_out")
    cells, deposits = np.asarray(cells, dtype=float), np.asarray(deposits, dtype=float)
    group, unreachable = _reachable_groups(cells, deposits, surveyed, labels)
    if scheme == "held_out":
        return _held_out_folds(cells, deposits, group, unreachable, labels, seeds)
    return _cell_folds(scheme, cells, deposits, group, unreachable, labels, seeds)


def fold_map(folds: Folds, cells: np.ndarray, deposits: np.ndarray) -> np.ndarray:
    """Return for each cell the fold in which its nearest deposit is held out.

    It assembles one out-of-fold map from F: around each deposit (its Voronoi cell) the map of the
    fold that did not know the deposit is shown. A cell far from all deposits may have been training
    background of its fold.

    Parameters
    ----------
    folds : Folds
        Scheme ``held_out`` or ``final`` (all cells are then in fold 0).
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
        For the scheme ``random``, which holds out cells rather than deposits.
    """
    if folds.scheme == "random":
        raise ValueError("the random scheme holds out no deposit, so its cells have no fold of their own")
    if folds.scheme == "final":
        return np.zeros(len(cells), dtype=np.int64)
    _, nearest = _nearest(cells, deposits, np.flatnonzero(folds.deposit_fold != NONE))
    return folds.deposit_fold[nearest]


def _reachable_groups(
    cells: np.ndarray, deposits: np.ndarray, surveyed: np.ndarray | None, labels: Mapping[str, Any]
) -> tuple[np.ndarray, np.ndarray]:
    """Return the group (D,) of each deposit, -1 for unreachable ones, and the ids of those (U,)."""
    distance, _ = KDTree(cells).query(deposits)
    reachable = np.flatnonzero((distance <= labels["radius"]) & (True if surveyed is None else surveyed))
    checks.check_reachable(len(reachable), len(deposits), labels)
    group = np.full(len(deposits), NONE, dtype=np.int64)
    group[reachable] = group_deposits(deposits[reachable], labels["group_distance"])
    return group, np.flatnonzero(group == NONE)


def _random(labels: Mapping[str, Any], scheme: str, *key: int) -> np.random.Generator:
    """Return the generator of one purpose; its numbers do not depend on any other purpose."""
    sequence = np.random.SeedSequence(labels["seed"], spawn_key=(SCHEMES.index(scheme), *key))
    return np.random.default_rng(sequence)


def _nearest(cells: np.ndarray, deposits: np.ndarray, ids: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the distance (N,) to the nearest of the deposits `ids`, and its id (N,)."""
    distance, nearest = KDTree(deposits[ids]).query(cells)
    return distance, ids[nearest]


def _assign_groups(group: np.ndarray, n_folds: int, labels: Mapping[str, Any]) -> np.ndarray:
    """Deal groups to folds, largest first, each to the smallest fold; return the fold (D,)."""
    size = np.bincount(group[group != NONE])
    checks.check_groups(size, labels)
    shuffled = _random(labels, "held_out", 0).permutation(len(size))
    fold_of_group = np.empty(len(size), dtype=np.int64)
    deposits_in_fold = np.zeros(n_folds, dtype=np.int64)
    for one in shuffled[np.argsort(-size[shuffled], kind="stable")]:
        fold_of_group[one] = np.argmin(deposits_in_fold)
        deposits_in_fold[fold_of_group[one]] += size[one]
    return np.where(group == NONE, NONE, fold_of_group[group])


def _held_out_folds(
    cells: np.ndarray,
    deposits: np.ndarray,
    group: np.ndarray,
    unreachable: np.ndarray,
    labels: Mapping[str, Any],
    seeds: int,
) -> Folds:
    """Hold out whole groups of deposits with a buffer around them."""
    n_folds = int(labels["folds"])
    deposit_fold = _assign_groups(group, n_folds, labels)
    region = np.zeros((n_folds, len(cells)), dtype=bool)
    anywhere, _ = _nearest(cells, deposits, np.arange(len(deposits)))
    rows: list[pd.DataFrame] = []
    for fold in range(n_folds):
        held = np.flatnonzero(deposit_fold == fold)
        held_distance, held_nearest = _nearest(cells, deposits, held)
        region[fold] = held_distance <= labels["buffer"]
        # Unreachable deposits are among these: no positives, but background keeps away from them.
        distance, nearest = _nearest(cells, deposits, np.flatnonzero(deposit_fold != fold))
        free = ~region[fold]
        positives = np.flatnonzero((distance <= labels["radius"]) & (group[nearest] != NONE) & free)
        background = np.flatnonzero((distance > labels["background_distance"]) & free)
        test_positives = np.flatnonzero(held_distance <= labels["radius"])
        test_background = np.flatnonzero(region[fold] & (anywhere > labels["background_distance"]))
        counts = len(positives), len(background), len(test_background)
        checks.check_fold(fold, held, *counts, labels)
        rows += _draw("held_out", fold, positives, background, nearest, group, labels, seeds)
        tested = held_nearest[test_positives]
        rows.append(_rows(fold, TEST_DRAW, test_positives, 1, tested, group[tested]))
        rows.append(_rows(fold, TEST_DRAW, test_background, 0, NONE, group[held_nearest[test_background]]))
    table = pd.concat(rows, ignore_index=True)
    return Folds("held_out", n_folds, group, deposit_fold, region, table, unreachable)


def _cell_folds(
    scheme: str,
    cells: np.ndarray,
    deposits: np.ndarray,
    group: np.ndarray,
    unreachable: np.ndarray,
    labels: Mapping[str, Any],
    seeds: int,
) -> Folds:
    """Split the labelled cells of all deposits at random, or hold out nothing (`final`)."""
    n_folds = int(labels["folds"]) if scheme == "random" else 1
    distance, nearest = _nearest(cells, deposits, np.arange(len(deposits)))
    positives = np.flatnonzero((distance <= labels["radius"]) & (group[nearest] != NONE))
    background = np.flatnonzero(distance > labels["background_distance"])
    checks.check_cells(n_folds, len(positives), len(background), labels)
    generator = _random(labels, scheme, 0)
    positive_fold = generator.permutation(len(positives)) % n_folds
    background_fold = generator.permutation(len(background)) % n_folds
    rows: list[pd.DataFrame] = []
    for fold in range(n_folds):
        # The one fold of the scheme final would be everything, but there nothing is tested.
        test_positive = (positive_fold == fold) & (scheme == "random")
        test_background = (background_fold == fold) & (scheme == "random")
        free = positives[~test_positive], background[~test_background]
        rows += _draw(scheme, fold, *free, nearest, group, labels, seeds)
        tested = positives[test_positive]
        rows.append(_rows(fold, TEST_DRAW, tested, 1, nearest[tested], group[nearest[tested]]))
        rows.append(_rows(fold, TEST_DRAW, background[test_background], 0, NONE, NONE))
    table = pd.concat(rows, ignore_index=True)
    nowhere = np.full(len(deposits), NONE, dtype=np.int64)
    region = np.zeros((n_folds, len(cells)), dtype=bool)
    return Folds(scheme, n_folds, group, nowhere, region, table, unreachable)


def _draw(
    scheme: str,
    fold: int,
    positives: np.ndarray,
    background: np.ndarray,
    nearest: np.ndarray,
    group: np.ndarray,
    labels: Mapping[str, Any],
    seeds: int,
) -> list[pd.DataFrame]:
    """Draw every member's training cells of one fold; each draw has its own generator."""
    rows = []
    for draw in range(seeds):
        generator = _random(labels, scheme, 1, fold, draw)
        halo = _choose(generator, positives, labels["positives"])
        rows.append(_rows(fold, draw, halo, 1, nearest[halo], group[nearest[halo]]))
        rows.append(_rows(fold, draw, _choose(generator, background, labels["background"]), 0, NONE, NONE))
    return rows


def _choose(generator: np.random.Generator, candidates: np.ndarray, number: int) -> np.ndarray:
    """Return `number` of the candidates in ascending order, or all of them if there are fewer."""
    return np.sort(generator.choice(candidates, min(number, len(candidates)), replace=False))


def _rows(
    fold: int,
    draw: int,
    cell: np.ndarray,
    label: int,
    deposit: np.ndarray | int,
    group: np.ndarray | int,
) -> pd.DataFrame:
    """Return one block of the table of labelled cells."""
    use = "test" if draw == TEST_DRAW else "train"
    values = (fold, draw, cell, label, use, deposit, group)
    return pd.DataFrame(dict(zip(COLUMNS, values, strict=True)), index=pd.RangeIndex(len(cell)))
