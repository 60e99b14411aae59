"""The page of a check, as HTML and as Markdown from the same sections."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from geohalo.check.findings import ERROR, Findings, by_kind
from geohalo.products.html_pages import Section, render_page
from geohalo.products.report_quality import warnings_shown
from geohalo.products.report_tables import Table
from geohalo.products.styles import amount

#: Of the page's scripts: tables that sort.
SCRIPTS = ("page.js",)


@dataclass
class CheckPage:
    """What the page shows, in its order.

    Attributes
    ----------
    survey : str
        Name of the survey.
    summary : str
        One line under the name.
    made : str
        When the page was made.
    errors : list of str
        What stops a run, each message for itself.
    warnings : Table or None
        What is doubtful.
    cost : str
        What a run will take, in one line; empty where that is not known.
    sections : list of Section
        Empty ones are left out.
    """

    survey: str
    summary: str
    made: str
    errors: list[str] = field(default_factory=list)
    warnings: Table | None = None
    cost: str = ""
    sections: list[Section] = field(default_factory=list)

    @property
    def answer(self) -> str:
        """Whether a run can begin, in a sentence."""
        return answer(len(self.errors), len(self.warnings.rows) if self.warnings else 0)

    @property
    def errors_shown(self) -> list[str]:
        """The errors, those of one kind in one text."""
        return by_kind(self.errors)

    @property
    def shown(self) -> list[Section]:
        """The sections that hold anything."""
        return [section for section in self.sections if not section.empty]


def answer(errors: int, warnings: int) -> str:
    """Say in a sentence whether a run can begin, by the numbers of errors and warnings."""
    doubts = (
        f"{amount(warnings, 'warning')}: read {'it' if warnings == 1 else 'them'} first." if warnings else ""
    )
    if errors:
        also = (
            f" There {'is' if warnings == 1 else 'are'} also {amount(warnings, 'warning')}."
            if warnings
            else ""
        )
        return f"No: {amount(errors, 'error')} {'stops' if errors == 1 else 'stop'} a run.{also}"
    return (
        f"Yes, nothing stops a run. There {'is' if warnings == 1 else 'are'} {doubts}"
        if doubts
        else ("Yes: nothing stops a run, and nothing is doubtful.")
    )


def warnings_of(findings: Findings) -> Table | None:
    """Return the table of what is doubtful; None where nothing is."""
    table = findings.table()
    doubtful = table[table["kind"] != ERROR]
    if doubtful.empty:
        return None
    shown = warnings_shown(doubtful)
    shown.caption = "What is doubtful in the input and does not stop a run (check.csv)."
    return shown


def render(page: CheckPage) -> str:
    """Write the page as HTML; all text that comes from the survey is escaped."""
    return render_page("check.html.j2", SCRIPTS, page=page)


def as_markdown(page: CheckPage) -> str:
    """Write the page as Markdown, without its pictures; no text of the survey is a mark, an element or an address."""
    parts = [f"# Check of {escaped(page.survey)}", escaped(page.summary), f"**{escaped(page.answer)}**"]
    if page.errors:
        parts.append("## What stops a run")
        parts.append("\n".join(f"{k}. {escaped(error)}" for k, error in enumerate(page.errors_shown, 1)))
    if page.warnings:
        parts += ["## What is doubtful", table_text(page.warnings)]
    parts += [escaped(page.cost)] if page.cost else []
    for section in page.shown:
        parts += [
            f"## {escaped(section.title)}",
            *map(escaped, section.lead),
            *map(table_text, section.tables),
        ]
    return "\n\n".join(part for part in parts if part) + "\n"


def table_text(table: Table) -> str:
    """Write a table as Markdown."""
    lines = [
        _line(table.labels),
        _line(["--:" if look == "number" else "---" for look in table.looks], plain=True),
    ]
    lines += [_line([cell.text for cell in row]) for row in table.rows]
    return f"{escaped(table.caption)}\n\n" + "\n".join(lines)


def _line(cells: Sequence[str], plain: bool = False) -> str:
    return f"| {' | '.join(cells if plain else map(escaped, cells))} |"


def escaped(text: str) -> str:
    """Return a text on one line in which Markdown sees no marks."""
    return re.sub(r"([\\`*_{}\[\]<>#|~])", r"\\\1", " ".join(text.split()))
