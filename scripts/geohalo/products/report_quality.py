"""What the report says of data and setting: samples, elements, superpixels, files, programs, times."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.spatial import KDTree

from geohalo.cube.grid import Grid
from geohalo.products.report_tables import Column, Table, table
from geohalo.products.report_text import area, duration, number, significant, size
from geohalo.products.styles import amount

FACTS = [Column("what", "Quantity"), Column("value", "Value")]
#: Cells whose distance to the samples is measured at most.
MOST_CENTRES = 200_000
#: What the cleaning of samples counts, in words.
PROVENANCE = {
    "rows_read": "Rows read",
    "rows_kept": "Rows kept",
    "rows_of_quality_control": "Rows of quality control, left out",
    "dropped_without_coordinates": "Dropped: no coordinates",
    "dropped_without_values": "Dropped: no values",
    "identical_rows_dropped": "Duplicates: identical rows dropped",
    "rows_merged": "Duplicates: rows merged at one place",
    "samples": "Places with a sample",
    "crs_in": "CRS of the table",
    "crs_out": "CRS of the survey",
}


#: Columns of `warnings.csv` in the report.
WARNING_COLUMNS = [
    Column("file", "File"),
    Column("column", "Column"),
    # Numbers of rows are read as decimals where some have none.
    Column("row", "Row", lambda row: f"{row:.0f}" if isinstance(row, float) else str(row)),
    Column("what", "What is doubtful"),
    Column("fix", "What to do"),
]


def warnings_shown(warnings: pd.DataFrame) -> Table:
    """Return the table of what is doubtful in the input.

    Parameters
    ----------
    warnings : DataFrame
        See `geohalo.input_warnings.COLUMNS`; a missing cell is empty.
    """
    caption = "What was doubtful in the input and did not stop the run (warnings.csv)."
    return table(warnings.fillna(""), WARNING_COLUMNS, caption, "table-warnings")


def summary(mask: NDArray[np.bool_], cell: float, elements: int, samples: int, deposits: int) -> str:
    """Return the survey in a line: samples, elements, deposits and ground; what there is none of is left out."""
    counted = [(samples, "sample"), (elements, "element"), (deposits, "known deposit")]
    cells = int(mask.sum())
    ground = f"{cells:,} cells of {cell:,.0f} m, {area(cells * (cell / 1000) ** 2)}"
    return ", ".join([*(amount(number, noun) for number, noun in counted if number), ground])


def facts(rows: Sequence[tuple[str, str]], caption: str, name: str) -> Table:
    """Return a table of two columns."""
    return table(pd.DataFrame(rows, columns=["what", "value"]), FACTS, caption, name)


def coverage_table(
    grid: Grid,
    mask: NDArray[np.bool_],
    samples: NDArray[np.float64] | None = None,
    provenance: Mapping[str, Any] | None = None,
) -> Table:
    """Return how much ground the survey covers, and what became of the rows of its table.

    Parameters
    ----------
    grid : Grid
    mask : ndarray (rows, columns)
        Cells inside the survey.
    samples : ndarray (samples, 2), optional
        Places in metres; none where the survey came as rasters.
    provenance : mapping, optional
        What `clean_samples` counted.
    """
    cells, each = int(mask.sum()), (grid.cell / 1000) ** 2
    rows = [
        ("Cells of the map", f"{cells:,} of {grid.cell:,.0f} m"),
        ("Area of the map", area(cells * each)),
        ("Share of the rectangle around it", f"{100 * mask.mean():.0f} %"),
    ]
    if samples is not None and len(samples):
        rows.append(("Samples per 100 km²", significant(100 * len(samples) / (cells * each), 3)))
    if samples is not None and len(samples) > 1:
        apart = KDTree(samples).query(samples, k=2)[0][:, 1]
        # Every so many cells of a large survey: the median and the largest change little.
        centres = grid.centres(mask)[:: max(1, cells // MOST_CENTRES)]
        to_sample = KDTree(samples).query(centres)[0]
        rows += [
            ("Distance between neighbouring samples, median", f"{significant(np.median(apart) / 1000)} km"),
            (
                "Distance from a cell to its nearest sample, median and largest",
                f"{significant(np.median(to_sample) / 1000)} km, {significant(to_sample.max() / 1000)} km",
            ),
        ]
    known = provenance or {}
    rows += [
        (label, f"{known[key]:,}" if isinstance(known[key], int) else str(known[key]))
        for key, label in PROVENANCE.items()
        if known.get(key) not in (None, "")
    ]
    return facts(rows, "Coverage, and what became of the rows of the table.", "table-coverage")


def elements_table(report: pd.DataFrame, interpolation: pd.DataFrame | None = None) -> Table:
    """Return one row per concentration column: censoring, and how well its interpolation predicts.

    ``report`` is `samples_report.csv`; ``interpolation`` is `interpolation.csv`, of which the method that was chosen
    counts, or a frame with columns element, method, cv_error and cv_explained.
    """
    frame = report.copy()
    analysed = frame["n"] + frame["missing"]
    frame["missing_share"] = np.where(analysed > 0, frame["missing"] / analysed, np.nan)
    frame["censored_share"] = np.where(frame["n"] > 0, frame["censored"] / frame["n"], np.nan)
    if interpolation is not None:
        chosen = interpolation
        if "chosen" in chosen:
            chosen = chosen[chosen["chosen"].astype(bool)]
        columns = [name for name in ("element", "method", "cv_error", "cv_explained") if name in chosen]
        frame = frame.merge(chosen[columns], on="element", how="left")
        if "cv_explained" in frame:
            # An element that was dropped may share its symbol with another column that was kept.
            dropped = ~frame["kept"].astype(bool)
            frame.loc[dropped, [name for name in columns[1:]]] = None
    percent = lambda value: f"{100 * value:.0f} %".replace("-", "−")  # noqa: E731
    return table(
        frame,
        [
            Column("element", "Element"),
            Column("column", "Column"),
            Column("n", "Analyses", lambda value: f"{value:,}"),
            Column("missing_share", "Missing", percent),
            Column("censored_share", "Below detection", percent),
            Column("detection_limit_ppm", "Detection limit (ppm)", significant),
            Column("median_ppm", "Median (ppm)", significant),
            Column("kept", "Kept"),
            Column("reason", "Why left out"),
            Column("method", "Interpolated by"),
            Column("cv_error", "Error (log10 ppm)", number, "RMSE at samples left out in blocks"),
            Column("cv_explained", "Explained", percent, "share of the variance; 0 or less: nothing"),
        ],
        "Elements: censoring, and interpolation judged at samples left out in blocks (samples_report.csv, "
        "interpolation.csv).",
        "table-elements",
        folded=True,
    )


def superpixels_table(labels: Mapping[str, NDArray[np.integer[Any]]], cell: float) -> Table:
    """Return number and sizes of the superpixels of each scale; labels from 1, 0 outside; cell side in metres."""
    rows = []
    for asked, image in labels.items():
        sizes = np.bincount(image[image > 0].ravel())
        sizes = sizes[sizes > 0]
        median = float(np.median(sizes)) if sizes.size else np.nan
        rows.append(
            {
                "asked": asked.replace("1in", "1 per "),
                "number": int(sizes.size),
                "median": median,
                "smallest": int(sizes.min()) if sizes.size else 0,
                "largest": int(sizes.max(initial=0)),
                "area": median * (cell / 1000) ** 2,
            }
        )
    count = lambda value: f"{value:,.0f}"  # noqa: E731
    return table(
        pd.DataFrame(rows),
        [
            Column("asked", "Asked for"),
            Column("number", "Superpixels", count),
            Column("median", "Cells, median", count),
            Column("smallest", "Cells, smallest", count),
            Column("largest", "Cells, largest", count),
            Column("area", "Area (km²), median", significant),
        ],
        "Superpixels of each scale.",
        "table-superpixels",
    )


def sources_table(rows: Sequence[tuple[str, int, str]]) -> Table:
    """Return the files that went in: name, bytes and SHA-256."""
    return table(
        pd.DataFrame(rows, columns=["file", "bytes", "sha256"]),
        [
            Column("file", "File"),
            Column("bytes", "Size", lambda value: size(value / 1e6)),
            Column("sha256", "SHA-256"),
        ],
        "Files that the survey was read from, as they were when this report was made.",
        "table-sources",
    )


def versions_table(versions: Mapping[str, str]) -> Table:
    """Return the versions of the programs."""
    return table(
        pd.DataFrame(versions.items(), columns=["name", "version"]),
        [Column("name", "Program"), Column("version", "Version")],
        "Programs with which this report was made.",
        "table-versions",
        folded=True,
    )


def times_table(jobs: pd.DataFrame) -> Table:
    """Return the run times by rule.

    Parameters
    ----------
    jobs : DataFrame
        One row per job: rule, seconds, cpu_seconds, megabytes (peak memory); NaN where unknown.
    """
    grouped = jobs.groupby("rule", sort=False)
    frame = pd.DataFrame(
        {
            "jobs": grouped.size(),
            # What no job of a rule tells is not 0.
            "seconds": grouped["seconds"].sum(min_count=1),
            "cpu_seconds": grouped["cpu_seconds"].sum(min_count=1),
            "megabytes": grouped["megabytes"].max(),
        }
    ).sort_values("seconds", ascending=False)
    total = jobs["seconds"].sum()
    return table(
        frame.reset_index(),
        [
            Column("rule", "Rule"),
            Column("jobs", "Jobs"),
            Column("seconds", "Time", duration),
            Column("cpu_seconds", "CPU time", duration),
            Column("megabytes", "Peak memory", size),
        ],
        f"Run times: {len(jobs):,} jobs, {duration(total)} in all, one after the other and without the start of "
        "each. A job that was run again counts once, the last time.",
        "table-times",
        folded=True,
    )
