"""Messages for settings from which no folds can be drawn: what is wrong, which key to change."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from geohalo.errors import InputError


def check_reachable(n_reachable: int, n_deposits: int, labels: Mapping[str, Any]) -> None:
    """Raise InputError if no deposit has a cell within the label radius."""
    if n_reachable == 0:
        raise InputError(
            f"None of the {n_deposits} deposits has a grid cell within labels.radius = "
            f"{labels['radius']:g} m: check the deposits' coordinates and deposits.crs, or use a "
            "larger grid.max_distance or labels.radius."
        )


def check_groups(size: np.ndarray, labels: Mapping[str, Any]) -> None:
    """Raise InputError if there are fewer deposit groups, of `size` (G,), than folds."""
    n_folds, n_groups = int(labels["folds"]), len(size)
    if n_groups >= n_folds:
        return
    advice = (
        f"Set labels.folds to {n_groups} or less, or lower labels.group_distance."
        if n_groups > 1
        else "One group cannot be both held out and learned from: lower labels.group_distance, or "
        "add deposits."
    )
    raise InputError(
        f"labels.folds is {n_folds}, but the {size.sum()} deposits on the surveyed ground form "
        f"only {n_groups} group(s) at labels.group_distance = {labels['group_distance']:g} m. "
        f"{advice}"
    )


def check_cells(n_folds: int, n_positives: int, n_background: int, labels: Mapping[str, Any]) -> None:
    """Raise InputError if a class has fewer cells than the folds that they are split into."""
    if n_positives < n_folds:
        raise InputError(
            f"{n_positives} cell(s) lie within labels.radius = {labels['radius']:g} m of a "
            f"deposit, too few for {n_folds} fold(s): use a larger labels.radius, a smaller "
            "grid.cell, or fewer labels.folds."
        )
    if n_background < n_folds:
        raise InputError(
            f"{n_background} cell(s) lie farther than labels.background_distance = "
            f"{labels['background_distance']:g} m from every deposit, too few for {n_folds} "
            "fold(s): use a smaller background_distance."
        )


def check_fold(
    fold: int,
    held_out: np.ndarray,
    n_positives: int,
    n_background: int,
    n_test_background: int,
    labels: Mapping[str, Any],
) -> None:
    """Raise InputError if a held-out fold lacks training or test cells of one class."""
    ids = ", ".join(map(str, held_out))
    name = f"Fold {fold}, which holds out deposit(s) {ids} (numbered from 0),"
    buffer = f"labels.buffer = {labels['buffer']:g} m"
    beyond = f"labels.background_distance = {labels['background_distance']:g} m"
    if n_positives == 0:
        raise InputError(
            f"{name} has no training positive: every cell near a training deposit lies within "
            f"{buffer} of a held-out one. Use a smaller buffer, or more labels.folds so that each "
            "holds out fewer deposits."
        )
    if n_background == 0:
        raise InputError(
            f"{name} has no training background: no cell lies beyond {beyond} of the training "
            f"deposits and beyond {buffer} of the held-out ones. Use a smaller background_distance "
            "or buffer."
        )
    if n_test_background == 0:
        raise InputError(
            f"{name} has no test background: no cell within {buffer} of a held-out deposit lies "
            f"beyond {beyond} of every deposit. Use a larger buffer or a smaller "
            "background_distance."
        )
