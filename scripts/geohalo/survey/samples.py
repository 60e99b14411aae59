"""A survey table as read, to one clean row per place."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd

from geohalo.errors import InputError
from geohalo.input_warnings import as_records, from_records
from geohalo.survey.cells import (
    BoolArray,
    FloatArray,
    keep_rows,
    number_rows,
    row_numbers,
)
from geohalo.survey.censoring import Parsed
from geohalo.survey.choice import (
    choose_elements,
    constant_elements,
    few_elements,
    implausible_units,
    require_values,
    stop_if_implausible,
    wanted_columns,
)
from geohalo.survey.columns import Column, concentration_columns
from geohalo.survey.coordinate_columns import coordinate_doubts, coordinates_left_out
from geohalo.survey.coordinates import locate, project
from geohalo.survey.crs import metric_crs, turned_axes
from geohalo.survey.doubtful_places import scattered_places, unplaced_rows
from geohalo.survey.near_misses import nearly_kept
from geohalo.survey.numbers import plain_numbers
from geohalo.survey.parsing import parse_columns
from geohalo.survey.places import group_places, identical_rows, joined_names, merge_places
from geohalo.survey.repeats import differing_rows, table_without
from geohalo.survey.spelling import plain_columns, plain_section

FEWEST_SAMPLES = 30
FEWEST_ELEMENTS = 2


def clean_samples(
    table: pd.DataFrame,
    section: Mapping[str, Any],
    grid_crs: str | None = None,
    source: str | Path = "samples",
    max_distance: float = 0.0,
) -> tuple[gpd.GeoDataFrame, pd.DataFrame]:
    """Clean a survey: ppm, detection limits, duplicates, metric CRS, a choice of elements.

    Parameters
    ----------
    table : pandas.DataFrame or geopandas.GeoDataFrame
        The table as `read_table` returns it.
    section : mapping
        Config section `samples` with all defaults filled in.
    grid_crs : str, optional
        Config key `grid.crs`.
    source : str or Path
        File name, for messages and provenance.
    max_distance : float
        Config key `grid.max_distance`: rows that lie many times as far from all others are doubtful.

    Returns
    -------
    samples : geopandas.GeoDataFrame
        One row per place in the metric CRS: `sample` (row numbers in the file, joined by `;` where
        rows were merged), per kept element in file order `<El>` (float64, ppm, NaN missing) and
        `<El>_censored` (bool), and `geometry`. `attrs` holds the provenance: `source`, `rows_read`,
        `rows_kept` (by `keep`), `dropped_without_coordinates`, `dropped_without_values`,
        `identical_rows_dropped`, `rows_merged` (how many rows went into another one's place),
        `samples` (rows of the result), `crs_in`, `crs_out` and `warnings`.
    report : pandas.DataFrame
        One row per concentration column: `element`, `column`, `unit`, `factor` (to ppm), `n`,
        `missing` and `censored` (places), `above_limit` and `dates` (cells), `detection_limit_ppm`,
        `median_ppm`, `kept` and `reason`.

    Raises
    ------
    InputError
        Bad input, at the first stage that meets it; the message names file, column and row or the
        config key.
    """
    source = str(source)
    provenance: dict[str, Any] = {"source": source, "rows_read": len(table)}
    section, attrs = plain_section(section), table.attrs
    doubts = from_records(attrs.get("warnings", []))
    keep = {name: kept for name, kept in section.get("keep", {}).items() if name not in attrs.get("kept", ())}
    every = plain_columns(number_rows(table))
    table = keep_rows(every, keep, source, "samples.keep")
    doubts += nearly_kept(every, table, keep, source, "samples.keep") if len(table) < len(every) else []
    table.attrs = attrs
    del every
    provenance["rows_kept"] = len(table)
    columns = concentration_columns(table, section, source)
    doubts += coordinates_left_out(table, section, source)
    wanted = wanted_columns(columns, section, source)
    table = _with_points(table, wanted, section, source)

    found, rows = locate(table, section, source, "samples"), row_numbers(table)
    if not np.isfinite(found.x).any():
        raise InputError(f"{source}: no row has coordinates; check samples.x, samples.y and samples.missing")
    crs_out = metric_crs(found.x, found.y, found.crs, grid_crs)
    provenance |= {"crs_in": found.stated, "crs_out": crs_out.to_string()}
    turned = turned_axes(found.crs, crs_out, source)
    doubts += [*found.warnings, *([] if turned is None else [turned])]
    xy = np.stack(project(found.x, found.y, found.crs, crs_out), axis=1)

    parsed = parse_columns(table, wanted, section, source, rows)
    about = table_without(table, _number_columns(wanted, section))
    del table  # text takes more than all that follows
    values = pd.DataFrame({element: column.values for element, column in parsed.items()}, copy=False)
    censored = pd.DataFrame({element: column.censored for element, column in parsed.items()}, copy=False)
    dates = {element: column.n_dates for element, column in parsed.items() if column.n_dates}
    require_values(values, wanted, section, source, dates)
    doubts += [one for column in parsed.values() for one in column.warnings]
    doubts += coordinate_doubts(wanted, values, xy, list(about.columns), source)
    usable = _usable_rows(xy, values, censored, provenance)
    _require_samples(int(usable.sum()), provenance)
    doubts += unplaced_rows(found.empty, _measured(values), rows, source)
    doubts += scattered_places(xy[usable], rows[usable], max_distance, source)
    place = group_places(xy[usable], float(section["merge_distance"]))
    names = joined_names(place, rows[usable])
    doubts += differing_rows(place, rows[usable], *_chosen(usable, values, censored), about[usable], source)
    del about
    xy, values, censored = merge_places(place, xy[usable], *_chosen(usable, values, censored))
    provenance["rows_merged"] = len(place) - len(values)

    kept, report = _choose(columns, wanted, parsed, values, censored, section, source)
    doubts += few_elements(report, section, source)
    doubts += constant_elements(report, source)
    provenance["warnings"] = as_records(doubts)
    measured = _measured(values[[column.element for column in kept]])
    provenance["dropped_without_values"] += int((~measured).sum())
    provenance["samples"] = int(measured.sum())
    _require_samples(provenance["samples"], provenance)
    values, censored = _chosen(measured, values, censored)
    samples = _samples(names[measured], xy[measured], values, censored, kept, crs_out)
    samples.attrs = provenance
    return samples, report


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


def _choose(
    columns: Sequence[Column],
    wanted: Sequence[Column],
    parsed: Mapping[str, Parsed],
    values: pd.DataFrame,
    censored: pd.DataFrame,
    section: Mapping[str, Any],
    source: str,
) -> tuple[list[Column], pd.DataFrame]:
    """Return the columns whose coverage, censoring and unit are good enough, and the report."""
    reasons = choose_elements(values, censored, wanted, section)
    kept = [column for column in wanted if not reasons[column.element]]
    doubtful = implausible_units(values, kept)
    if section["implausible"] == "stop":
        stop_if_implausible(doubtful, kept, source)
    report = _report(columns, parsed, values, censored, reasons, doubtful)
    if len(kept) < FEWEST_ELEMENTS:
        dropped = report[~report["kept"]].head(5)
        told = "; ".join(f"{row.element}: {row.reason}" for row in dropped.itertuples())
        raise InputError(
            f"{source}: {len(kept)} elements are left, at least {FEWEST_ELEMENTS} are needed "
            f"({told}); see samples.elements, samples.include, samples.min_coverage and "
            "samples.max_censored"
        )
    return kept, report


def _chosen(
    rows: BoolArray, values: pd.DataFrame, censored: pd.DataFrame
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return some rows of both tables, without a copy where that is all of them."""
    return (values, censored) if rows.all() else (values[rows], censored[rows])


def _measured(values: pd.DataFrame) -> BoolArray:
    """Tell which rows have a value."""
    measured = np.zeros(len(values), dtype=bool)
    for element in values:
        measured |= values[element].notna().to_numpy()
    return measured


def _usable_rows(
    xy: FloatArray, values: pd.DataFrame, censored: pd.DataFrame, provenance: dict[str, Any]
) -> BoolArray:
    """Tell which rows have a place and a value and repeat no other; count in `provenance`."""
    located = np.isfinite(xy[:, 0])
    valued = _measured(values)
    usable = located & valued
    provenance["dropped_without_coordinates"] = int((~located).sum())
    provenance["dropped_without_values"] = int((located & ~valued).sum())
    repeated = identical_rows(xy[usable], *_chosen(usable, values, censored))
    provenance["identical_rows_dropped"] = int(repeated.sum())
    usable[usable] = ~repeated
    return usable


def _require_samples(count: int, provenance: Mapping[str, Any]) -> None:
    if count < FEWEST_SAMPLES:
        lost = "; ".join(
            f"{provenance[key]} {text}"
            for key, text in (
                ("rows_read", "rows read"),
                ("rows_kept", "kept by samples.keep"),
                ("dropped_without_coordinates", "without coordinates"),
                ("dropped_without_values", "without values"),
                ("identical_rows_dropped", "identical to another"),
            )
        )
        raise InputError(
            f"{provenance['source']}: only {count} usable samples, at least {FEWEST_SAMPLES} are "
            f"needed ({lost})"
        )


def _report(
    columns: Sequence[Column],
    parsed: Mapping[str, Parsed],
    values: pd.DataFrame,
    censored: pd.DataFrame,
    reasons: Mapping[str, str],
    doubtful: Mapping[str, str],
) -> pd.DataFrame:
    records = []
    for column in columns:
        element = column.element
        record: dict[str, Any] = {
            "element": element,
            "column": "; ".join(one.column for one in (column, *column.then)),
            "unit": column.unit,
            "factor": column.factor,
        }
        if element in parsed:
            record |= {
                "n": int(values[element].notna().sum()),
                "missing": int(values[element].isna().sum()),
                "censored": int(censored[element].sum()),
                "above_limit": parsed[element].n_above,
                "dates": parsed[element].n_dates,
                "detection_limit_ppm": parsed[element].limit,
                "median_ppm": float(values[element].median()),
            }
        reason = reasons.get(element, "left out by samples.include or samples.exclude")
        records.append(record | {"kept": reason == "", "reason": reason or doubtful.get(element, "")})
    report = pd.DataFrame(records)
    counts = ["n", "missing", "censored", "above_limit", "dates"]
    return report.astype(dict.fromkeys(counts, "Int64"))


def _samples(
    names: pd.Series,
    xy: npt.NDArray[np.float64],
    values: pd.DataFrame,
    censored: pd.DataFrame,
    kept: Sequence[Column],
    crs: Any,
) -> gpd.GeoDataFrame:
    table: dict[str, npt.NDArray[Any]] = {"sample": names.to_numpy(dtype=object)}
    for column in kept:
        table[column.element] = values[column.element].to_numpy(dtype=np.float64)
        table[f"{column.element}_censored"] = censored[column.element].to_numpy(dtype=bool)
    return gpd.GeoDataFrame(
        pd.DataFrame(table, copy=False), geometry=gpd.points_from_xy(xy[:, 0], xy[:, 1]), crs=crs
    )
