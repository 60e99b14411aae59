"""Check the input of a survey before a run: a page, the same as text, and a table of errors and warnings."""

from datetime import UTC, datetime

from geohalo.check import survey
from geohalo.check.page import as_markdown, render
from geohalo.files.tables import write_csv, write_text

#: Tables that a config may name.
TABLES = ("samples", "assays", "certified", "deposits")


def check_survey(
    files: survey.Files, settings: dict, tables: dict, page: str, text: str, table: str, **run: dict
) -> str:
    """Write what was found; returns a line for the log. What stops a run does not stop the check."""
    checked = survey.check_survey(settings, tables, files)
    shown = survey.check_page(checked, settings, made=f"{datetime.now(UTC):%d %B %Y, %H:%M UTC}", **run)
    for path, content in ((page, render(shown)), (text, as_markdown(shown))):
        write_text(content, path)
    write_csv(checked.findings.table(), table)
    return f"{shown.answer} See {page}"
