"""What labels and folds of a survey will come to."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from geohalo.check.deposits import KnownDeposits
from geohalo.check.findings import Findings
from geohalo.check.ground import Ground
from geohalo.evidence.candidates import NONE, nearest_deposit
from geohalo.evidence.folds import SCHEMES, Folds, draw_folds
from geohalo.evidence.known_deposits import deposit_names_in_error, without_cell
from geohalo.evidence.label_doubts import lost_labels, ruled_distances, ruled_grid, ruled_radius
from geohalo.fact_splits import FACT_SCHEMES
from geohalo.superpixels.counts import superpixel_count

STAGE = "make_folds"
#: Folds of more cells than this are not drawn: that takes longer than a check should.
MOST_CELLS = 500_000
#: A distance follows the rule if it is within this factor of it.
NEAR_RULE = 2.0


@dataclass
class Labels:
    """Labels and folds, as far as they could be drawn.

    Attributes
    ----------
    positive, background : int or None
        Cells that are halo, and cells far enough from every deposit to be background.
    folds : DataFrame
        One row for each held-out fold: `fold`, `groups`, `deposits`, `train_positive`, `train_background`,
        `test_positive`, `test_background`, `decoys`.
    lost : DataFrame
        Deposits that are not used: `name`, `row`, `why`.
    classes : DataFrame
        Of a raster of classes: `class` and `cells`, and cells of the parts that masks name.
    image : ndarray (rows, columns) of int, or None
        Classes of the cells of such a raster.
    drawn : bool
        Whether folds were drawn: not those of a very large map.
    """

    positive: int | None = None
    background: int | None = None
    folds: pd.DataFrame = field(default_factory=pd.DataFrame)
    lost: pd.DataFrame = field(default_factory=pd.DataFrame)
    classes: pd.DataFrame = field(default_factory=pd.DataFrame)
    image: np.ndarray | None = None
    drawn: bool = True


def check_labels(
    findings: Findings, ground: Ground, deposits: KnownDeposits, labels: Mapping[str, Any]
) -> Labels:
    """Draw the folds that a run would draw, with one member each.

    Parameters
    ----------
    findings : Findings
        Gets all errors and warnings.
    ground, deposits
        What could be read.
    labels : mapping
        Config section `labels`.
    """
    found = Labels()
    if deposits.table is None:
        return found
    table = deposits.table
    outside = table[~table["inside"]]
    why = "farther than grid.max_distance from every sample" if ground.spacing else "outside the rasters"
    found.lost = outside[["name", "row"]].assign(why=why)
    if ground.grid is None or not ground.n_cells or not table["inside"].any():
        return found
    cells, places = ground.cells, table[["x", "y"]].to_numpy(dtype=float)
    assert cells is not None
    distance, _ = nearest_deposit(cells, places, np.arange(len(places)))
    found.background = int((distance > labels["background_distance"]).sum())
    near, _ = nearest_deposit(cells, places, np.flatnonzero(table["inside"].to_numpy()))
    found.positive = int((near <= labels["radius"]).sum())
    if ground.n_cells > MOST_CELLS:
        found.drawn = False
        return found
    _draw(findings, found, cells, table, labels, ground.grid.cell)
    return found


def _draw(
    findings: Findings,
    found: Labels,
    cells: np.ndarray,
    table: pd.DataFrame,
    labels: Mapping[str, Any],
    cell: float,
) -> None:
    """Draw the folds of all schemes but the inner one; note those held out, and deposits without a cell."""
    places, inside = table[["x", "y"]].to_numpy(dtype=float), table["inside"].to_numpy(dtype=bool)

    def drawn(scheme: str) -> Folds:
        with deposit_names_in_error(table["name"]):
            return draw_folds(scheme, cells, places, labels, 1, inside, table)

    # A run draws the random split as well where it does not measure it (evaluation.random).
    schemes = [*(scheme for scheme in SCHEMES if scheme != "inner"), *labels["extra_splits"]]
    folds = {scheme: findings.attempt(STAGE, drawn, scheme) for scheme in schemes}
    known = next((folds[one] for one in schemes if one not in FACT_SCHEMES and folds[one] is not None), None)
    if known is not None:
        names = without_cell(table, known)
        findings.warn(STAGE, lost_labels(cell, names, int(inside.sum()), labels))
        near = table[inside & (known.deposit_group == NONE)]
        why = f"no cell within labels.radius ({labels['radius']:g} m)"
        found.lost = pd.concat([found.lost, near[["name", "row"]].assign(why=why)], ignore_index=True)
    held_out = folds["held_out"]
    if held_out is not None:
        found.folds = folds_table(held_out)


def folds_table(folds: Folds) -> pd.DataFrame:
    """Return a row for each fold: groups and deposits held out, cells to learn from and to be judged on, decoys.

    Cells to learn from are those of one member, which draws at most so many of each class as the config says.
    """
    rows = []
    for fold in range(folds.n_folds):
        cells = folds.cells[folds.cells["fold"] == fold]
        held = folds.deposit_fold == fold
        number = {
            (use, label): int(((cells["use"] == use) & (cells["label"] == label)).sum())
            for use in ("train", "test")
            for label in (0, 1)
        }
        rows.append(
            {
                "fold": fold,
                "groups": len(np.unique(folds.deposit_group[held])),
                "deposits": int(held.sum()),
                "train_positive": number["train", 1],
                "train_background": number["train", 0],
                "test_positive": number["test", 1],
                "test_background": number["test", 0],
                "decoys": int(folds.decoys(fold)["deposit"].nunique()),
            }
        )
    return pd.DataFrame(rows)


def check_superpixels(findings: Findings, ground: Ground, counts: Sequence[str | int]) -> None:
    """Note which numbers of superpixels are more than the cells of the survey."""
    for asked in counts if ground.n_cells else ():
        findings.attempt("segment_superpixels", superpixel_count, asked, ground.n_cells)


def distances_table(settings: Mapping[str, Any], spacing: float | None) -> pd.DataFrame:
    """Compare the distances of a config with the rule of config/README.md.

    Parameters
    ----------
    settings : mapping
        The config with its defaults: `grid` and `labels`.
    spacing : float or None
        Median distance in metres from a sample to the next one. Without it (rasters) the radius is taken as it is,
        and only the distances that follow from it are compared.

    Returns
    -------
    DataFrame
        `key`, `value` and `rule` (metres), `follows` (within a factor of `NEAR_RULE`).
    """
    labels, rows = settings["labels"], []
    radius = float(labels["radius"])
    if spacing:
        rows += [
            (f"grid.{key}", settings["grid"][key], metres) for key, metres in ruled_grid(spacing).items()
        ]
        rows.append(("labels.radius", radius, ruled_radius(spacing)))
        # What follows from a radius that does not fit follows from the one that does.
        radius = radius if _follows(radius, ruled_radius(spacing)) else ruled_radius(spacing)
    rows += [
        (f"labels.{key}", labels[key], metres)
        for key, metres in ruled_distances(radius).items()
        if key != "radius"
    ]
    table = pd.DataFrame(rows, columns=["key", "value", "rule"]).astype({"value": float, "rule": float})
    return table.assign(follows=[_follows(value, rule) for _, value, rule in rows])


def _follows(value: float, rule: float) -> bool:
    return rule / NEAR_RULE <= value <= rule * NEAR_RULE
