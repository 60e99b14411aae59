"""A survey table as read, to one row of numbers for each row of the file: where it lies, what it is, what it holds."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
from pyproj import CRS

from geohalo.errors import InputError
from geohalo.input_warnings import InputWarning, from_records
from geohalo.survey.cells import BoolArray, FloatArray, keep_rows, number_rows, row_numbers
from geohalo.survey.censoring import Parsed
from geohalo.survey.choice import require_values, wanted_columns
from geohalo.survey.column_doubts import equal_columns, overfull_rows, rescaled_columns, unit_columns
from geohalo.survey.columns import Column, concentration_columns
from geohalo.survey.coordinate_columns import coordinate_doubts, coordinates_left_out
from geohalo.survey.coordinates import locate, project
from geohalo.survey.crs import metric_crs, turned_axes
from geohalo.survey.doubtful_places import unplaced_rows
from geohalo.survey.duplicate_pairs import IntArray, find_originals
from geohalo.survey.flags import unnamed_flags
from geohalo.survey.header_doubts import header_doubts
from geohalo.survey.near_misses import nearly_kept
from geohalo.survey.numbers import plain_numbers
from geohalo.survey.parsing import parse_columns
from geohalo.survey.places import identical_rows
from geohalo.survey.repeats import table_without
from geohalo.survey.row_roles import DUPLICATES, OTHER, SURVEY, Roles, row_roles
from geohalo.survey.spelling import plain_columns, plain_section


@dataclass(frozen=True)
class Analyses:
    """What a table of samples says, row by row, before rows of one place are merged.

    Attributes
    ----------
    source : str
        File name, for messages.
    crs : pyproj.CRS
        Metric CRS of the maps.
    rows : ndarray of int64, shape (rows,)
        Row numbers in the file.
    roles : Roles
        What each row is.
    original : ndarray of int64, shape (rows,)
        For a duplicate, the position of the row that it repeats; -1 for other rows and where it is not known.
    xy : ndarray of float64, shape (rows, 2)
        Places in metres; NaN where a row has none, and for reference materials and blanks.
    values, censored : DataFrame, shape (rows, elements)
        Concentrations in ppm, NaN where missing, and whether they are below a detection limit. Those of the survey
        do not depend on other rows.
    parsed : dict of str to Parsed
        What was read of the survey's own rows, for each element.
    detection : dict of str to float
        Detection limit of each element in ppm: of the survey's rows, or else of all rows; NaN where none is known.
    columns, wanted : list of Column
        The columns of concentrations, and those of them that `samples.include` and `samples.exclude` leave.
    about : DataFrame, shape (rows, columns)
        What else the table tells of the rows.
    provenance : dict
        Counts and sources (see `clean_samples`).
    warnings : list of InputWarning
    """

    source: str
    crs: CRS
    rows: IntArray
    roles: Roles
    original: IntArray
    xy: FloatArray
    values: pd.DataFrame
    censored: pd.DataFrame
    parsed: dict[str, Parsed]
    detection: dict[str, float]
    columns: list[Column]
    wanted: list[Column]
    about: pd.DataFrame
    provenance: dict[str, Any]
    warnings: list[InputWarning]

    @property
    def survey(self) -> BoolArray:
        """Which rows are samples of the survey."""
        return self.roles.of(SURVEY)


def read_analyses(
    table: pd.DataFrame,
    section: Mapping[str, Any],
    grid_crs: str | None = None,
    source: str | Path = "samples",
) -> Analyses:
    """Read the rows of a survey table as numbers.

    Parameters
    ----------
    table, section, grid_crs, source
        As in `clean_samples`.

    Raises
    ------
    InputError
        Bad input, at the first stage that meets it; the message names file, column and row or the config key.
    """
    source = str(source)
    provenance: dict[str, Any] = {"source": source, "rows_read": len(table)}
    section = plain_section(section)
    table, doubts = _kept(plain_columns(number_rows(table)), section, source)
    provenance["rows_kept"] = len(table)
    table, roles = _with_roles(table, section, source, provenance)
    columns, wanted, messages = _columns(table, section, source)
    doubts += messages
    table = _with_points(table, wanted, section, source)

    survey, rows = roles.of(SURVEY), row_numbers(table)
    xy, crs, unplaced, messages = _places(table, roles, section, grid_crs, source, provenance)
    doubts += messages
    parsed, values, censored, detection = _concentrations(table, survey, wanted, section, source)
    about = table_without(table, _number_columns(wanted, section))
    doubts += _doubtful_columns(table, about, wanted, section, source)
    del table  # text takes more than all that follows
    of_survey = values if survey.all() else values[survey]
    dates = {element: column.n_dates for element, column in parsed.items() if column.n_dates}
    require_values(of_survey, wanted, section, source, dates)
    doubts += unplaced_rows(unplaced, of_survey.notna().any(axis=1).to_numpy(), rows[survey], source)
    doubts += _doubtful_values(parsed, wanted, of_survey, xy[survey], about, rows[survey], source)
    again = _filed_again(roles, xy, values, censored)
    original, unpaired = find_originals(roles, xy, again, float(section["merge_distance"]), rows, source)
    return Analyses(
        source=source,
        crs=crs,
        rows=rows,
        roles=roles,
        original=original,
        xy=xy,
        values=values,
        censored=censored,
        parsed=parsed,
        detection=detection,
        columns=columns,
        wanted=wanted,
        about=about,
        provenance=provenance,
        warnings=[*doubts, *unpaired],
    )


def _columns(
    table: pd.DataFrame, section: Mapping[str, Any], source: str
) -> tuple[list[Column], list[Column], list[InputWarning]]:
    """Return the columns of concentrations, those of them that are wanted, and what is doubtful about their names."""
    columns = concentration_columns(table, section, source)
    doubts = coordinates_left_out(table, section, source)
    wanted = wanted_columns(columns, section, source)
    return columns, wanted, [*doubts, *header_doubts(wanted, section["elements"], source)]


def _doubtful_columns(
    table: pd.DataFrame,
    about: pd.DataFrame,
    wanted: Sequence[Column],
    section: Mapping[str, Any],
    source: str,
) -> list[InputWarning]:
    """Tell of flags and units that stand in columns which no key names."""
    flagged = bool(section["censoring"]["flag"] or table.attrs.get("flags") or table.attrs.get("analytes"))
    return unnamed_flags(about, wanted, flagged, source) + unit_columns(about, wanted, source)


def _doubtful_values(
    parsed: Mapping[str, Parsed],
    wanted: Sequence[Column],
    values: pd.DataFrame,
    xy: FloatArray,
    about: pd.DataFrame,
    rows: IntArray,
    source: str,
) -> list[InputWarning]:
    """Tell of values that were doubtful when they were read, or are those of something else than their element."""
    return [
        *(one for column in parsed.values() for one in column.warnings),
        *coordinate_doubts(wanted, values, xy, list(about.columns), source),
        *equal_columns(wanted, values, source),
        *rescaled_columns(wanted, values, source),
        *overfull_rows(values, rows, source),
    ]


def _kept(
    table: pd.DataFrame, section: Mapping[str, Any], source: str
) -> tuple[pd.DataFrame, list[InputWarning]]:
    """Return the rows that `samples.keep` leaves, and what is doubtful about the table up to here."""
    attrs = table.attrs
    doubts = from_records(attrs.get("warnings", []))
    keep = {name: kept for name, kept in section.get("keep", {}).items() if name not in attrs.get("kept", ())}
    kept = keep_rows(table, keep, source, "samples.keep")
    doubts += nearly_kept(table, kept, keep, source, "samples.keep") if len(kept) < len(table) else []
    kept.attrs = attrs
    return kept, doubts


def _with_roles(
    table: pd.DataFrame, section: Mapping[str, Any], source: str, provenance: dict[str, Any]
) -> tuple[pd.DataFrame, Roles]:
    """Return the table without rows that `samples.quality.other` marks, and what the rows are."""
    roles = row_roles(table, section, source)
    if "quality" not in section:
        return table, roles
    provenance["rows_of_quality_control"] = int((~roles.of(SURVEY)).sum())
    if not roles.of(SURVEY).any():
        raise InputError(f"{source}: samples.quality leaves no row of the survey; check what it lists")
    kept = ~roles.of(OTHER)
    return _part(table, kept), roles.chosen(kept)


def _part(table: pd.DataFrame, rows: BoolArray) -> pd.DataFrame:
    """Return some rows with the attributes of the table, without a copy where that is all of them."""
    if rows.all():
        return table
    part = table[rows]
    part.attrs = table.attrs
    return part


def _places(
    table: pd.DataFrame,
    roles: Roles,
    section: Mapping[str, Any],
    grid_crs: str | None,
    source: str,
    provenance: dict[str, Any],
) -> tuple[FloatArray, CRS, BoolArray, list[InputWarning]]:
    """Return all places in the metric CRS of the survey, that CRS, which rows have no coordinates, and doubts."""
    survey = roles.of(SURVEY)
    found = locate(_part(table, survey), section, source, "samples")
    if not np.isfinite(found.x).any():
        raise InputError(f"{source}: no row has coordinates; check samples.x, samples.y and samples.missing")
    crs = metric_crs(found.x, found.y, found.crs, grid_crs)
    provenance |= {"crs_in": found.stated, "crs_out": crs.to_string()}
    turned = turned_axes(found.crs, crs, source)
    xy = np.full((len(table), 2), np.nan)
    xy[survey] = np.stack(project(found.x, found.y, found.crs, crs), axis=1)
    duplicates = roles.of(*DUPLICATES)
    if duplicates.any():
        located = locate(_part(table, duplicates), section, source, "samples")
        xy[duplicates] = np.stack(project(located.x, located.y, located.crs, crs), axis=1)
    return xy, crs, found.empty, [*found.warnings, *([] if turned is None else [turned])]


def _concentrations(
    table: pd.DataFrame,
    survey: BoolArray,
    wanted: Sequence[Column],
    section: Mapping[str, Any],
    source: str,
) -> tuple[dict[str, Parsed], pd.DataFrame, pd.DataFrame, dict[str, float]]:
    """Return what the survey's own rows say, and of all rows values, whether censored, and detection limits."""
    rows = row_numbers(table)
    parsed = parse_columns(_part(table, survey), wanted, section, source, rows[survey])
    # Zeros and words are limits by what else is in the column: the survey's own rows must not hang on others.
    read = parsed if survey.all() else parse_columns(table, wanted, section, source, rows)
    values, censored = (_filled(read, parsed, survey, name) for name in ("values", "censored"))
    detection = {el: read[el].limit if np.isnan(own.limit) else own.limit for el, own in parsed.items()}
    return parsed, values, censored, detection


