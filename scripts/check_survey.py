"""Check the input of a survey before a run: a page, the same as text, and a table of errors and warnings."""

from datetime import UTC, datetime

from geohalo.check.page import as_markdown, render
from geohalo.check.survey import Files, check_page, check_survey
from geohalo.files.tables import write_csv
from geohalo.whole_files import whole
from geohalo.workflow.job import job

#: Tables that a config may name.
TABLES = ("samples", "assays", "certified", "deposits")


def write(files: Files, settings: dict, tables: dict, page: str, text: str, table: str, **run: dict) -> str:
    """Write what was found; returns a line for the log. What stops a run does not stop the check."""
    checked = check_survey(settings, tables, files)
    shown = check_page(checked, settings, made=f"{datetime.now(UTC):%d %B %Y, %H:%M UTC}", **run)
    for path, content in ((page, render(shown)), (text, as_markdown(shown))):
        with whole(path) as beside:
            beside.write_text(content, encoding="utf-8")
    write_csv(checked.findings.table(), table)
    return f"{shown.answer} See {page}"


if __name__ == "__main__":
    with job(snakemake) as log:
        given, params = snakemake.input, snakemake.params
        tables = {name: next(iter(getattr(given, name)), None) for name in TABLES}
        files = Files(**tables, labels=dict(zip(params.raster_keys, given.labels, strict=True)))
        log.info(write(files, **params.arguments, **snakemake.output))
