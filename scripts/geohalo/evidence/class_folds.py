"""Folds for labels that are a raster of classes: labelled cells are held out by blocks, or by the user's masks.

The schemes are those of `geohalo.evidence.folds`, with the K classes in place of halo and background, and
blocks of ground in place of groups of deposits:

1. The ground is cut into square *blocks* of side ``group_distance``. A block is never split.
2. Blocks are dealt to ``folds`` folds so that every fold has cells of every class, in shares that are as
   even as the blocks allow (iterative stratification, Sechidis et al. 2011).
3. The *held-out region* of a fold is every cell within ``buffer`` of a labelled cell of its blocks. No
   training cell lies in it. Test cells are the labelled cells of its blocks, all of them.
4. Each member (*draw*) takes ``positives`` training cells of each class, all of them where there are fewer.

``inner`` does without the blocks of two outer folds, f and f + s, and validates on those cells of f + s that
lie outside the region of f; s is the smallest shift that leaves training and validation cells of every class
in every fold. ``random`` deals the cells of each class to folds at random. ``final`` holds out nothing.

**Masks** that the user gives are the protocol and are followed to the letter: ``held_out`` is one fold that
trains on the training mask and tests on the test mask, ``inner`` one that trains on the same cells and tests on
the validation mask. No cell is held back by a buffer, and no superpixel is cut, since masks that are drawn cell
by cell would leave nothing to learn from. Such masks usually leak: a test cell beside a training cell shares
its samples and its superpixel. There is no ``random`` scheme then, and ``final`` learns from all labelled cells.

References
----------
Sechidis, Tsoumakas & Vlahavas (2011), On the Stratification of Multi-label Data, ECML PKDD 2011, Lecture Notes
in Computer Science 6913, doi:10.1007/978-3-642-23808-6_10.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy.spatial import KDTree

from geohalo.cube.label_rasters import PARTS
from geohalo.errors import InputError
from geohalo.evidence.candidates import NONE
from geohalo.evidence.draws import COLUMNS, TEST_DRAW, random_stream
from geohalo.evidence.folds import SCHEMES, Folds


@dataclass(frozen=True)
class _Labelled:
    """The L labelled cells among the N of a survey: index, class from 0, block, and the centres of all N."""

    cell: np.ndarray
    label: np.ndarray
    block: np.ndarray
    centres: np.ndarray

    @property
    def n_classes(self) -> int:
        """Number of classes K."""
        return int(self.label.max()) + 1

    def has_all(self, chosen: np.ndarray) -> bool:
        """Tell whether the chosen cells hold every class."""
        return np.unique(self.label[chosen]).size == self.n_classes


@dataclass(frozen=True)
class _Split:
    """One fold: labelled cells (L,) to learn from and to be tested on, and the held-out region (N,)."""

    train: np.ndarray
    test: np.ndarray
    region: np.ndarray


def draw_class_folds(
    scheme: str,
    cells: np.ndarray,
    classes: np.ndarray,
    labels: Mapping[str, Any],
    seeds: int,
    part: np.ndarray | None = None,
) -> Folds:
    """Draw the labelled cells of every fold and member.

    Parameters
    ----------
    scheme : {"held_out", "inner", "random", "final"}
        What is held out; see the module docstring.
    cells : (N, 2) array
        Metric coordinates x, y of the centres of the cells inside the mask.
    classes : (N,) int array
        0 unlabelled, 1 to K.
    labels : mapping
        The section ``labels`` of the config: ``group_distance`` and ``buffer`` in metres, ``folds``,
        ``positives`` (training cells of each class) and ``seed``.
    seeds : int
        Draws (members) per fold.
    part : (N,) int array, optional
        With masks: `geohalo.cube.label_rasters.PARTS` of each labelled cell, 0 for none.

    Returns
    -------
    Folds
        Without deposits; ``label`` in its table is the class from 0 to K - 1, ``group`` the block. Without
        folds where the scheme cannot be made: ``inner`` if no shift serves or there is no validation mask,
        ``random`` with masks.

    Raises
    ------
    InputError
        If a fold other than an inner one would lack training or test cells of a class. The message names the
        key to change.
    """
    if scheme not in SCHEMES:
        raise ValueError(f"scheme is {scheme!r}; it must be one of {', '.join(SCHEMES)}")
    cell = np.flatnonzero(classes)
    centres = np.asarray(cells, dtype=float)
    block = spatial_blocks(centres[cell], float(labels["group_distance"]))
    ground = _Labelled(cell, np.asarray(classes)[cell].astype(np.int64) - 1, block, centres)
    if scheme == "final":
        every_cell = np.ones(len(cell), dtype=bool)
        splits = [_Split(every_cell, ~every_cell, np.zeros(len(centres), dtype=bool))]
    elif part is not None:
        splits = _mask_splits(scheme, ground, np.asarray(part)[cell])
    elif scheme == "random":
        splits = _random_splits(ground, labels)
    else:
        splits = _block_splits(scheme, ground, labels)
    return _folds(scheme, ground, splits, labels, seeds)


def spatial_blocks(points: np.ndarray, side: float) -> np.ndarray:
    """Return the square block of ground that each point lies in.

    Parameters
    ----------
    points : (L, 2) array
        Metric coordinates x, y.
    side : float
        Side of a block in metres. The first block begins at the westernmost and northernmost points.

    Returns
    -------
    (L,) int array
        Blocks that hold a point, numbered from 0 row by row from the northwest.
    """
    east = points[:, 0] - points[:, 0].min()
    south = points[:, 1].max() - points[:, 1]
    column, row = (np.floor(distance / side).astype(np.int64) for distance in (east, south))
    _, number = np.unique(row * (column.max() + 1) + column, return_inverse=True)
    return number


def deal_blocks(counts: np.ndarray, n_folds: int, order: np.ndarray) -> np.ndarray:
    """Deal blocks to folds so that each fold gets cells of every class, in even shares.

    The class with the fewest undealt blocks goes first, its blocks by descending number of its cells, each to
    the fold that lacks the class, or else has the least of it.

    Parameters
    ----------
    counts : (B, K) int array
        Cells of each class in each block.
    n_folds : int
        Number of folds F.
    order : (B,) int array
        A permutation of the blocks, which decides between equals.

    Returns
    -------
    (B,) int array
        Fold of each block.
    """
    fold = np.full(len(counts), NONE)
    held = np.zeros((n_folds, counts.shape[1]), dtype=np.int64)
    while (fold == NONE).any():
        free = order[fold[order] == NONE]
        blocks = (counts[free] > 0).sum(axis=0)
        rarest = int(np.argmin(np.where(blocks > 0, blocks, len(counts) + 1)))
        of_class = free[counts[free, rarest] > 0]
        for block in of_class[np.argsort(-counts[of_class, rarest], kind="stable")]:
            # Of folds that lack the class, one that lacks most of what else the block holds.
            lacking = ((held == 0) & (counts[block] > 0)).sum(axis=1)
            keys = held.sum(axis=1), held[:, rarest], -lacking, held[:, rarest] > 0
            chosen = int(np.lexsort(keys)[0])
            fold[block] = chosen
            held[chosen] += counts[block]
    return fold


def _block_splits(scheme: str, ground: _Labelled, labels: Mapping[str, Any]) -> list[_Split]:
    """Hold out blocks with a buffer; no split where an inner one cannot be made."""
    n_folds, buffer = int(labels["folds"]), float(labels["buffer"])
    counts = np.zeros((int(ground.block.max()) + 1, ground.n_classes), dtype=np.int64)
    np.add.at(counts, (ground.block, ground.label), 1)
    _check_blocks(counts, labels)
    order = random_stream(labels["seed"], "held_out", 0).permutation(len(counts))
    outer = deal_blocks(counts, n_folds, order)[ground.block]
    _check_dealt(ground, outer, labels)
    region = np.stack([_within(ground, outer == fold, buffer) for fold in range(n_folds)])
    near = region[:, ground.cell]
    if scheme == "held_out":
        splits = [_Split(~near[fold], outer == fold, region[fold]) for fold in range(n_folds)]
        for fold, split in enumerate(splits):
            _check_training(ground, fold, split, labels)
        return splits
    for shift in range(1, n_folds if n_folds > 2 else 1):
        splits = []
        for fold in range(n_folds):
            partner = (fold + shift) % n_folds
            train, test = ~near[fold] & ~near[partner], (outer == partner) & ~near[fold]
            if not (ground.has_all(train) and ground.has_all(test)):
                break
            splits.append(_Split(train, test, region[fold] | region[partner]))
        else:
            return splits
    return []


def _within(ground: _Labelled, chosen: np.ndarray, distance: float) -> np.ndarray:
    """Tell which of the N cells lie within a distance of the chosen labelled cells."""
    points = ground.centres[ground.cell[chosen]]
    # The tree's bound is exclusive.
    bound = np.nextafter(distance, np.inf)
    found, _ = KDTree(points).query(ground.centres, distance_upper_bound=bound)
    return np.isfinite(found)


def _random_splits(ground: _Labelled, labels: Mapping[str, Any]) -> list[_Split]:
    """Deal the cells of each class to folds at random."""
    n_folds = int(labels["folds"])
    size = np.bincount(ground.label)
    if size.min() < n_folds:
        raise InputError(
            f"Class {size.argmin() + 1} has {size.min()} labelled cell(s), too few for labels.folds = {n_folds}: "
            "use fewer folds, or leave the class out."
        )
    generator = random_stream(labels["seed"], "random", 0)
    fold_of = np.empty(len(ground.label), dtype=np.int64)
    for one in range(ground.n_classes):
        members = np.flatnonzero(ground.label == one)
        fold_of[members] = generator.permutation(len(members)) % n_folds
    nowhere = np.zeros(len(ground.centres), dtype=bool)
    return [_Split(fold_of != fold, fold_of == fold, nowhere) for fold in range(n_folds)]


def _mask_splits(scheme: str, ground: _Labelled, part: np.ndarray) -> list[_Split]:
    """Follow the user's masks: one fold, or none where the scheme has no mask."""
    tested = {"held_out": "test", "inner": "validation"}.get(scheme)
    if tested is None or not (part == PARTS[tested]).any():
        return []
    for name in ("train", tested):
        missing = np.setdiff1d(np.arange(ground.n_classes), ground.label[part == PARTS[name]])
        if missing.size:
            raise InputError(
                f"config key labels.raster.{name}: the mask holds no cell of class {missing[0] + 1}; every class "
                "needs cells in each mask."
            )
    nowhere = np.zeros(len(ground.centres), dtype=bool)
    return [_Split(part == PARTS["train"], part == PARTS[tested], nowhere)]


