"""The folds of one scheme: what each holds out, learns from and is tested on (rules: `geohalo.evidence.folds`)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy.spatial import KDTree

from geohalo.evidence import checks
from geohalo.evidence.candidates import (
    NONE,
    Candidates,
    Nearest,
    cell_tree,
    find_candidates,
    nearest_by_fold,
    nearest_deposit,
)
from geohalo.evidence.decoys import draw_decoys
from geohalo.evidence.draws import COLUMNS, fold_rows, random_stream
from geohalo.evidence.schemes import Held


@dataclass(frozen=True)
class Ground:
    """The survey as the folds see it.

    Attributes
    ----------
    cells : (N, 2) float array
        Metric coordinates x, y of the centres of the cells inside the mask.
    deposits : (D, 2) float array
        Metric coordinates of the known deposits.
    group : (D,) int array
        Group of each deposit; -1 for unreachable ones.
    """

    cells: np.ndarray
    deposits: np.ndarray
    group: np.ndarray


@dataclass(frozen=True)
class Split:
    """The folds of one scheme; attributes as in `geohalo.evidence.folds.Folds`."""

    deposit_fold: np.ndarray
    held_out_region: np.ndarray
    cells: pd.DataFrame
    shift: int = 0


def split_deposits(scheme: str, ground: Ground, held: Held, labels: Mapping[str, Any], seeds: int) -> Split:
    """Hold out whole groups of deposits with a buffer.

    Parameters
    ----------
    scheme : str
        One of `geohalo.evidence.schemes.DEPOSIT_SCHEMES` or `geohalo.fact_splits.FACT_SCHEMES`.
    ground : Ground
    held : Held
        What each fold holds out; for inner, what each outer fold does.
    labels : mapping
        The section ``labels`` of the config.
    seeds : int
        Draws (members) per fold.

    Returns
    -------
    Split
        Without folds where an inner split cannot be made.

    Raises
    ------
    InputError
        If a fold other than an inner one has no training or test cells of one class.
    """
    tree, n_folds = cell_tree(ground.cells), held.n_folds
    look = nearest_by_fold(ground.cells, ground.deposits, held.fold)
    for shift in range(1, n_folds if n_folds > 2 else 1) if scheme == "inner" else [0]:
        # Drawn as they are found, so that the candidates of one fold alone are ever held.
        region, rows = np.zeros((n_folds, len(ground.cells)), dtype=bool), []
        for fold in range(n_folds):
            found = _candidates(scheme, ground, look, held, labels, fold, shift)
            if shift and not found.complete:
                break
            table, region[fold] = _drawn(scheme, ground, tree, look, held, found, labels, seeds, fold, shift)
            rows.append(table)
        else:
            tested_in = np.where(held.fold == NONE, NONE, (held.fold - shift) % n_folds)
            return Split(tested_in, region, pd.concat(rows, ignore_index=True), shift)
    nowhere = np.full(len(ground.deposits), NONE, dtype=np.int64)
    none = np.zeros((0, len(ground.cells)), dtype=bool)
    return Split(nowhere, none, pd.DataFrame(columns=list(COLUMNS)))


def split_cells(scheme: str, ground: Ground, labels: Mapping[str, Any], seeds: int) -> Split:
    """Split the labelled cells of all deposits at random, or hold out nothing (`final`).

    Parameters
    ----------
    scheme : {"random", "final"}
    ground, labels, seeds
        As in `split_deposits`.

    Returns
    -------
    Split

    Raises
    ------
    InputError
        If a class has fewer cells than there are folds.
    """
    n_folds = int(labels["folds"]) if scheme == "random" else 1
    deposits, group = ground.deposits, ground.group
    distance, nearest = nearest_deposit(ground.cells, deposits, np.arange(len(deposits)))
    positives = np.flatnonzero((distance <= labels["radius"]) & (group[nearest] != NONE))
    background = np.flatnonzero(distance > labels["background_distance"])
    checks.check_cells(n_folds, len(positives), len(background), labels)
    generator = random_stream(labels["seed"], scheme, 0)
    positive_fold = generator.permutation(len(positives)) % n_folds
    background_fold = generator.permutation(len(background)) % n_folds
    region = np.zeros((n_folds, len(ground.cells)), dtype=bool)
    rows: list[pd.DataFrame] = []
    for fold in range(n_folds):
        # The one fold of the scheme final would be everything, but there nothing is tested.
        halo = (positive_fold == fold) & (scheme == "random")
        barren = (background_fold == fold) & (scheme == "random")
        learned, tested = positives[~halo], positives[halo]
        nowhere = np.full(np.count_nonzero(barren), NONE)
        found = Candidates(
            region[fold], learned, nearest[learned], background[~barren],
            tested, nearest[tested], background[barren], nowhere,
        )  # fmt: skip
        rows.append(fold_rows(scheme, fold, found, group, labels, seeds))
    return Split(np.full(len(deposits), NONE), region, pd.concat(rows, ignore_index=True))


def _candidates(
    scheme: str,
    ground: Ground,
    look: Nearest,
    held: Held,
    labels: Mapping[str, Any],
    fold: int,
    shift: int,
) -> Candidates:
    """Return the cells of a fold, which must be complete but for an inner one (shift above 0)."""
    tested = held.fold == (fold + shift) % held.n_folds
    hidden = held.fold == fold if shift else np.zeros(len(tested), dtype=bool)
    found = find_candidates(
        ground.cells, ground.deposits, ground.group != NONE, tested, hidden, labels, held.squares(fold), look
    )
    if not shift:
        checks.check_fold(scheme, fold, np.flatnonzero(tested), found, labels)
    return found


def _drawn(
    scheme: str,
    ground: Ground,
    tree: KDTree,
    look: Nearest,
    held: Held,
    found: Candidates,
    labels: Mapping[str, Any],
    seeds: int,
    fold: int,
    shift: int,
) -> tuple[pd.DataFrame, np.ndarray]:
    """Draw the cells and decoys of one fold; returns its rows and its held-out region (N,)."""
    tested = held.fold == (fold + shift) % held.n_folds
    known = np.flatnonzero(~tested & ~((held.fold == fold) & (shift > 0)))
    distance, _ = look(known)
    wanted, _ = nearest_deposit(ground.deposits[tested], ground.deposits, known)
    room, squares = ~found.region, held.squares(fold)
    if squares is not None:
        # All of the region is spared, and the decoys lie in it; only deposits are kept clear of.
        near, _ = look(np.flatnonzero(tested))
        room = squares & (near > labels["background_distance"])
    stream = random_stream(labels["seed"], scheme, 2, fold)
    decoys, spared = draw_decoys(found, tree, distance, wanted, labels, stream, room)
    return fold_rows(scheme, fold, spared, ground.group, labels, seeds, decoys), spared.region
