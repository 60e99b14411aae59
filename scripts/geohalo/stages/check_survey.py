"""Check the input of a survey before a run: a page, the same as text, and a table of errors and warnings."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from geohalo.check import survey
from geohalo.check.page import as_markdown, render
from geohalo.files.tables import write_csv, write_text

#: Files that a config may name, one of each.
SINGLE = ("samples", "assays", "certified", "deposits", "terrain", "bearing", "effort", "judge", "trained_on")


def check_survey(
    files: survey.Files,
    settings: Mapping[str, Any],
    tables: Mapping[str, Any],
    schemes: Sequence[str],
    requests: Mapping[str, tuple[float, float]],
    bytes_on_disk: float,
    page: str,
    text: str,
    table: str,
) -> str:
    """Write what was found; returns a line for the log. What stops a run does not stop the check."""
    checked = survey.check_survey(settings, tables, files)
    now = f"{datetime.now(UTC):%d %B %Y, %H:%M UTC}"
    shown = survey.check_page(checked, settings, schemes, requests, bytes_on_disk, now)
    for path, content in ((page, render(shown)), (text, as_markdown(shown))):
        write_text(content, path)
    write_csv(checked.findings.table(), table)
    return f"{shown.answer} See {page}"
