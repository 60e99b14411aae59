"""What quality control and batches say of the samples that a check reads."""

from collections.abc import Mapping
from typing import Any

import geopandas as gpd

from geohalo.check.findings import Findings
from geohalo.products.html_pages import Section
from geohalo.products.report_control import control_words, materials_table, precision_table, verdicts_table
from geohalo.quality.assess import Quality
from geohalo.quality.level_survey import Levelling, check_batches, level_survey
from geohalo.quality.place_rows import rows_of_places
from geohalo.survey.analyses import Analyses, analyses_table

#: Levels of batches are not compared in a check of more samples: that takes longer than a check should.
MOST_LEVELLED = 20_000


def compare_batches(
    findings: Findings,
    analyses: Analyses,
    samples: gpd.GeoDataFrame,
    section: Mapping[str, Any],
    interpolation: Mapping[str, Any],
    max_distance: float,
) -> str:
    """Compare the levels of batches where the config names them, without the errors at left-out samples.

    Parameters
    ----------
    findings : Findings
        Gets what stops and what is doubtful.
    analyses : Analyses
        Rows of the table.
    samples : GeoDataFrame
        What they were merged to.
    section : mapping
        Config section `samples`.
    interpolation : mapping
        Config section `interpolation`.
    max_distance : float
        Config key `grid.max_distance`.

    Returns
    -------
    str
        What became of the batches, in a line; empty where there are none.
    """
    if not section.get("batch"):
        return ""
    elements = [name.removesuffix("_censored") for name in samples if str(name).endswith("_censored")]
    column, levelling = str(section["batch"]), section.get("levelling")
    rows, references, _ = rows_of_places(analyses_table(analyses), samples, elements)
    if len(samples) > MOST_LEVELLED:
        findings.attempt(
            "level_samples", check_batches, rows.batch, elements, column, levelling, analyses.source
        )
        return "Levels of batches were not compared: of so many samples it takes longer than a check should."

    def found() -> Levelling:
        block, source = 2 * max_distance, analyses.source
        return level_survey(
            rows, references, elements, column, levelling, interpolation, block, source, measure=False
        )

    levelled = findings.attempt("level_samples", found)
    if levelled is None:
        return ""
    findings.warn("level_samples", levelled.warnings)
    return f"{levelled.summary()}."


def control_section(quality: Quality | None, rows: int | None, levelled: str) -> Section:
    """Return the part on quality control and batches; empty where the config names neither.

    Parameters
    ----------
    quality : Quality or None
    rows : int or None
        Rows of quality control.
    levelled : str
        What `compare_batches` says.
    """
    lead, tables = [levelled] if levelled else [], []
    if quality is not None:
        lead.insert(0, control_words(quality.elements, rows))
        tables.append(verdicts_table(quality.elements))
        for frame, make in ((quality.reference, materials_table), (quality.duplicates, precision_table)):
            tables += [] if frame.empty else [make(frame)]
    return Section("control", "Quality control", lead=lead, tables=tables)
