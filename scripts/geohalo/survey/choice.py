"""Which elements a survey can support, and whether their units are plausible."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from geohalo.errors import InputError
from geohalo.input_warnings import InputWarning
from geohalo.survey.columns import Column
from geohalo.survey.elements import UNIT_TO_PPM, concentration_factor, element_table

HIGHEST_PPM = 1e6
_MOST_NAMED = 12
#: How the reason begins for which an element is left out that tells nothing.
CONSTANT = "the same value in all samples"


def wanted_columns(columns: Sequence[Column], section: Mapping[str, Any], source: str) -> list[Column]:
    """Return the columns that `samples.include` and `samples.exclude` leave.

    Raises
    ------
    InputError
        A name is no element, an element to include has no column, one is both included and
        excluded, or none is left.
    """
    include, exclude = (_symbols(section, key) for key in ("include", "exclude"))
    absent = include - {column.element for column in columns}
    if absent:
        raise InputError(
            f"{source}: samples.include asks for {', '.join(sorted(absent))}, but no column that "
            "matches samples.elements reports it"
        )
    both = include & exclude
    if both:
        raise InputError(
            f"samples.exclude: {', '.join(sorted(both))} is in samples.include too; remove it from one"
        )
    wanted = [c for c in columns if c.element not in exclude and (not include or c.element in include)]
    if not wanted:
        raise InputError(f"{source}: samples.exclude leaves no element of those that the columns report")
    return wanted


def _symbols(section: Mapping[str, Any], key: str) -> set[str]:
    try:
        return {concentration_factor(name, "ppm")[0] for name in section.get(key, ())}
    except InputError as error:
        raise InputError(f"samples.{key}: {error}") from error


def require_values(
    values: pd.DataFrame,
    columns: Sequence[Column],
    section: Mapping[str, Any],
    source: str,
    dates: Mapping[str, int] | None = None,
) -> None:
    """Raise an InputError when an element has no value at all.

    `dates` tells how many cells of an element hold dates.
    With `samples.empty` set to `report` only elements that `samples.include` lists are looked at.
    """
    named = bool(section.get("include"))
    empty = [column for column in columns if values[column.element].isna().all()]
    if not empty or not (named or section["empty"] == "stop"):
        return
    first, others = empty[0], ", ".join(column.element for column in empty[1:])
    more = f" Neither have {others}." if others else ""
    place = f"{source}, column {first.column!r}: {first.element}"
    if (dates or {}).get(first.element):
        raise InputError(
            f"{place} has no value at all, and {(dates or {})[first.element]} cells hold dates: format the column as "
            "numbers in the spreadsheet program and save it again, or leave the element out with "
            f"samples.exclude.{more}"
        )
    if named:
        raise InputError(
            f"{place} is listed in samples.include but has no value at all; remove it there, or check "
            f"samples.missing and samples.keep.{more}"
        )
    raise InputError(
        f"{place} has no value at all; check samples.missing and samples.keep, leave the element out with "
        f"samples.exclude, or set samples.empty to 'report'.{more}"
    )


def choose_elements(
    values: pd.DataFrame,
    censored: pd.DataFrame,
    columns: Sequence[Column],
    section: Mapping[str, Any],
) -> dict[str, str]:
    """Tell for each element why its coverage or censoring drops it; "" for the ones that are kept.

    Parameters
    ----------
    values, censored : DataFrame, shape (places, elements)
        Concentrations, NaN where missing, and censored flags.
    columns : sequence of Column
        The column of each element.
    section : mapping
        Config section `samples`. An element listed in `include` is kept whatever its coverage and
        censoring; one that has the same value everywhere stops where the cube is stacked.
    """
    named = bool(section.get("include"))
    coverage = values.notna().mean()
    censored_share = censored.sum() / values.notna().sum().clip(lower=1)
    reasons = {}
    for column in columns:
        element = column.element
        reason = ""
        if coverage[element] == 0:
            reason = "no values"
        elif not named and coverage[element] < section["min_coverage"]:
            share = coverage[element]
            reason = f"analysed in {share:.1%} of the samples, under samples.min_coverage"
        elif not named and censored_share[element] > section["max_censored"]:
            share = censored_share[element]
            reason = f"censored in {share:.1%} of its analyses, over samples.max_censored"
        elif not named and values[element].nunique() == 1:
            reason = f"{CONSTANT} ({values[element].min():g} ppm)"
        reasons[element] = reason
    return reasons


def few_elements(report: pd.DataFrame, section: Mapping[str, Any], source: str) -> list[InputWarning]:
    """Return the warning that coverage and censoring leave out more elements than they keep.

    Parameters
    ----------
    report : DataFrame
        One row per column: `element`, `n`, `missing`, `kept` and `reason`.
    section : mapping
        Config section `samples`.
    source : str
        The file.
    """
    lost = report[
        report["reason"].str.contains("samples.min_coverage|samples.max_censored") & ~report["kept"]
    ]
    kept = int(report["kept"].sum())
    if len(lost) <= kept:
        return []
    sparse = lost[lost["reason"].str.contains("samples.min_coverage")]
    names = ", ".join(lost["element"].head(_MOST_NAMED))
    more = f" and {len(lost) - _MOST_NAMED} more" if len(lost) > _MOST_NAMED else ""
    key = "samples.min_coverage" if len(sparse) * 2 >= len(lost) else "samples.max_censored"
    change = "lower" if key == "samples.min_coverage" else "raise"
    return [
        InputWarning(
            f"only {kept} of {kept + len(lost)} elements are left: {len(sparse)} are analysed in too few samples "
            f"(samples.min_coverage {section['min_coverage']:g}) and {len(lost) - len(sparse)} censored in too many "
            f"(samples.max_censored {section['max_censored']:g}); left out are {names}{more}",
            f"{change} {key}, keep the rows of one method with samples.keep, or name the elements to use in "
            "samples.include; samples_report.csv has the share of each",
            source,
        )
    ]


def constant_elements(report: pd.DataFrame, source: str) -> list[InputWarning]:
    """Return a warning for each element that is left out since it has one value everywhere.

    Parameters
    ----------
    report : DataFrame
        One row per column: `element`, `column` and `reason`.
    source : str
        The file.
    """
    rows = report[report["reason"].str.startswith(CONSTANT)]
    return [
        InputWarning(
            f"{row.element} has {row.reason} and is left out",
            "check the column and its detection limit, or name the element in samples.exclude",
            source,
            str(row.column),
        )
        for row in rows.itertuples()
    ]


def implausible_units(values: pd.DataFrame, columns: Sequence[Column]) -> dict[str, str]:
    """Describe the elements whose unit cannot be right.

    Parameters
    ----------
    values : DataFrame, shape (places, elements)
        Concentrations in ppm.
    columns : sequence of Column
        The columns to look at.

    Returns
    -------
    dict of str to str
        Per implausible element a text with its median, the plausible range and the unit that would
        fit.
    """
    table = element_table()
    messages = {}
    for column in columns:
        series = values[column.element].dropna()
        low = float(table["median_low_ppm"][column.element])
        high = float(table["median_high_ppm"][column.element])
        median, largest = float(series.median()), float(series.max())
        if low <= median <= high and largest <= HIGHEST_PPM:
            continue
        likely = _likely_unit(column, median, largest, low, high)
        fault = f"the median is {median:.4g} ppm, plausible are {low:g} to {high:g}"
        if low <= median <= high:
            fault = f"the highest value is {largest:.4g} ppm, more than {HIGHEST_PPM:g} is impossible"
        messages[column.element] = f"read as {column.unit}, {fault}; {likely}"
    return messages


def _likely_unit(column: Column, median: float, largest: float, low: float, high: float) -> str:
    """Name the unit that brings the median nearest to the middle of the plausible range."""
    middle = math.sqrt(low * high)
    distance = {}
    for unit in UNIT_TO_PPM:
        scale = concentration_factor(column.name, unit)[1] / column.factor
        if low <= median * scale <= high and largest * scale <= HIGHEST_PPM:
            distance[unit] = abs(math.log(median * scale / middle))
    if not distance:
        return "no other unit makes it plausible"
    return f"as {min(distance, key=lambda unit: distance[unit])} it would be plausible"


def stop_if_implausible(faults: Mapping[str, str], columns: Sequence[Column], source: str) -> None:
    """Raise an InputError with the first of `implausible_units` and the names of the others."""
    if not faults:
        return
    first, *others = faults
    header = next(column.column for column in columns if column.element == first)
    more = f" Also implausible: {', '.join(others)}." if others else ""
    raise InputError(
        f"{source}, column {header!r}: {faults[first]}.{more} Correct samples.units or "
        "samples.unit, leave the element out with samples.exclude, or set samples.implausible "
        "to `report` if the analysis is a partial digest"
    )
