"""Members of all folds of all schemes: stacked for training, and their scores put together again."""

import numpy as np
import pandas as pd
from geohalo.evidence.folds import Folds
from geohalo.network.members import Members, Result

#: Validation cells of each class that a member looks at, evenly spread over those that there are.
VALIDATED = 1000


def stack_members(schemes: list[Folds]) -> tuple[Members, pd.DataFrame]:
    """Stack the members of all schemes; returns them with a table of scheme, fold and draw.

    Members of the scheme ``inner`` watch their validation cells. A draw starts from the same weights in every fold and
    scheme, so that folds differ in their cells alone.
    """
    rows, drawn, validated = [], [], []
    for folds in schemes:
        for (fold, draw), part in folds.cells[folds.cells["draw"] >= 0].groupby(["fold", "draw"]):
            rows.append((folds.scheme, fold, draw, folds.held_out_region[fold]))
            drawn.append(tuple(part[column].to_numpy() for column in ("cell", "label", "group")))
            validated.append(_validation(folds, fold) if folds.scheme == "inner" else (_NONE, _NONE))
    table = pd.DataFrame(rows, columns=["scheme", "fold", "draw", "region"])
    cells, labels, groups = _filled(drawn, (0, -1, -1))
    watched_cells, watched_labels = _filled(validated, (0, -1))
    seeds, held_out = table["draw"].to_numpy(), np.stack(table.pop("region").to_list())
    watching = {"validation_cells": watched_cells, "validation_labels": watched_labels}
    return Members(seeds, cells, labels, held_out, groups, **(watching if watched_cells.size else {})), table


_NONE = np.empty(0, dtype=np.int64)


def _validation(folds: Folds, fold: int) -> tuple[np.ndarray, np.ndarray]:
    """Return validation cells and labels of one fold, at most `VALIDATED` of each class."""
    test = folds.test(fold)
    kept = [part.iloc[:: max(1, len(part) // VALIDATED)] for _, part in test.groupby("label")]
    chosen = pd.concat(kept)
    return chosen["cell"].to_numpy(), chosen["label"].to_numpy()


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


def outer_fold(table: pd.DataFrame) -> np.ndarray:
    """Fold whose held-out deposits a member must not know; -1 where it holds out none."""
    return np.where(table["scheme"].isin(["held_out", "inner"]), table["fold"], -1)


def scheme_scores(table: pd.DataFrame, score: np.ndarray) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Mean and standard deviation over the draws for every scheme, from scores (members, scores, cells).

    Each is (folds, cells), or (folds, classes, cells) with more than two classes.
    """
    out = {}
    for scheme, part in table.groupby("scheme", sort=False):
        folds = [score[rows.index] for _, rows in part.groupby("fold")]
        mean, spread = (np.stack([getattr(each, how)(axis=0) for each in folds]) for how in ("mean", "std"))
        alone = score.shape[1] == 1
        out[str(scheme)] = (mean[:, 0], spread[:, 0]) if alone else (mean, spread)
    return out


def history_table(table: pd.DataFrame, result: Result) -> pd.DataFrame:
    """Return the history, one row per member and epoch."""
    epochs = result.history["loss"].shape[1]
    long = table.loc[table.index.repeat(epochs)].reset_index(names="member")
    long = long.assign(
        epoch=np.tile(np.arange(1, epochs + 1), len(table)),
        **{name: values.ravel() for name, values in result.history.items()},
    )
    return long.dropna(subset="loss")
