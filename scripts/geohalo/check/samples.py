"""What a check understands of a table of samples; where cleaning stops, each column is looked at by itself."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
from pyproj import CRS

from geohalo.check.cube import check_cube
from geohalo.check.findings import Findings
from geohalo.check.ground import Ground
from geohalo.covariates.layers import SampleTable
from geohalo.cube.grid import Grid, sampled_mask, survey_grid
from geohalo.cube.method_choice import check_blocks
from geohalo.input_warnings import from_records
from geohalo.survey.analyses import read_analyses
from geohalo.survey.cells import FloatArray, keep_rows, number_rows, row_numbers
from geohalo.survey.censoring import Parsed
from geohalo.survey.choice import (
    choose_elements,
    implausible_units,
    require_values,
    stop_if_implausible,
    wanted_columns,
)
from geohalo.survey.columns import Column, concentration_columns
from geohalo.survey.coordinate_columns import coordinates_left_out
from geohalo.survey.coordinates import locate, project
from geohalo.survey.crs import metric_crs
from geohalo.survey.doubtful_places import scattered_places, typical_spacing
from geohalo.survey.elements import element_table
from geohalo.survey.flags import check_flags, flag_columns
from geohalo.survey.numbers import plain_numbers
from geohalo.survey.parsing import parse_columns
from geohalo.survey.row_roles import SURVEY, row_roles
from geohalo.survey.sample_tables import read_samples
from geohalo.survey.samples import merge_analyses
from geohalo.survey.spelling import plain_columns, plain_section

STAGE = "clean_samples"
#: Why a column is in no map, where its own cells cannot be read.
UNREADABLE = "cannot be read: see the errors"


def check_samples(
    findings: Findings,
    path: str | Path,
    section: Mapping[str, Any],
    grid: Mapping[str, Any],
    interpolation: Mapping[str, Any],
    assays: str | None = None,
    certified: str | None = None,
    transform: str = "none",
) -> Ground:
    """Read a table of samples as a run does, and as far as it can be read where a run would stop.

    Parameters
    ----------
    findings : Findings
        Gets all errors and warnings.
    path : str or Path
        The table.
    section : mapping
        Config section `samples` with its defaults.
    grid : mapping
        Config section `grid`: `crs`, `cell` and `max_distance`.
    interpolation : mapping
        Config section `interpolation`.
    assays, certified : str, optional
        The table of assays that is joined, and that of certified values.
    transform : str
        Config key `cube.transform`.
    """
    read = findings.attempt(STAGE, read_samples, path, section, assays)
    if read is None:
        return Ground(source=str(path))
    table, source = read
    ground = _cleaned(findings, table, section, grid, interpolation, source, certified, transform)
    if ground is None:
        ground = _apart(findings, table, section, grid, source)
    ground.table = table
    ground.unused = unused_columns(table, section, ground.columns)
    ground.columns = with_plausible_range(ground.columns)
    if ground.places is not None and len(ground.places):
        ground.spacing = typical_spacing(ground.places)
        if ground.elements:
            block = 2 * grid["max_distance"]
            findings.attempt("fit_interpolation", check_blocks, ground.places, interpolation, block)
        laid = findings.attempt("interpolate_elements", _laid, ground.places, grid)
        ground.grid, ground.mask = laid or (None, None)
    return ground


def _cleaned(
    findings: Findings,
    table: pd.DataFrame,
    section: Mapping[str, Any],
    grid: Mapping[str, Any],
    interpolation: Mapping[str, Any],
    source: str,
    certified: str | None,
    transform: str,
) -> Ground | None:
    """Return what clean samples tell; None where a run would stop."""
    rows = findings.attempt(STAGE, read_analyses, table, section, grid["crs"], source)
    if rows is None:
        return None
    quality, excluded = None, {}
    if "quality" in section:
        from geohalo.quality.assess import assess_table  # slow to import

        quality = findings.attempt(STAGE, assess_table, rows, section, certified)
        excluded = quality.excluded if quality else {}
    merged = findings.attempt(STAGE, merge_analyses, rows, section, grid["max_distance"], excluded)
    if merged is None:
        return None
    samples, report = merged
    findings.warn(STAGE, from_records(samples.attrs["warnings"]))
    ground = _of_samples(samples, report, source)
    ground.samples = SampleTable(
        table, source, samples["sample"].tolist(), samples.get_coordinates().to_numpy()
    )
    check_cube(findings, samples[ground.elements].to_numpy(dtype=float), ground.elements, transform)
    if quality or section.get("batch"):
        from geohalo.check.control import compare_batches, control_section  # slow to import

        findings.warn(STAGE, quality.warnings if quality else [])
        levelled = compare_batches(findings, rows, samples, section, interpolation, grid["max_distance"])
        ground.control = control_section(quality, ground.counted.get("rows_of_quality_control"), levelled)
    return ground


def _of_samples(samples: gpd.GeoDataFrame, report: pd.DataFrame, source: str) -> Ground:
    """Return what clean samples tell."""
    elements = report.loc[report["kept"].astype(bool), "element"].tolist()
    flags = samples[[f"{element}_censored" for element in elements]].to_numpy(dtype=float)
    return Ground(
        source=source,
        elements=elements,
        columns=report,
        places=samples.get_coordinates().to_numpy(),
        crs=samples.crs,
        counted={key: value for key, value in samples.attrs.items() if key != "warnings"},
        censored=flags.mean(axis=1),
    )


def _laid(places: FloatArray, grid: Mapping[str, Any]) -> tuple[Grid, np.ndarray]:
    """Lay the grid of the maps over the samples."""
    laid = survey_grid(places, grid["cell"], grid["max_distance"])
    return laid, sampled_mask(laid, places, grid["max_distance"])


def with_plausible_range(columns: pd.DataFrame) -> pd.DataFrame:
    """Add `plausible_low` and `plausible_high`, the range in ppm in which the median of a survey lies."""
    known = element_table()
    if columns.empty:
        return columns
    return columns.assign(
        plausible_low=columns["element"].map(known["median_low_ppm"]),
        plausible_high=columns["element"].map(known["median_high_ppm"]),
    )


def unused_columns(table: pd.DataFrame, section: Mapping[str, Any], columns: pd.DataFrame) -> list[str]:
    """Return the columns of a table from which nothing is read.

    Parameters
    ----------
    table : DataFrame
        As read.
    section : mapping
        Config section `samples`.
    columns : DataFrame
        What was understood: `column`, several joined by "; ".
    """
    section = plain_section(section)
    used = {text for key, value in section.items() if key != "elements" for text in _texts(value)}
    used |= set(table.attrs.get("flags", {}).values())
    if isinstance(table, gpd.GeoDataFrame):
        used.add(str(table.geometry.name))
    names = [str(name) for name in plain_columns(table).columns]
    read = {name for name in names if not columns.empty and _is_read(name, columns["column"])}
    flag = section["censoring"].get("flag")
    used |= {name + flag for name in read} if isinstance(flag, str) else set()
    return [name for name in names if name not in used | read]


def _texts(value: Any) -> Iterator[str]:
    """Yield all texts in a part of the config, and the names of columns whose values it lists (`keep`)."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for key, item in value.items():
            if isinstance(item, list):
                yield str(key)
            yield from _texts(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _texts(item)


def _is_read(name: str, columns: pd.Series) -> bool:
    """Tell whether a column is among those that elements were read from."""
    return any(name == message or name in message.split("; ") for message in columns)


@dataclass
class _Table:
    """A table and what all that reads it is told."""

    table: pd.DataFrame
    section: Mapping[str, Any]
    source: str

    @property
    def rows(self) -> np.ndarray:
        """Row numbers in the file."""
        return row_numbers(self.table)


def _apart(
    findings: Findings, table: pd.DataFrame, section: Mapping[str, Any], grid: Mapping[str, Any], source: str
) -> Ground:
    """Look at places and columns one by one, so that all that stops a run is found."""
    section, attrs, (_, first) = plain_section(section), table.attrs, findings.errors[-1]
    findings.warn(STAGE, from_records(attrs.get("warnings", [])))
    keep = {name: kept for name, kept in section.get("keep", {}).items() if name not in attrs.get("kept", ())}
    table = plain_columns(number_rows(table))
    kept = findings.attempt(STAGE, keep_rows, table, keep, source, "samples.keep")
    table = table if kept is None else kept
    roles = findings.attempt(STAGE, row_roles, table, section, source)
    if roles is not None and roles.of(SURVEY).any():
        table = table[roles.of(SURVEY)]
    table.attrs = attrs
    full_table = _Table(table, section, source)
    columns = findings.attempt(STAGE, concentration_columns, table, section, source) or []
    wanted = findings.attempt(STAGE, wanted_columns, columns, section, source) if columns else []
    wanted = columns if wanted is None else wanted
    findings.warn(STAGE, coordinates_left_out(table, section, source) if columns else [])
    places, crs = _places(findings, full_table, grid)
    report, values = _columns(findings, full_table, columns, wanted)
    read = [column for column in wanted if column.element in values]
    findings.attempt(STAGE, require_values, values, read, section, source)
    # A run looks at units after all this: if it came so far, it has told.
    if findings.times_met(first) > 1 and section["implausible"] == "stop":
        there = [column for column in read if values[column.element].notna().any()]
        doubtful = implausible_units(values, there)
        findings.attempt(STAGE, stop_if_implausible, doubtful, there, source)
    return Ground(source=source, columns=report, places=places, crs=crs, counted={"rows_read": len(table)})


def _places(
    findings: Findings, full_table: _Table, grid: Mapping[str, Any]
) -> tuple[FloatArray | None, CRS | None]:
    """Return the places of the rows in metres and their CRS, as far as they are known."""
    section, source = full_table.section, full_table.source
    axes = [str(name) for name in (section.get("x"), section.get("y")) if name in full_table.table.columns]
    table = findings.attempt(STAGE, _with_points, full_table, axes)
    found = None if table is None else findings.attempt(STAGE, locate, table, section, source, "samples")
    if found is None or not np.isfinite(found.x).any():
        return None, None
    findings.warn(STAGE, found.warnings)
    crs = findings.attempt(STAGE, metric_crs, found.x, found.y, found.crs, grid["crs"])
    if crs is None:
        return None, None
    xy = np.stack(project(found.x, found.y, found.crs, crs), axis=1)
    there = np.isfinite(xy[:, 0])
    findings.warn(STAGE, scattered_places(xy[there], full_table.rows[there], grid["max_distance"], source))
    return xy[there], crs


def _columns(
    findings: Findings, full_table: _Table, columns: Sequence[Column], wanted: Sequence[Column]
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return what each column holds, each read by itself, and the values (rows, elements) of those that can be."""
    section, source = full_table.section, full_table.source
    every = [one for column in columns for one in (column, *column.then)]
    flags = findings.attempt(STAGE, flag_columns, full_table.table, every, section["censoring"], source) or {}
    flags = {**flags, **full_table.table.attrs.get("flags", {})}
    known = {str(flag).strip(): meaning for flag, meaning in section["censoring"].get("flags", {}).items()}
    if findings.attempt(STAGE, _checked_flags, full_table.table, flags, known, source) is None:
        flags = {}
    parsed: dict[str, Parsed] = {}
    for column in wanted:
        found = findings.attempt(STAGE, _parsed, full_table, column, flags)
        if found is not None:
            parsed[column.element] = found
            findings.warn(STAGE, found.warnings)
    values = pd.DataFrame({element: one.values for element, one in parsed.items()})
    censored = pd.DataFrame({element: one.censored for element, one in parsed.items()})
    read = [column for column in wanted if column.element in parsed]
    reasons = choose_elements(values, censored, read, section) if read else {}
    known_values = [column for column in read if values[column.element].notna().any()]
    doubtful = implausible_units(values, known_values) if known_values else {}
    rows = [
        _row(column, parsed.get(column.element), reasons, doubtful, column not in wanted)
        for column in columns
    ]
    return pd.DataFrame(rows), values


def _checked_flags(
    table: pd.DataFrame, flags: Mapping[str, str], known: Mapping[str, str], source: str
) -> bool:
    check_flags(table, flags, known, source)
    return True


def _with_points(full_table: _Table, names: Sequence[str]) -> pd.DataFrame:
    """Write decimal commas as points in some columns of numbers, where the config declares them."""
    table = plain_numbers(full_table.table, names, full_table.section, full_table.source, "samples")
    table.attrs = full_table.table.attrs
    return table


def _parsed(full_table: _Table, column: Column, flags: Mapping[str, str]) -> Parsed:
    """Parse one column, with its own flags alone."""
    section = full_table.section
    own = [one.column for one in (column, *column.then)]
    mapped = {name: flags[name] for name in own if name in flags}
    censoring = section["censoring"] | {"flag": mapped or None}
    table = _with_points(full_table, own).copy(deep=False)
    table.attrs = full_table.table.attrs | {"flags": mapped}
    section = {**section, "censoring": censoring}
    return parse_columns(table, [column], section, full_table.source, full_table.rows)[column.element]


def _row(
    column: Column, parsed: Parsed | None, reasons: Mapping[str, str], doubtful: Mapping[str, str], out: bool
) -> dict[str, Any]:
    """Return a row of the columns' report, of the same names as that of `clean_samples`; counts are of rows."""
    element = column.element
    row: dict[str, Any] = {
        "element": element,
        "column": "; ".join(one.column for one in (column, *column.then)),
        "unit": column.unit,
        "factor": column.factor,
    }
    if parsed is not None:
        there = np.isfinite(parsed.values)
        row |= {
            "n": int(there.sum()),
            "missing": int((~there).sum()),
            "censored": int(parsed.censored.sum()),
            "above_limit": parsed.n_above,
            "dates": parsed.n_dates,
            "detection_limit_ppm": parsed.limit,
            "median_ppm": float(np.median(parsed.values[there])) if there.any() else np.nan,
        }
    reason = "left out by samples.include or samples.exclude" if out else reasons.get(element, UNREADABLE)
    return row | {"kept": reason == "", "reason": reason or doubtful.get(element, "")}