def _filled(
    read: Mapping[str, Parsed], parsed: Mapping[str, Parsed], survey: BoolArray, attribute: str
) -> pd.DataFrame:
    """Return an attribute of all rows, that of the survey as its own rows alone give it."""
    parts: dict[str, npt.NDArray[Any]] = {}
    for element, column in read.items():
        parts[element] = getattr(column, attribute)
        if not survey.all():
            parts[element][survey] = getattr(parsed[element], attribute)
    return pd.DataFrame(parts, copy=False)


def _filed_again(roles: Roles, xy: FloatArray, values: pd.DataFrame, censored: pd.DataFrame) -> BoolArray:
    """Tell which rows of the survey repeat an earlier one in place and values; asked for duplicates alone."""
    again = np.zeros(len(xy), dtype=bool)
    if roles.of(*DUPLICATES).any():
        placed = roles.of(SURVEY) & np.isfinite(xy[:, 0])
        again[placed] = identical_rows(xy[placed], values[placed], censored[placed])
    return again


def _number_columns(columns: Sequence[Column], section: Mapping[str, Any]) -> set[str]:
    """Return the columns that hold coordinates and concentrations."""
    every = {one.column for column in columns for one in (column, *column.then)}
    return every | {name for name in (section.get("x"), section.get("y")) if name}


