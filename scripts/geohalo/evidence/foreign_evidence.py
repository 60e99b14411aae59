"""The folds by which a map that was made elsewhere is judged: held-out deposits on ground that it covers.

Deposits, decoys and test cells are those of the folds ``held_out``, so that all methods are judged at the same
places. Left out are deposits that the map is said to have learned from, with all of their groups, and what lies
where it has no score. Cells without a score are no part of the ground that deposits are ranked in, for any method.
"""

from dataclasses import replace

import numpy as np
import pandas as pd
from scipy.spatial import KDTree

from geohalo.errors import InputError
from geohalo.evidence.candidates import NONE
from geohalo.evidence.draws import DECOY_DRAW, TEST_DRAW
from geohalo.evidence.folds import Folds
from geohalo.input_warnings import InputWarning

#: What becomes of a deposit.
EVIDENCE, KNOWN, BESIDE, UNCOVERED, UNUSED = (
    "evidence",
    "trained on",
    "beside trained on",
    "not covered",
    "not used",
)


def deposit_roles(
    folds: Folds,
    cells: np.ndarray,
    deposits: np.ndarray,
    covered: np.ndarray,
    known: np.ndarray,
    radius: float,
) -> np.ndarray:
    """Say what becomes of each deposit where a map is judged.

    Parameters
    ----------
    folds : Folds
        The scheme ``held_out``.
    cells : (N, 2) array
        Metric coordinates of the cells' centres.
    deposits : (D, 2) array
        Metric coordinates of the deposits.
    covered : (N,) bool array
        Cells where the map has a score.
    known : (D,) bool array
        Deposits that the map is said to have learned from.
    radius : float
        Label radius in metres.

    Returns
    -------
    (D,) object array
        ``evidence``; ``trained on``; ``beside trained on``, in a group with one of these; ``not covered``, no cell
        within the radius has a score; ``not used``, without mapped ground.
    """
    group = folds.deposit_group
    near = (
        KDTree(cells[covered]).query(deposits)[0] <= radius
        if covered.any()
        else np.zeros(len(deposits), bool)
    )
    beside = np.isin(group, group[known & (group != NONE)])
    roles = np.select([group == NONE, known, beside, ~near], [UNUSED, KNOWN, BESIDE, UNCOVERED], EVIDENCE)
    for fold in range(folds.n_folds):
        mine = (folds.deposit_fold == fold) & (roles == EVIDENCE)
        test = folds.test(fold)
        if (
            mine.any()
            and test.loc[_kept_tests(test, group, roles) & covered[test["cell"]], "label"].nunique() < 2
        ):
            roles[mine] = UNCOVERED  # nothing to compare them with in their own district
    return roles


def evidence_folds(folds: Folds, covered: np.ndarray, roles: np.ndarray) -> Folds:
    """Return the folds over covered cells alone, with the deposits that are evidence.

    Parameters
    ----------
    folds : Folds
        The scheme ``held_out``.
    covered : (N,) bool array
        Cells where the map has a score.
    roles : (D,) object array
        Of `deposit_roles`.

    Returns
    -------
    Folds
        Cells are numbered among those covered. Training cells, decoys that are not covered as a whole, and folds
        that hold out no evidence are left out; the folds that remain keep their order.

    Raises
    ------
    InputError
        If no deposit is evidence.
    """
    evidence = roles == EVIDENCE
    if not evidence.any():
        counts = ", ".join(f"{count} {role}" for role, count in pd.Series(roles).value_counts().items())
        raise InputError(
            f"The map that is to be judged leaves no deposit as evidence, of {len(roles)}: {counts}. It must cover the "
            "ground around deposits that judge.trained_on does not name: check judge.crs and the extent of the map, "
            "or judge.trained_on."
        )
    group = np.where(evidence, folds.deposit_group, NONE)
    used = np.unique(folds.deposit_fold[evidence])
    table = folds.cells[folds.cells["fold"].isin(used)]
    there = covered[table["cell"]]
    decoy, test = table["draw"] == DECOY_DRAW, table["draw"] == TEST_DRAW
    whole = (
        pd.Series(there, table.index)
        .groupby([table["fold"], table["draw"], table["deposit"]])
        .transform("all")
    )
    table = table[(decoy & whole) | (test & there & _kept_tests(table, folds.deposit_group, roles))]
    number = np.cumsum(covered) - 1
    table = table.assign(cell=number[table["cell"]], fold=np.searchsorted(used, table["fold"]))
    decoys = table["draw"] == DECOY_DRAW
    ranked = table[decoys].groupby("fold")["deposit"].rank(method="dense").astype(int) - 1
    table.loc[decoys, "deposit"] = ranked
    fold = np.where(evidence, np.searchsorted(used, folds.deposit_fold), NONE)
    return replace(
        folds,
        n_folds=len(used),
        deposit_group=group,
        deposit_fold=fold,
        held_out_region=folds.held_out_region[used][:, covered],
        cells=table.reset_index(drop=True),
        unreachable=np.flatnonzero(group == NONE),
    )


def uncovered_doubt(uncovered: int, deposits: int, file: str) -> InputWarning:
    """Return the doubt about deposits where a map has no score: so many, of so many, in its file."""
    return InputWarning(
        f"{uncovered} of the {deposits} deposits lie where the map has no score, and are no evidence",
        "give a map that covers the survey, if there is one",
        file,
    )


def used_folds(folds: Folds, roles: np.ndarray) -> np.ndarray:
    """Return the folds (F,) that hold out evidence, whose maps of other methods are compared, in order."""
    return np.unique(folds.deposit_fold[roles == EVIDENCE])


def _kept_tests(table: pd.DataFrame, group: np.ndarray, roles: np.ndarray) -> np.ndarray:
    """Tell which test cells belong to evidence: halo to a deposit, background to a group with one."""
    deposit = table["deposit"].to_numpy()
    of_deposit = np.where(deposit == NONE, False, roles[deposit] == EVIDENCE)
    return np.where(
        table["label"] == 1, of_deposit, np.isin(table["group"], np.unique(group[roles == EVIDENCE]))
    )
