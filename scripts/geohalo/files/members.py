"""Members of all folds of all schemes: stacked for training, and their scores put together again."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import torch

from geohalo.atomic_files import atomic_write
from geohalo.evidence.folds import Folds
from geohalo.evidence.schemes import DEPOSIT_SCHEMES
from geohalo.fact_splits import FACT_SCHEMES
from geohalo.files.cells import Survey
from geohalo.files.scores import scores_file
from geohalo.files.tables import write_csv
from geohalo.network.members import Members, Result
from geohalo.network.regions import Regions
from geohalo.network.run import UNINFORMED
from geohalo.network.scores import Scores

#: Validation cells of each class that a member looks at, evenly spread over those that there are.
VALIDATED = 1000
#: Root of the random streams that permute labels.
SHUFFLE_STREAM = 4


def stack_members(schemes: list[Folds]) -> tuple[Members, pd.DataFrame]:
    """Stack the members of all schemes; returns them with a table of scheme, fold and draw.

    Members of the scheme ``inner`` watch their validation cells. A draw starts from the same weights in every fold and
    scheme, so that folds differ in their cells alone.
    """
    rows, drawn, validated = [], [], []
    regions: list[np.ndarray] = []
    held_out = []
    for folds in schemes:
        for _, part in folds.cells[folds.cells["draw"] >= 0].groupby(["fold", "draw"]):
            fold, draw = int(part["fold"].iloc[0]), int(part["draw"].iloc[0])
            rows.append((folds.scheme, fold, draw))
            held_out.append(len(regions) + fold)
            drawn.append(tuple(part[column].to_numpy() for column in ("cell", "label", "group")))
            validated.append(_validation(folds, fold) if folds.scheme == "inner" else (_NONE,) * 3)
        regions += list(folds.held_out_region)
    table = pd.DataFrame(rows, columns=["scheme", "fold", "draw"])
    cells, labels, groups = _filled(drawn, (0, -1, -1))
    watched_cells, *watched = _filled(validated, (0, -1, -1))
    seeds = table["draw"].to_numpy()
    members = Members(seeds, cells, labels, Regions.of(regions, np.array(held_out)), groups)
    if watched_cells.size:
        members = replace(
            members,
            validation_cells=watched_cells,
            validation_labels=watched[0],
            validation_groups=watched[1],
        )
    return members, table


def shuffle_labels(members: Members, table: pd.DataFrame) -> Members:
    """Permute the labels of each member among its own training cells, their groups along with them.

    What a model scores that learned from them is chance, whatever else it makes use of. The stream of a member depends
    on its fold and draw alone.
    """
    if members.groups is None:
        raise ValueError("members without groups have none to permute along with their labels")
    labels, groups = members.labels.copy(), members.groups.copy()
    for row, (fold, draw) in enumerate(zip(table["fold"], table["draw"], strict=True)):
        own = np.flatnonzero(members.labels[row] >= 0)
        generator = np.random.default_rng(np.random.SeedSequence(SHUFFLE_STREAM, spawn_key=(fold, draw)))
        other = generator.permutation(own)
        labels[row, own], groups[row, own] = members.labels[row, other], members.groups[row, other]
    return replace(members, labels=labels, groups=groups)


_NONE = np.empty(0, dtype=np.int64)


def _validation(folds: Folds, fold: int) -> tuple[np.ndarray, ...]:
    """Return validation cells, labels and groups of one fold, at most `VALIDATED` cells of each class."""
    test = folds.test(fold)
    kept = [part.iloc[:: max(1, len(part) // VALIDATED)] for _, part in test.groupby("label")]
    chosen = pd.concat(kept)
    return tuple(chosen[column].to_numpy() for column in ("cell", "label", "group"))


def _filled(rows: list[tuple[np.ndarray, ...]], fillers: tuple[int, ...]) -> list[np.ndarray]:
    """Stack rows of unlike length, (members, longest) for each of their arrays.

    Fillers of the first array repeat a cell of the member, so that they add nothing to its receptive field.
    """
    longest = max(len(row[0]) for row in rows)
    out = [np.full((len(rows), longest), filler, dtype=np.int64) for filler in fillers]
    for k, row in enumerate(rows):
        for stacked, values in zip(out, row, strict=True):
            stacked[k, : len(values)] = values
        out[0][k, len(row[0]) :] = row[0][0] if len(row[0]) else 0
    return out


def outer_fold(table: pd.DataFrame, schemes: list[Folds]) -> np.ndarray:
    """Held-out fold whose inner fold knows nothing of what a member holds out; -1 for members that hold out no deposit.

    What the inner members of fold f find out may be told to whoever holds out deposits of fold f and no others: the
    members of fold f itself, and those that leave out one of its groups. A colour of a checkerboard mostly holds
    deposits of several folds, and nothing may be told to its members (`UNINFORMED`), nor to those of time, status and
    type: inner members also learn from deposits that these test or leave out.
    """
    held_in = {folds.scheme: folds.deposit_fold for folds in schemes}
    outer = []
    for scheme, fold in zip(table["scheme"], table["fold"], strict=True):
        of_fold = np.unique(held_in.get("held_out", held_in[scheme])[held_in[scheme] == fold])
        alone = int(of_fold[0]) if len(of_fold) == 1 and "held_out" in held_in else UNINFORMED
        alone = UNINFORMED if scheme in FACT_SCHEMES else alone if scheme in DEPOSIT_SCHEMES else -1
        outer.append(fold if scheme in ("held_out", "inner") else alone)
    return np.array(outer, dtype=np.int64)


def write_results(
    survey: Survey, table: pd.DataFrame, result: Result, names: Sequence[str], outputs: Any
) -> None:
    """Write the members, their history and their pathfinders, and their scores."""
    with atomic_write(outputs.members) as temporary:
        torch.save(result.state, temporary)
    write_csv(history_table(table, result), outputs.history)
    write_csv(pathfinder_table(table, result, names), outputs.pathfinders)
    write_members(survey, table, result.score, outputs.scores)


def write_members(survey: Survey, table: pd.DataFrame, score: Scores, path: str) -> None:
    """Write mean and standard deviation over the draws of every fold, from scores (members, scores, cells)."""
    schemes = table.groupby("scheme", sort=False)
    folds = {str(scheme): part["fold"].nunique() for scheme, part in schemes}
    classes = score.shape[1] if score.shape[1] > 1 else 0
    with scores_file(survey, path, folds, classes) as write:
        for scheme, part in schemes:
            for fold, (_, rows) in enumerate(part.groupby("fold")):
                for band, cells in survey.cell_blocks():
                    each = score[rows.index.to_numpy(), :, cells]
                    mean, spread = each.mean(axis=0), each.std(axis=0)
                    maps = (mean, spread) if classes else (mean[0], spread[0])
                    write(str(scheme), fold, *maps, rows=band)


def pathfinder_table(table: pd.DataFrame, result: Result, names: Sequence[str]) -> pd.DataFrame:
    """Return one row per member and element.

    ``consistency`` over groups of deposits, ``kept`` by all branches of the network, and ``weight`` in the linear term
    (log-odds for a standard deviation; empty without one).
    """
    shape = result.consistency.shape
    state = {name: value.numpy() for name, value in result.state.items()}
    kept = state.get("gate", np.ones(shape)) > 0
    weight = state.get("linear.weight", np.full(shape, np.nan))
    long = table.loc[table.index.repeat(shape[1])].reset_index(names="member")
    columns = {"consistency": result.consistency, "kept": kept, "weight": weight}
    return long.assign(
        element=np.tile(names, shape[0]), **{name: values.ravel() for name, values in columns.items()}
    )


def history_table(table: pd.DataFrame, result: Result) -> pd.DataFrame:
    """Return the history, one row per member and epoch, and the temperature of the member in each of them."""
    epochs = result.history["loss"].shape[1]
    table = table.assign(temperature=result.temperature)
    long = table.loc[table.index.repeat(epochs)].reset_index(names="member")
    long = long.assign(
        epoch=np.tile(np.arange(1, epochs + 1), len(table)),
        **{name: values.ravel() for name, values in result.history.items()},
    )
    return long.dropna(subset="loss")
