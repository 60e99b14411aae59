"""Messages for settings from which no folds can be drawn: what is wrong, which key to change."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from geohalo.errors import InputError
from geohalo.evidence.candidates import Candidates
from geohalo.fact_splits import FACT_SCHEMES


class FoldError(InputError):
    """A fold without training or test cells of one class; ``deposits`` are the numbers of those that it holds out."""

    def __init__(self, message: str, deposits: np.ndarray) -> None:
        super().__init__(message)
        self.deposits = deposits


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


def check_two_groups(size: np.ndarray, labels: Mapping[str, Any]) -> None:
    """Raise InputError if there are not two deposit groups, of `size` (G,), to leave one out of."""
    if len(size) < 2:
        raise InputError(
            f"leave_one_group_out needs two groups, but the {size.sum()} deposit(s) on the surveyed ground form only "
            f"one at labels.group_distance = {labels['group_distance']:g} m. Lower labels.group_distance, add "
            "deposits, or take leave_one_group_out out of labels.extra_splits."
        )


def check_colours(colour: np.ndarray, labels: Mapping[str, Any]) -> None:
    """Raise InputError if one colour of the checkerboard holds all groups; `colour` (G,) is 0 or 1."""
    if len(np.unique(colour)) < 2:
        raise InputError(
            f"All {len(colour)} group(s) of deposits belong to squares of one colour of the checkerboard of "
            f"labels.block = {labels['block']:g} m, so the other fold would hold out none. Use another labels.block, "
            "or take checkerboard out of labels.extra_splits."
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
    scheme: str, fold: int, held_out: np.ndarray, found: Candidates, labels: Mapping[str, Any]
) -> None:
    """Raise FoldError if a fold lacks training or test cells of one class.

    Parameters
    ----------
    scheme : {"held_out", "leave_one_group_out", "checkerboard", "time", "status", "type"}
    fold : int
        Number of the fold.
    held_out : (K,) int array
        Deposits that it holds out.
    found : Candidates
        Its cells.
    labels : mapping
        The section ``labels`` of the config.
    """
    extra, ids = scheme != "held_out", ", ".join(map(str, held_out))
    key = "remove labels.learn_type" if scheme == "type" else f"remove deposits.{FACT_SCHEMES.get(scheme)}"
    of_scheme = f" of {scheme}" if extra else ""
    name = f"Fold {fold}{of_scheme}, which holds out deposit(s) {ids} (numbered from 0),"
    buffer = f"labels.buffer = {labels['buffer']:g} m"
    beyond = f"labels.background_distance = {labels['background_distance']:g} m"
    square = f"square of labels.block = {labels['block']:g} m" if scheme == "checkerboard" else ""
    smaller = "buffer or another block" if square else "buffer"
    without = (
        f", or {key if scheme in FACT_SCHEMES else f'take {scheme} out of labels.extra_splits'}"
        if extra
        else ""
    )
    if len(found.positives) == 0:
        fewer = without or ", or more labels.folds so that each holds out fewer deposits"
        raise FoldError(
            f"{name} has no training positive: every cell near a training deposit lies within "
            f"{buffer} of a held-out one{f' or on a held-out {square}' if square else ''}. "
            f"Use a smaller {smaller}{fewer}.",
            held_out,
        )
    if len(found.background) == 0:
        raise FoldError(
            f"{name} has no training background: no cell lies beyond {beyond} of the training "
            f"deposits and beyond {buffer} of the held-out ones{f', off each held-out {square}' if square else ''}. "
            f"Use a smaller background_distance or {smaller}{without}.",
            held_out,
        )
    if len(found.test_background) == 0:
        raise FoldError(
            f"{name} has no test background: no cell within {buffer} of a held-out deposit"
            f"{f' or on a held-out {square}' if square else ''} lies beyond {beyond} of every deposit. "
            f"Use a larger buffer or a smaller background_distance{without}.",
            held_out,
        )