def _with_points(
    table: pd.DataFrame, columns: Sequence[Column], section: Mapping[str, Any], source: str
) -> pd.DataFrame:
    """Write decimal commas as points in the columns of numbers, where the config declares them."""
    numbers = [name for name in table.columns if name in _number_columns(columns, section)]
    attrs = table.attrs
    table = plain_numbers(table, numbers, section, source, "samples")
    table.attrs = attrs
    return table


def analyses_table(analyses: Analyses) -> gpd.GeoDataFrame:
    """Return the analyses as a table, one row for each row of the file, in its order.

    Returns
    -------
    geopandas.GeoDataFrame
        `row` (int64), `sample`, `role`, `material`, `original` (number of the row that a duplicate repeats) and
        `batch` (str, "" where there is none), `order` (float64), per element `<El>` (float64, ppm, NaN missing) and
        `<El>_censored` (bool), and `geometry` (empty for a row without a place).
    """
    roles, original = analyses.roles, analyses.original
    named = np.full(len(original), "", dtype=object)
    named[original >= 0] = analyses.rows[original[original >= 0]].astype(str)
    table: dict[str, Any] = {"row": analyses.rows, "sample": roles.sample, "role": roles.role}
    table |= {"material": roles.material, "original": named, "batch": roles.batch, "order": roles.order}
    for element in map(str, analyses.values):
        table[element] = analyses.values[element].to_numpy(dtype=np.float64)
        table[f"{element}_censored"] = analyses.censored[element].to_numpy(dtype=bool)
    places = gpd.points_from_xy(analyses.xy[:, 0], analyses.xy[:, 1])
    places[np.isnan(analyses.xy[:, 0])] = None
    return gpd.GeoDataFrame(pd.DataFrame(table, copy=False), geometry=places, crs=analyses.crs)
