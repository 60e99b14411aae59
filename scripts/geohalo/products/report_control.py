"""What the report says of quality control: the verdict on each element, reference materials, and duplicates."""

from collections.abc import Sequence

import pandas as pd

from geohalo.products.report_tables import Column, Table, table
from geohalo.products.report_text import number, significant
from geohalo.products.styles import amount
from geohalo.quality.named_rows import named_rows


def _percent(value: float) -> str:
    # What is rounded to zero has no sign.
    return f"{round(value) + 0:.0f} %".replace("-", "−")


def _share(value: float) -> str:
    return _percent(100 * value)


def _between(frame: pd.DataFrame, low: str, high: str) -> Sequence[str]:
    """Write the ends of an interval in percent, empty where there is none."""
    pairs = zip(frame[low], frame[high], strict=True)
    return [
        f"{_percent(one)} to {_percent(other)}" if one == one and other == other else ""
        for one, other in pairs
    ]


def control_words(elements: pd.DataFrame, rows: int | None) -> str:
    """Say in a sentence how many rows of control judge how many elements.

    Parameters
    ----------
    elements : DataFrame
        `quality.csv`.
    rows : int or None
        Rows of quality control in the table.
    """
    counts = elements["verdict"].value_counts()
    messages = [f"{counts[one]} {words}" for one, words in _WORDS.items() if counts.get(one, 0)]
    by = f"By {amount(rows, 'row')} of quality control, which are not part of the survey, " if rows else ""
    text = f"{by}{' and '.join([', '.join(messages[:-1]), messages[-1]]) if len(messages) > 1 else messages[0]} of "
    return text + f"{amount(len(elements), 'element')}."


_WORDS = {"fails": "fail", "passes": "pass", "not judged": "are not judged"}


def verdicts_table(elements: pd.DataFrame) -> Table:
    """Return one row per element, those that fail first (`quality.csv`)."""
    frame = elements.copy()
    # A column of empty cells is read as one of missing numbers.
    frame["reason"] = frame["reason"].astype(object).where(frame["reason"].notna(), "")
    frame["contaminated_of"] = [
        f"{row.contaminated:.0f} of {row.blanks:.0f}" if row.blanks else "" for row in named_rows(elements)
    ]
    frame["drift_between"] = _between(frame, "drift_low", "drift_high")
    frame["noise_between"] = [
        f"{_share(row.noise_low)} to {_share(row.noise_high)}" if row.noise_low == row.noise_low else ""
        for row in named_rows(elements)
    ]
    fails = frame["verdict"] == "fails"
    frame = pd.concat([frame[fails], frame[~fails]])
    if (frame["weight"] == 1).all():
        frame = frame.drop(columns="weight")
    return table(
        frame,
        [
            Column("element", "Element"),
            Column("verdict", "Verdict"),
            Column("reason", "Why"),
            Column("weight", "Weight", number, "of its standardised values in the cube"),
            Column(
                "noise_share", "Noise", _share, "share of the variance of logarithms within places, robust"
            ),
            Column("noise_between", "95 % interval"),
            Column("drift_percent", "Drift", _percent, "of reference materials over the order of analysis"),
            Column("drift_between", "95 % interval"),
            Column("batch_shift_percent", "Batches apart", _percent, "highest over lowest median of batches"),
            Column("contaminated_of", "Contaminated blanks"),
        ],
        "Elements by quality control (quality.csv).",
        "table-control",
        strong=[bool(one) for one in frame["verdict"] == "fails"],
    )


def materials_table(reference: pd.DataFrame) -> Table:
    """Return one row per reference material and element (`quality_reference.csv`)."""
    frame = reference.assign(bias_between=_between(reference, "bias_low", "bias_high"))
    return table(
        frame,
        [
            Column("material", "Material"),
            Column("element", "Element"),
            Column("results", "Results"),
            Column("certified_ppm", "Certified (ppm)", significant),
            Column("mean_ppm", "Mean (ppm)", significant, "robust"),
            Column("sd_ppm", "Standard deviation (ppm)", significant, "robust"),
            Column("bias_percent", "Bias", _percent),
            Column("bias_between", "95 % interval"),
            Column("p_holm", "p, Holm", lambda value: number(value, 3), "corrected for the number of charts"),
            Column("beyond_3sd", "Beyond 3 sd", lambda value: f"{value:.0f}"),
            Column("twice_beyond_2sd", "Twice beyond 2 sd", lambda value: f"{value:.0f}"),
            Column("one_side", "10 on one side", lambda value: f"{value:.0f}"),
        ],
        "Reference materials: bias against certified values, and results that break a rule of the control chart "
        "(quality_reference.csv).",
        "table-materials",
        folded=True,
    )


def precision_table(duplicates: pd.DataFrame) -> Table:
    """Return one row per kind of duplicates and element (`quality_duplicates.csv`)."""
    frame = duplicates.assign(
        kind=duplicates["kind"].str.replace("_duplicate", ""), between=_between(duplicates, "low", "high")
    )
    frame["line_slope"] = 200 * frame["line_slope"]
    return table(
        frame,
        [
            Column("kind", "Duplicates"),
            Column("element", "Element"),
            Column("pairs", "Pairs"),
            Column("left_out", "Left out", None, "a value is missing or below the detection limit"),
            Column("median_ppm", "Median (ppm)", significant),
            Column("precision_percent", "Precision", _percent, "2 standard deviations over the mean, robust"),
            Column("between", "95 % interval"),
            Column("average_cv_percent", "Average CV", _percent, "root mean square"),
            Column(
                "line_intercept_ppm", "sd at 0 ppm", significant, "Thompson and Howarth, from 50 pairs on"
            ),
            Column(
                "line_slope", "Precision far above it", _percent, "Thompson and Howarth, from 50 pairs on"
            ),
        ],
        "Precision from duplicates (quality_duplicates.csv).",
        "table-precision",
        folded=True,
    )
