"""The parts of a check's page: places, columns or bands, deposits, distances, labels and folds."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from pyproj import Transformer

from geohalo.check.cost import Cost
from geohalo.check.deposits import KnownDeposits
from geohalo.check.ground import Ground
from geohalo.check.labels import Labels
from geohalo.network.presets import KINDS
from geohalo.products.html_pages import Section
from geohalo.products.report_pictures import Picture
from geohalo.products.report_quality import PROVENANCE, facts
from geohalo.products.report_tables import Column, table
from geohalo.products.report_text import area, number, significant, size
from geohalo.products.styles import amount
from geohalo.survey.crs import crs_name

#: What the cleaning of deposits counts, in words.
DEPOSIT_COUNTS = {
    "rows_read": "Rows read",
    "rows_kept": "Rows kept by deposits.keep",
    "dropped_without_coordinates": "Dropped: no coordinates",
    "dropped_beyond_projection": "Dropped: no place in the CRS of the survey",
    "rows_merged": "Records merged (deposits.merge_distance)",
    "deposits": "Deposits",
    "inside": "Inside the survey",
    "crs_in": "CRS of the list",
}


#: Schemes in which kinds of data that are trained alone are compared.
COMPARED = ("held_out", "inner")
#: Columns of the table of columns that are left out where they hold nothing.
RARE = ("above_limit", "dates")
#: What a range begins with outside which a median lies.
NOT = "not in "
PLAUSIBLE = "where the median of a survey lies (elements.csv); wide on purpose: a wrong unit falls out"


def count(value: float) -> str:
    """Return a whole number with its thousands apart."""
    return f"{value:,.0f}"


def metres(value: float) -> str:
    """Return a distance in metres."""
    return f"{value:,.10g} m"


def summary(ground: Ground, deposits: KnownDeposits) -> str:
    """Return the survey in a line, as far as it could be read."""
    parts = []
    if ground.places is not None and ground.spacing is not None:
        parts.append(amount(len(ground.places), "sample"))
    if ground.elements:
        parts.append(amount(len(ground.elements), "element"))
    if deposits.table is not None:
        parts.append(amount(len(deposits.table), "known deposit"))
    if ground.grid is not None and ground.n_cells:
        parts.append(f"{ground.n_cells:,} cells of {metres(ground.grid.cell)}")
    return ", ".join(parts)


def places_section(ground: Ground, pictures: Sequence[Picture], medium: str = "") -> Section:
    """Return the part on where the survey lies, what became of its rows, and what its samples stand for."""
    rows = [
        (
            label,
            count(ground.counted[key]) if isinstance(ground.counted[key], int) else str(ground.counted[key]),
        )
        for key, label in PROVENANCE.items()
        if ground.counted.get(key) not in (None, "")
    ]
    if ground.crs is not None and "crs_out" not in ground.counted:
        rows.append(("CRS of the survey", crs_name(ground.crs)))
    if medium and ground.spacing is not None:
        rows.append(("Samples", medium))
    if ground.places is not None and len(ground.places):
        rows += _extent(ground)
    if ground.spacing:
        rows.append(("Distance between neighbouring samples, median", metres(round(ground.spacing))))
    if ground.grid is not None:
        cell = ground.grid.cell
        inside = f"{ground.n_cells:,} of {' x '.join(map(str, ground.grid.shape))}"
        rows += [
            ("Cells of the map", f"{inside}, {metres(cell)} each"),
            ("Area of the map", area(ground.n_cells * (cell / 1000) ** 2)),
        ]
    tables = [facts(rows, f"Places and rows: {Path(ground.source).name}", "table-places")] if rows else []
    return Section("places", "Places", tables=tables, pictures=list(pictures))


def _extent(ground: Ground) -> list[tuple[str, str]]:
    """Return the extent of the places in metres and in degrees."""
    assert ground.places is not None
    (west, south), (east, north) = ground.places.min(axis=0), ground.places.max(axis=0)
    rows = [
        ("Easting", f"{count(west)} to {count(east)} m ({(east - west) / 1000:,.4g} km)"),
        ("Northing", f"{count(south)} to {count(north)} m ({(north - south) / 1000:,.4g} km)"),
    ]
    if ground.crs is None:
        return rows
    to_degrees = Transformer.from_crs(ground.crs, "EPSG:4326", always_xy=True)
    corners = to_degrees.transform([west, east, west, east], [south, south, north, north])
    if np.isfinite(corners).all():
        (x, y) = (np.sort(one) for one in corners)
        rows.append(("Longitude", f"{number(x[0], 3)} to {number(x[-1], 3)}"))
        rows.append(("Latitude", f"{number(y[0], 3)} to {number(y[-1], 3)}"))
    return rows


def columns_section(ground: Ground) -> Section:
    """Return the part on what was understood of each column of a table."""
    frame = ground.columns
    if frame.empty:
        return Section("columns", "Columns")
    frame = frame.drop(columns=[name for name in RARE if name in frame and not frame[name].fillna(0).any()])
    kept = frame["kept"].astype(bool)
    frame = frame.assign(
        plausible=_plausible(frame.get("median_ppm"), frame),
        kept=np.where(kept, "yes", "no"),
    )
    noted = frame["reason"] != ""
    frame.loc[noted, "kept"] += ": " + frame["reason"][noted]
    lead = [f"{kept.sum()} of {amount(len(frame), 'element')} are kept."]
    if ground.unused:
        lead.append(f"Not read: {', '.join(ground.unused)}.")
    columns = [
        Column("element", "Element"),
        Column("column", "Column"),
        Column("unit", "Unit"),
        Column("factor", "Factor to ppm", significant),
        Column("n", "Values", count),
        Column("censored", "Below limit", count),
        Column("missing", "Missing", count),
        Column("above_limit", "Above limit", count),
        Column("dates", "Dates", count, "cells in which a spreadsheet made a date of a number"),
        Column("detection_limit_ppm", "Limit (ppm)", significant),
        Column("median_ppm", "Median (ppm)", significant),
        Column("plausible", "Plausible (ppm)", None, PLAUSIBLE),
        Column("kept", "Kept"),
    ]
    caption = (
        "What was understood of each column of concentrations. Values, below limit and missing count places."
    )
    return _understood("Columns", lead, frame, columns, caption)


def bands_section(ground: Ground) -> Section:
    """Return the part on what was understood of each raster."""
    frame = ground.columns
    if frame.empty:
        return Section("columns", "Rasters")
    low, high = (
        frame.get(name, pd.Series(np.nan, frame.index)) for name in ("plausible_low", "plausible_high")
    )
    frame = frame.assign(plausible_low=low, plausible_high=high)
    frame["plausible"] = _plausible(frame["median"], frame)
    lead = []
    if len(alike := frame[["size", "cell", "crs"]].drop_duplicates()) == 1:
        size_, cell, crs = alike.iloc[0]
        lead.append(f"All rasters: {size_} cells (rows x columns) of {metres(cell)}, {crs}.")
        frame = frame.drop(columns=["size", "cell", "crs"])
    frame = frame.drop(columns=[name for name in ("stated_unit", "zeros") if not frame[name].any()])
    columns = [
        Column("element", "Element"),
        Column("file", "File"),
        Column("band", "Band"),
        Column("stated_unit", "Unit of the file"),
        Column("unit", "Unit, as taken"),
        Column("factor", "Factor to ppm", significant),
        Column("nodata", "No-data code", lambda value: f"{value:g}", "as the file declares it"),
        Column("size", "Rows x columns"),
        Column("cell", "Cell (m)", significant),
        Column("crs", "CRS"),
        Column("n", "Cells with a value", count),
        Column("missing", "Cells without", count),
        Column("zeros", "Zeros", count),
        Column("low", "Lowest", significant),
        Column("median", "Median", significant),
        Column("high", "Highest", significant),
        Column("plausible", "Plausible (ppm)", None, PLAUSIBLE),
    ]
    caption = "What was understood of each raster. Values are in ppm; bands that are no concentration are as they are."
    return _understood("Rasters", lead, frame, columns, caption)


def _understood(
    title: str, lead: list[str], frame: pd.DataFrame, columns: list[Column], caption: str
) -> Section:
    """Return a part with a table of what was understood of each column or raster."""
    shown = table(frame, columns, caption, "table-columns", strong=_odd(frame))
    return Section("columns", title, lead=lead, tables=[shown])


def _plausible(median: pd.Series | None, frame: pd.DataFrame) -> list[str]:
    """Write the range in which each median should lie, beginning with `NOT` where it does not."""
    known = [np.nan] * len(frame) if median is None else median.tolist()
    texts = []
    for value, low, high in zip(known, frame["plausible_low"], frame["plausible_high"], strict=True):
        text = f"{significant(low)} to {significant(high)}" if low == low and high == high else ""
        texts.append(f"{NOT}{text}" if text and value == value and not low <= value <= high else text)
    return texts


def _odd(frame: pd.DataFrame) -> list[bool]:
    """Tell which rows stand out: an implausible median, or a column that cannot be read."""
    unread = frame["n"].isna() if "n" in frame else pd.Series(data=False, index=frame.index)
    return [text.startswith(NOT) or bool(one) for text, one in zip(frame["plausible"], unread, strict=True)]


def deposits_section(deposits: KnownDeposits, labels: Labels) -> Section:
    """Return the part on the deposits: what became of the rows, groups, and those that are lost."""
    rows = [
        (label, count(value) if isinstance(value := deposits.counted[key], int) else str(value))
        for key, label in DEPOSIT_COUNTS.items()
        if deposits.counted.get(key) not in (None, "")
    ]
    if deposits.groups is not None:
        rows.append(("Groups inside (labels.group_distance)", count(deposits.groups)))
    file = Path(str(deposits.counted.get("source", ""))).name
    caption = f"Known deposits: {file}" if file else "Known deposits"
    tables = [facts(rows, caption, "table-deposits")] if rows else []
    if not labels.lost.empty:
        columns = [Column("name", "Deposit"), Column("row", "Row", str), Column("why", "Why it is not used")]
        tables.append(
            table(
                labels.lost,
                columns,
                f"{amount(len(labels.lost), 'deposit')} not used.",
                "table-lost",
                folded=True,
            )
        )
    return Section("deposits", "Deposits", tables=tables)


def labels_section(labels: Labels, distances: pd.DataFrame, spacing: float | None) -> Section:
    """Return the part on labels, folds and distances."""
    tables, lead = [], []
    if labels.positive is not None and labels.background is not None:
        lead.append(
            f"{amount(labels.positive, 'cell')} within labels.radius of a deposit are halo, "
            f"{amount(labels.background, 'cell')} beyond labels.background_distance of all of them can be background."
        )
    if not labels.drawn:
        lead.append("Folds were not drawn: of a map as large as this it takes longer than a check should.")
    if not labels.classes.empty:
        columns = [Column("class", "Class", str), Column("cells", "Cells", count)]
        columns += [Column(name, f"In {name}", count) for name in labels.classes.columns[2:]]
        tables.append(table(labels.classes, columns, "Labelled cells inside the survey.", "table-classes"))
    if not labels.folds.empty:
        tables.append(_folds_table(labels.folds))
    if not distances.empty:
        tables.append(_distances_table(distances, spacing))
    return Section("labels", "Labels and folds", lead=lead, tables=tables)


def _folds_table(folds: pd.DataFrame) -> Any:
    columns = [
        Column("fold", "Fold", str),
        Column("groups", "Groups held out", count),
        Column("deposits", "Deposits held out", count),
        Column("train", "Training cells", count),
        Column("test", "Test cells", count),
        Column("train_positive", "Training halo", count),
        Column("train_background", "Training background", count),
        Column("test_positive", "Test halo", count),
        Column("test_background", "Test background", count),
        Column("decoys", "Decoys", count),
    ]
    caption = (
        "Held-out folds, in cells. What is learned from is that of one member, at most labels.positives and "
        "labels.background."
    )
    return table(folds, columns, caption, "table-folds")


def _distances_table(distances: pd.DataFrame, spacing: float | None) -> Any:
    by = f"a spacing of {metres(round(spacing))}" if spacing else "labels.radius"
    caption = (
        f"Distances beside the rule of thumb for {by} (config/README.md, Labels and folds). Where geology says "
        "something else, geology is right."
    )
    if not distances["follows"].all():
        write = distances["key"] + ": " + distances["rule"].map(lambda value: f"{value:g}")
        distances = distances.assign(write=write.where(~distances["follows"], ""))
    return table(
        distances,
        [
            Column("key", "Key"),
            Column("value", "Config", metres),
            Column("rule", "Rule", metres),
            Column(
                "follows", "Near the rule", lambda value: "yes" if value else "no", "within a factor of two"
            ),
            Column("write", "By the rule"),
        ],
        caption,
        "table-distances",
    )


def cost_line(cost: Cost, covariates: int = 0) -> str:
    """Say in a line what a run will take; so many of the elements are bands of covariates."""
    cube = f" ({size(cost.cube)})" if cost.cube >= 1 else ""
    what = f"{cost.elements - covariates} elements"
    what = f"({what} and {amount(covariates, 'band')} of covariates)" if covariates else what
    return (
        f"A run works on {cost.cells:,} cells x {what}{cube} and trains "
        f"{amount(cost.members, 'member')}; its largest job ({cost.rule}) asks for {size(cost.memory)} of memory. On "
        f"two cores it takes about {rough_time(cost.seconds)}, within a factor of three."
    )


def rough_time(seconds: float) -> str:
    """Return a time in minutes, or in hours from two of them on: no estimate is better than that."""
    minutes = max(1, round(seconds / 60))
    return f"{minutes} min" if minutes < 120 else f"{round(minutes / 60)} h"


def counted_members(settings: Mapping[str, Any], schemes: Sequence[str], folds: Mapping[str, int]) -> int:
    """Return how many networks a run trains.

    Parameters
    ----------
    settings : mapping
        The config with its defaults.
    schemes : sequence of str
        Schemes of the run; those of `folds`, and `labels.folds` folds for each other one but `final`, which has one.
    folds : mapping of str to int
        Folds of a scheme where they are known.
    """
    each, usual = int(settings["network"]["seeds"]), int(settings["labels"]["folds"])
    per_scheme = [folds.get(scheme, 1 if scheme == "final" else usual) for scheme in schemes]
    shuffled = usual if "shuffle" in settings["evaluation"]["controls"] else 0
    alone = sum(count for scheme, count in zip(schemes, per_scheme, strict=True) if scheme in COMPARED)
    alone *= len(KINDS) if settings["covariates"] else 0
    return each * (sum(per_scheme) * len(settings["network"]["variants"]) + shuffled + alone)
