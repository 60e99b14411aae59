"""A survey table as read, to one clean row per place."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd

from geohalo.errors import InputError
from geohalo.input_warnings import InputWarning, as_records
from geohalo.survey.analyses import Analyses, read_analyses
from geohalo.survey.batch_hints import unnamed_batches
from geohalo.survey.cells import BoolArray, FloatArray
from geohalo.survey.censoring import Parsed
from geohalo.survey.choice import (
    choose_elements,
    constant_elements,
    few_elements,
    implausible_units,
    stop_if_implausible,
)
from geohalo.survey.columns import Column
from geohalo.survey.control_hints import joined_doubts, unnamed_control
from geohalo.survey.doubtful_places import scattered_places
from geohalo.survey.places import group_places, identical_rows, joined_names, merge_places
from geohalo.survey.repeats import differing_rows
from geohalo.survey.row_doubts import (
    copied_rows,
    crowded_place,
    many_merged,
    mixed_rows,
    rejected_rows,
    rows_without_values,
    statistics_rows,
)
from geohalo.survey.spelling import plain_section

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
        `rows_kept` (by `keep`), `rows_of_quality_control` (where `quality` is
        given), `dropped_without_coordinates`, `dropped_without_values`,
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
    return merge_analyses(read_analyses(table, section, grid_crs, source), section, max_distance)


def merge_analyses(
    analyses: Analyses,
    section: Mapping[str, Any],
    max_distance: float = 0.0,
    failing: Mapping[str, str] | None = None,
) -> tuple[gpd.GeoDataFrame, pd.DataFrame]:
    """Merge the survey's rows of one place and choose the elements that the survey can support.

    Parameters
    ----------
    analyses : Analyses
        Of which the rows of the survey are used alone.
    section, max_distance
        As in `clean_samples`.
    failing : mapping of str to str, optional
        Why an element is left out, whatever its coverage.

    Returns
    -------
    samples, report
        As `clean_samples`.

    Raises
    ------
    InputError
        Too few samples or elements are left, or units are implausible.
    """
    section = plain_section(section)
    survey, source, provenance = analyses.survey, analyses.source, dict(analyses.provenance)
    values, censored = _chosen(survey, analyses.values, analyses.censored)
    xy, rows, doubts = analyses.xy[survey], analyses.rows[survey], list(analyses.warnings)
    usable = _usable_rows(xy, values, censored, provenance)
    doubts += rows_without_values(xy, values, rows, doubts, source)
    _require_samples(int(usable.sum()), provenance)
    doubts += scattered_places(xy[usable], rows[usable], max_distance, source)
    place = group_places(xy[usable], float(section["merge_distance"]))
    names = joined_names(place, rows[usable])
    differing = differing_rows(
        place, rows[usable], *_chosen(usable, values, censored), analyses.about[survey][usable], source
    )
    control = [] if "quality" in section else unnamed_control(analyses.about, analyses.rows, source)
    doubts += joined_doubts(differing, control)
    doubts += _doubtful_rows(
        analyses, section, usable, place, *_chosen(usable, values, censored), bool(differing)
    )
    xy, values, censored = merge_places(place, xy[usable], *_chosen(usable, values, censored))
    provenance["rows_merged"] = len(place) - len(values)

    kept, report = _choose(analyses, values, censored, section, failing or {})
    doubts += few_elements(report, section, source)
    doubts += constant_elements(report, source)
    provenance["warnings"] = as_records(doubts)
    measured = _measured(values[[column.element for column in kept]])
    provenance["dropped_without_values"] += int((~measured).sum())
    provenance["samples"] = int(measured.sum())
    _require_samples(provenance["samples"], provenance)
    values, censored = _chosen(measured, values, censored)
    samples = _samples(names[measured], xy[measured], values, censored, kept, analyses.crs)
    samples.attrs = provenance
    return samples, report


def _doubtful_rows(
    analyses: Analyses,
    section: Mapping[str, Any],
    usable: BoolArray,
    place: npt.NDArray[np.int64],
    values: pd.DataFrame,
    censored: pd.DataFrame,
    differing: bool,
) -> list[InputWarning]:
    """Tell of rows that are hardly samples of one map; nothing twice where rows of one place differ."""
    survey, source = analyses.survey, analyses.source
    about, rows = analyses.about[survey][usable], analyses.rows[survey][usable]
    xy = analyses.xy[survey][usable]
    doubts = statistics_rows(about, rows, source)
    doubts += copied_rows(xy, values, censored, rows, source)
    if not differing:
        chosen = {*section.get("keep", {}), section.get("batch"), section.get("quality", {}).get("column")}
        doubts += mixed_rows(about, rows, chosen, source)
        doubts += rejected_rows(about, rows, chosen, source)
        if not section.get("batch"):
            doubts += unnamed_batches(about, xy, values, rows, chosen, source)
        doubts += crowded_place(place, xy, rows, source)
        doubts += many_merged(place, rows, float(section["merge_distance"]), source)
    return doubts


def _choose(
    analyses: Analyses,
    values: pd.DataFrame,
    censored: pd.DataFrame,
    section: Mapping[str, Any],
    failing: Mapping[str, str],
) -> tuple[list[Column], pd.DataFrame]:
    """Return the columns whose coverage, censoring, unit and quality are good enough, and the report."""
    columns, wanted, source = analyses.columns, analyses.wanted, analyses.source
    reasons = choose_elements(values, censored, wanted, section)
    reasons |= {element: why for element, why in failing.items() if not reasons.get(element)}
    kept = [column for column in wanted if not reasons[column.element]]
    doubtful = implausible_units(values, kept)
    if section["implausible"] == "stop":
        stop_if_implausible(doubtful, kept, source)
    report = _report(columns, analyses.parsed, values, censored, reasons, doubtful)
    if len(kept) < FEWEST_ELEMENTS:
        dropped = report[~report["kept"]].head(5)
        message = "; ".join(f"{row.element}: {row.reason}" for row in dropped.itertuples())
        raise InputError(
            f"{source}: {len(kept)} elements are left, at least {FEWEST_ELEMENTS} are needed "
            f"({message}); see samples.elements, samples.include, samples.min_coverage and "
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
                ("rows_of_quality_control", "of quality control"),
                ("dropped_without_coordinates", "without coordinates"),
                ("dropped_without_values", "without values"),
                ("identical_rows_dropped", "identical to another"),
                ("rows_merged", "merged with others of their place, by samples.merge_distance"),
            )
            if key in provenance
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
