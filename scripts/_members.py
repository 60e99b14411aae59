"""Members of all folds of all schemes: stacked for training, and their scores put together again."""

import numpy as np
import pandas as pd
from geohalo.evidence.folds import Folds
from geohalo.network.training import Members


def stack_members(schemes: list[Folds]) -> tuple[Members, pd.DataFrame]:
    """Stack the members of all schemes; returns them with a table of scheme, fold and draw."""
    table = pd.DataFrame(
        [
            (folds.scheme, fold, draw)
            for folds in schemes
            for fold in range(folds.n_folds)
            for draw in range(folds.n_draws)
        ],
        columns=["scheme", "fold", "draw"],
    )
    drawn = [
        folds.train(fold, draw)
        for folds in schemes
        for fold in range(folds.n_folds)
        for draw in range(folds.n_draws)
    ]
    longest = max(len(cells) for cells, _ in drawn)
    cells = np.zeros((len(drawn), longest), dtype=np.int64)
    labels = np.full((len(drawn), longest), -1, dtype=np.int64)
    for k, (where, label) in enumerate(drawn):
        cells[k, : len(where)], labels[k, : len(where)] = where, label
        # Fillers repeat a cell of the member, so that they add nothing to its receptive field.
        cells[k, len(where) :] = where[0]
    held_out = np.stack(
        [
            folds.held_out_region[fold]
            for folds in schemes
            for fold in range(folds.n_folds)
            for _ in range(folds.n_draws)
        ]
    )
    # A draw starts from the same weights in every fold and scheme, so that folds differ in their cells alone.
    return Members(table["draw"].to_numpy(), cells, labels, held_out), table


def scheme_scores(table: pd.DataFrame, score: np.ndarray) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Mean and standard deviation over the draws, (folds, cells), for every scheme."""
    out = {}
    for scheme, part in table.groupby("scheme", sort=False):
        each = score[part.index].reshape(part["fold"].nunique(), -1, score.shape[1])
        out[str(scheme)] = (each.mean(axis=1), each.std(axis=1))
    return out


def history_table(table: pd.DataFrame, history: np.ndarray) -> pd.DataFrame:
    """Training loss, one row per member and epoch."""
    epochs = history.shape[1]
    long = table.loc[table.index.repeat(epochs)].reset_index(names="member")
    return long.assign(epoch=np.tile(np.arange(1, epochs + 1), len(table)), loss=history.ravel())
