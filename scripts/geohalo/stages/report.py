"""Write the report of a survey: one HTML page that needs no network."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import xarray as xr

from geohalo.files.cells import Survey
from geohalo.files.tables import write_text
from geohalo.products.report import Report, render
from geohalo.products.report_headline import headline
from geohalo.products.report_quality import summary
from geohalo.products.report_targets import targets_table
from geohalo.products.report_text import from_markdown, size, without_warnings
from geohalo.stages.shared.report import Results
from geohalo.stages.shared.report_map import effort_of, survey_map
from geohalo.stages.shared.report_sections import doubtful, pathfinders, sections, targets_words


def report(
    files: Sequence[str],
    page: str,
    survey: str,
    variant: str,
    settings: Mapping[str, Any],
    inputs: Sequence[str],
    commodities: Sequence[str],
    logs: str,
    threads: int = 1,
) -> str:
    """Write the page from the files of a survey, all below the page's folder; returns a line for the log.

    ``inputs`` are the files that the survey was read from, ``logs`` the folder of its jobs' logs.
    ``threads`` pictures are packed side by side.
    """
    results = Results(files, str(Path(page).parent), threads)
    with xr.open_dataset(results["elements.nc"]) as data:
        ground, elements = Survey.of(data), data.sizes["element"]
    verdict, targets = results.text("verdict.md"), results.table("targets.csv")
    shown, effort = survey_map(results, ground), effort_of(results)
    report = Report(
        survey=survey,
        summary=summary(
            ground.mask, ground.grid.cell, elements, results.rows("samples.parquet"), len(shown["deposits"])
        ),
        made=datetime.now(UTC).strftime("%d %B %Y, %H:%M UTC"),
        headline=headline(results.needed("metrics.csv"), verdict),
        verdict=from_markdown(without_warnings(verdict)) if verdict else None,
        map=shown,
        targets=None if targets is None else targets_table(targets, effort.unit if effort else ""),
        targets_message=targets_words(results, targets, variant, ground, effort),
        head=[doubtful(results), pathfinders(results, commodities)],
        sections=sections(results, ground, variant, settings, inputs, logs),
    )
    text = render(report)
    write_text(text, page)
    return f"{page}: {size(len(text.encode()) / 1e6)}, {len(shown['layers'])} layers"