def _check_blocks(counts: np.ndarray, labels: Mapping[str, Any]) -> None:
    """Raise InputError if a class lies in fewer blocks than there are folds."""
    n_folds, blocks = int(labels["folds"]), (counts > 0).sum(axis=0)
    if blocks.min() >= n_folds:
        return
    raise InputError(
        f"labels.folds is {n_folds}, but class {blocks.argmin() + 1} lies in only {blocks.min()} block(s) of "
        f"labels.group_distance = {labels['group_distance']:g} m. Use a smaller labels.group_distance or fewer "
        "labels.folds, or leave the class out."
    )


def _check_dealt(ground: _Labelled, outer: np.ndarray, labels: Mapping[str, Any]) -> None:
    """Raise InputError if a fold has no test cell of a class."""
    for fold in range(int(labels["folds"])):
        missing = np.setdiff1d(np.arange(ground.n_classes), ground.label[outer == fold])
        if missing.size:
            raise InputError(
                f"Fold {fold} has no test cell of class {missing[0] + 1}: the blocks of labels.group_distance = "
                f"{labels['group_distance']:g} m that hold the class could not be dealt evenly. Use a smaller "
                "labels.group_distance or fewer labels.folds."
            )


def _check_training(ground: _Labelled, fold: int, split: _Split, labels: Mapping[str, Any]) -> None:
    """Raise InputError if the buffer leaves no training cell of a class."""
    missing = np.setdiff1d(np.arange(ground.n_classes), ground.label[split.train])
    if missing.size:
        raise InputError(
            f"Fold {fold} has no training cell of class {missing[0] + 1}: each lies within labels.buffer = "
            f"{labels['buffer']:g} m of a held-out labelled cell. Use a smaller buffer, or larger blocks "
            f"(labels.group_distance, now {labels['group_distance']:g} m)."
        )


