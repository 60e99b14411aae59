"""What a check understands of the layer of exploration effort, and of a map made elsewhere that is to be judged."""

from collections.abc import Mapping
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from geohalo.check.deposits import KnownDeposits
from geohalo.check.findings import Findings
from geohalo.check.ground import Ground
from geohalo.covariates import bands
from geohalo.covariates.effort import effort_band
from geohalo.cube.foreign_map import read_foreign_map
from geohalo.evidence.foreign_evidence import uncovered_doubt
from geohalo.products.html_pages import Section
from geohalo.products.report_quality import facts
from geohalo.products.report_text import significant
from geohalo.survey.listed_deposits import named_deposits, unmatched_doubt

EFFORT, JUDGED = "read_effort", "read_judged"
#: What a file comes to that stops a run, and one that the check could not look at.
UNUSABLE, NOT_SEEN = "cannot be used: see the errors", "not looked at: the survey cannot be read"


def check_effort(
    findings: Findings, section: Mapping[str, Any] | None, file: str | None, ground: Ground
) -> Section:
    """Read the layer of effort as a run does it.

    Parameters
    ----------
    findings : Findings
        Gets all errors and warnings.
    section : mapping or None
        Config section ``effort`` with its defaults.
    file : str or None
        Of the layer.
    ground : Ground
        The survey.

    Returns
    -------
    Section
        Of the page; empty without a layer.
    """
    title = "Exploration effort"
    if section is None or file is None:
        return Section("effort", title)
    rows = [("Layer", findings.local(file))]
    cells = _cells(ground)
    if cells is None:
        return _facts("effort", title, [*rows, ("Effort", NOT_SEEN)])
    found = findings.attempt(EFFORT, effort_band, section, file, cells)
    if found is None:
        return _facts("effort", title, [*rows, ("Effort", UNUSABLE)])
    findings.warn(EFFORT, found.warnings)
    return _facts("effort", title, [*rows, *_range("Effort", found.values[0], found.unit)])


def check_judged(
    findings: Findings,
    sections: Mapping[str, Any],
    files: tuple[str | None, str | None],
    ground: Ground,
    deposits: KnownDeposits,
    radius: float,
) -> Section:
    """Read the map that is to be judged, and the list of deposits that it learned from, as a run does it.

    Folds are not drawn for it: that deposits near each other are left out together is seen in a run alone.

    Parameters
    ----------
    findings : Findings
        Gets all errors and warnings.
    sections : mapping
        Config sections ``judge``, where there is one, and ``deposits``.
    files : (str or None, str or None)
        The map, and the list of ``judge.trained_on``.
    ground : Ground
        The survey.
    deposits : KnownDeposits
    radius : float
        Label radius in metres.

    Returns
    -------
    Section
        Of the page; empty without a map.
    """
    title, (file, trained_on) = "A map made elsewhere", files
    section = sections.get("judge")
    if section is None or file is None:
        return Section("judge", title)
    rows = [("Name (judge.name)", str(section["name"])), ("Map", findings.local(file))]
    cells = _cells(ground)
    if cells is None:
        return _facts("judge", title, [*rows, ("Scores", NOT_SEEN)])
    read = findings.attempt(JUDGED, read_foreign_map, file, section, cells.grid, cells.mask, cells.crs)
    if read is None:
        return _facts("judge", title, [*rows, ("Scores", UNUSABLE)])
    image, warnings = read
    findings.warn(JUDGED, warnings)
    rows += _range("Scores", image[cells.mask], "")
    if deposits.table is not None:
        asked = (file, trained_on, sections["deposits"], radius)
        rows += _evidence(findings, np.isfinite(image), deposits.table, cells, *asked)
    return _facts("judge", title, rows)


def _evidence(
    findings: Findings,
    covered: NDArray[np.bool_],
    table: pd.DataFrame,
    ground: bands.Ground,
    file: str,
    trained_on: str | None,
    section: Mapping[str, Any],
    radius: float,
) -> list[tuple[str, str]]:
    """Return how many deposits lie where the map has a score (rows, columns), and how many it learned from."""
    inside = table[table["inside"].astype(bool)]
    near = (
        cKDTree(ground.grid.centres(ground.mask & covered)).query(
            inside[["x", "y"]].to_numpy(dtype=np.float64)
        )[0]
        <= radius
    )
    rows = [("Deposits where it has a score", f"{near.sum():,} of {len(near):,}")]
    if not near.any():
        findings.error(
            JUDGED,
            f"{file}: the map has no score within labels.radius of a known deposit, so that none is evidence; check "
            "its CRS (judge.crs) and its extent",
        )
    elif not near.all():
        findings.warn(JUDGED, [uncovered_doubt(int((~near).sum()), len(near), file)])
    if trained_on is None:
        return rows
    known = gpd.GeoDataFrame(inside, geometry=gpd.points_from_xy(inside["x"], inside["y"]), crs=ground.crs)
    listed = findings.attempt(JUDGED, named_deposits, trained_on, section, known, ground.crs, radius)
    if listed is not None:
        named, total = listed
        findings.warn(JUDGED, [unmatched_doubt(named, total, trained_on)])
        if near.any() and not (near & ~named).any():
            findings.error(
                JUDGED,
                f"{trained_on}: the list of judge.trained_on leaves no deposit as evidence, of {len(near)}; name those "
                "deposits alone that the map learned from",
            )
        rows.append(("Deposits that it learned from (judge.trained_on)", f"{named.sum():,}"))
    return rows


def _cells(ground: Ground) -> bands.Ground | None:
    """Return the cells of the survey; None where they are not known."""
    if ground.grid is None or ground.mask is None or ground.crs is None or not ground.n_cells:
        return None
    return bands.Ground(ground.grid, ground.mask, ground.crs)


def _range(what: str, values: NDArray[np.floating], unit: str) -> list[tuple[str, str]]:
    """Return the range of the values of cells, and how many have one."""
    known = values[np.isfinite(values)]
    text = f"{significant(float(known.min()))} to {significant(float(known.max()))}"
    return [
        (what, f"{text} {unit}".rstrip()),
        ("Cells covered", f"{known.size / max(1, values.size):.1%}"),
    ]


def _facts(name: str, title: str, rows: list[tuple[str, str]]) -> Section:
    return Section(name, title, tables=[facts(rows, "As a run reads it.", f"table-{name}")])
