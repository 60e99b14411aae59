"""The rows of the table of labelled cells: each member's own draw, and the test cells."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from geohalo.evidence.candidates import NONE, Candidates
from geohalo.evidence.decoys import Decoys

COLUMNS = ("fold", "draw", "cell", "label", "use", "deposit", "group")
#: Test background of a fold at most. On a map of millions of cells some splits leave nearly all of them to be tested,
#: and an AUC over so many cells is known to a thousandth.
MOST_TESTED = 200_000
TEST_DRAW = -1
DECOY_DRAW = -2
#: Random streams by scheme; a new scheme takes a new number, so that the others keep their draws.
STREAMS = {"held_out": 0, "random": 1, "final": 2, "inner": 3, "leave_one_group_out": 4, "checkerboard": 5}
STREAMS |= {"time": 6, "status": 7, "type": 8}


def random_stream(seed: int, scheme: str, *key: int) -> np.random.Generator:
    """Return the generator of one purpose; its numbers do not depend on any other purpose.

    Parameters
    ----------
    seed : int
        ``labels.seed`` of the config.
    scheme : str
        One of the keys of `STREAMS`.
    *key : int
        Purpose within the scheme: 0 for dealing groups or cells to folds; 1, fold, draw for the
        training cells of a member; 2, fold for the decoys; 3, fold for a sample of the test background.
    """
    return np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(STREAMS[scheme], *key)))


def fold_rows(
    scheme: str,
    fold: int,
    found: Candidates,
    group: np.ndarray,
    labels: Mapping[str, Any],
    seeds: int,
    decoys: Decoys | None = None,
) -> pd.DataFrame:
    """Draw every member's training cells of one fold, each with its own generator; add test cells and decoys.

    Parameters
    ----------
    scheme : str
        One of the keys of `STREAMS`.
    fold : int
        Number of the fold.
    found : Candidates
        Its cells.
    group : (D,) int array
        Group of each deposit.
    labels : mapping
        The section ``labels`` of the config: ``positives``, ``background`` and ``seed``.
    seeds : int
        Draws (members).
    decoys : Decoys, optional

    Returns
    -------
    pandas.DataFrame
        With `COLUMNS`; test cells have draw -1, decoys -2 and their number as deposit. Of more than
        `MOST_TESTED` cells of test background a random sample is taken.
    """
    rows = []
    for draw in range(seeds):
        generator = random_stream(labels["seed"], scheme, 1, fold, draw)
        halo = _choose(generator, found.positives, labels["positives"])
        deposit = found.positive_deposit[np.searchsorted(found.positives, halo)]
        rows.append(labelled_rows(fold, draw, halo, 1, deposit, group))
        barren = _choose(generator, found.background, labels["background"])
        rows.append(labelled_rows(fold, draw, barren, 0, np.full(len(barren), NONE), group))
    halo, barren, near_to = found.test_positives, found.test_background, found.test_background_deposit
    rows.append(labelled_rows(fold, TEST_DRAW, halo, 1, found.test_positive_deposit, group))
    if len(barren) > MOST_TESTED:
        generator = random_stream(labels["seed"], scheme, 3, fold)
        some = _choose(generator, np.arange(len(barren)), MOST_TESTED)
        barren, near_to = barren[some], near_to[some]
    near = labelled_rows(fold, TEST_DRAW, barren, 0, near_to, group)
    rows.append(near.assign(deposit=NONE))
    if decoys is not None:
        nowhere = np.full(len(decoys.cell), NONE)
        alike = labelled_rows(fold, DECOY_DRAW, decoys.cell, 0, nowhere, group)
        rows.append(alike.assign(deposit=decoys.decoy))
    return pd.concat(rows, ignore_index=True)


def _choose(generator: np.random.Generator, candidates: np.ndarray, number: int) -> np.ndarray:
    """Return `number` of the candidates in ascending order, or all of them if there are fewer."""
    return np.sort(generator.choice(candidates, min(number, len(candidates)), replace=False))


def labelled_rows(
    fold: int, draw: int, cell: np.ndarray, label: int, deposit: np.ndarray, group: np.ndarray
) -> pd.DataFrame:
    """Return one block of the table.

    Parameters
    ----------
    fold, draw, label : int
        The same for all cells of the block; draw -1 for test cells, -2 for decoys.
    cell, deposit : (M,) int arrays
        Cells, and the deposit that each goes with (-1: none).
    group : (D,) int array
        Group of each deposit.
    """
    use = {TEST_DRAW: "test", DECOY_DRAW: "decoy"}.get(draw, "train")
    of_group = np.full(len(cell), NONE)
    of_group[deposit != NONE] = group[deposit[deposit != NONE]]
    values = (fold, draw, cell, label, use, deposit, of_group)
    return pd.DataFrame(dict(zip(COLUMNS, values, strict=True)), index=pd.RangeIndex(len(cell)))