def _folds(
    scheme: str, ground: _Labelled, splits: list[_Split], labels: Mapping[str, Any], seeds: int
) -> Folds:
    """Draw every member's training cells, each with its own generator, and add the test cells."""
    rows = []
    for fold, split in enumerate(splits):
        for draw in range(seeds):
            generator = random_stream(labels["seed"], scheme, 1, fold, draw)
            drawn = [
                _choose(generator, np.flatnonzero(split.train & (ground.label == one)), labels["positives"])
                for one in range(ground.n_classes)
            ]
            rows.append(_rows(ground, fold, draw, np.concatenate(drawn)))
        rows.append(_rows(ground, fold, TEST_DRAW, np.flatnonzero(split.test)))
    table = pd.concat(rows, ignore_index=True) if rows else pd.DataFrame(columns=list(COLUMNS))
    shape = (len(splits), len(ground.centres))
    region = np.array([split.region for split in splits], dtype=bool).reshape(shape)
    nothing = np.zeros(0, dtype=np.int64)
    return Folds(scheme, len(splits), nothing, nothing, region, table, nothing)


def _choose(generator: np.random.Generator, candidates: np.ndarray, number: int) -> np.ndarray:
    """Return `number` of the candidates in ascending order, or all of them if there are fewer."""
    return np.sort(generator.choice(candidates, min(number, len(candidates)), replace=False))


def _rows(ground: _Labelled, fold: int, draw: int, chosen: np.ndarray) -> pd.DataFrame:
    """Return one block of the table of labelled cells."""
    use = "test" if draw == TEST_DRAW else "train"
    cell, label, block = (values[chosen] for values in (ground.cell, ground.label, ground.block))
    values = (fold, draw, cell, label, use, NONE, block)
    return pd.DataFrame(dict(zip(COLUMNS, values, strict=True)), index=pd.RangeIndex(len(chosen)))
