"""What a check understands of the known deposits: where they lie, their groups, and those that are lost."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from geohalo.check.findings import Findings
from geohalo.check.ground import Ground
from geohalo.evidence.checks import check_groups
from geohalo.evidence.known_deposits import check_known_sides, deposit_doubts, group_sizes
from geohalo.input_warnings import from_records
from geohalo.survey.cells import keep_rows, number_rows, row_numbers
from geohalo.survey.coordinates import Located, locate, project
from geohalo.survey.deposits import clean_deposits
from geohalo.survey.layout import form_of
from geohalo.survey.numbers import plain_numbers
from geohalo.survey.spelling import plain_columns, plain_section
from geohalo.survey.tables import read_table

STAGE = "clean_deposits"


@dataclass
class KnownDeposits:
    """Deposits, as far as they could be read.

    Attributes
    ----------
    table : DataFrame or None
        `name`, `row`, `inside`, and `x` and `y` in metres; those with a place.
    counted : dict
        What became of the rows of the list, as `clean_deposits` counts it.
    groups : int or None
        Groups of those inside.
    """

    table: pd.DataFrame | None = None
    counted: dict[str, Any] = field(default_factory=dict)
    groups: int | None = None

    @property
    def drawn(self) -> pd.DataFrame:
        """The deposits for a map, without a row where none could be read."""
        none = pd.DataFrame({"x": [], "y": [], "name": [], "inside": np.zeros(0, dtype=bool)})
        return none if self.table is None else self.table


def check_deposits(
    findings: Findings,
    path: str | Path,
    section: Mapping[str, Any],
    ground: Ground,
    max_distance: float,
    labels: Mapping[str, Any],
) -> KnownDeposits:
    """Read the deposits and place them in the survey, as far as both could be read.

    Parameters
    ----------
    findings : Findings
        Gets all errors and warnings.
    path : str or Path
        The list.
    section : mapping
        Config section `deposits` with its defaults.
    ground : Ground
        The survey.
    max_distance : float
        A deposit within so many metres of a place of the survey is inside.
    labels : mapping
        Config section `labels`.
    """
    read = findings.attempt(STAGE, read_table, path, section["layer"], form_of(section, "deposits"))
    if read is None:
        return KnownDeposits()
    if ground.places is None or not len(ground.places) or ground.crs is None:
        located = findings.attempt(STAGE, _located, read, section, str(path))
        findings.warn(STAGE, from_records(read.attrs.get("warnings", [])))
        findings.warn(STAGE, located[0].warnings if located else [])
        return KnownDeposits(counted={"rows_read": len(read)})
    cleaned = findings.attempt(
        STAGE, clean_deposits, read, section, ground.places, ground.crs, max_distance, path
    )
    if cleaned is None:
        # None lies inside, or places cannot be: the map shows those that have one.
        found = Findings().attempt(STAGE, _placed, read, section, str(path), ground)
        return KnownDeposits(found, {"rows_read": len(read)})
    findings.warn(STAGE, deposit_doubts(cleaned, section, ground.elements, labels, ground.spacing))
    sizes = group_sizes(cleaned, labels["group_distance"])
    findings.attempt(STAGE, check_groups, sizes, labels)
    findings.attempt(STAGE, check_known_sides, cleaned, labels)
    table = pd.DataFrame(cleaned.drop(columns="geometry")).join(cleaned.get_coordinates())
    counted = {key: value for key, value in cleaned.attrs.items() if key != "warnings"}
    return KnownDeposits(table, counted, len(sizes))


def _located(table: pd.DataFrame, section: Mapping[str, Any], source: str) -> tuple[Located, np.ndarray]:
    """Return where the kept rows of the list lie, in its own CRS, and their numbers."""
    section, table = plain_section(section), plain_columns(number_rows(table))
    table = keep_rows(table, section.get("keep", {}), source, "deposits.keep", parts=True)
    table = plain_numbers(table, (section.get("x"), section.get("y")), section, source, "deposits")
    return locate(table, section, source, "deposits"), row_numbers(table)


def _placed(table: pd.DataFrame, section: Mapping[str, Any], source: str, ground: Ground) -> pd.DataFrame:
    """Return the deposits that have a place in the survey's CRS, none of them inside."""
    found, rows = _located(table, section, source)
    assert ground.crs is not None
    x, y = project(found.x, found.y, found.crs, ground.crs)
    there = np.isfinite(x)
    return pd.DataFrame({"name": "", "row": rows[there], "inside": False, "x": x[there], "y": y[there]})
