"""The report of a survey: one HTML page that holds all it shows and asks nothing of a network."""

import base64
import hashlib
import json
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from geohalo.products.report_headline import Headline
from geohalo.products.report_pictures import Picture
from geohalo.products.report_tables import Table
from geohalo.products.report_text import captioned

TEMPLATES = Path(__file__).resolve().parents[3] / "resources" / "report"

STYLES = ("report.css",)
SCRIPTS = ("page.js", "fingerprint.js", "map.js")

#: What the page may do: show what it holds, and run and look as the two blocks named by their checksums say.
POLICY = (
    "default-src 'none'; img-src data:; style-src 'sha256-{style}'; script-src 'sha256-{script}'; "
    "base-uri 'none'; form-action 'none'"
)


@dataclass
class Section:
    """A part of the page under a heading of its own.

    Attributes
    ----------
    name : str
        Anchor, of letters and dashes.
    title : str
    lead : list of str
        Paragraphs in front; plain text.
    tables : list of Table
    pictures : list of Picture
    text : Markup or None
        Text that `report_text.from_markdown` has made safe; shown folded under ``text_title``.
    """

    name: str
    title: str
    lead: list[str] = field(default_factory=list)
    tables: list[Table] = field(default_factory=list)
    pictures: list[Picture] = field(default_factory=list)
    text: Markup | None = None
    text_title: str = ""

    @property
    def empty(self) -> bool:
        """Whether there is nothing to show."""
        return not (self.lead or self.tables or self.pictures or self.text)


@dataclass
class Report:
    """What the page shows, in its order.

    Attributes
    ----------
    survey : str
        Name of the survey.
    summary : str
        One line under the name: samples, elements, deposits, cells.
    made : str
        When the page was made.
    headline : Headline
    verdict : Markup or None
        The verdict in full.
    map : dict or None
        What `report_map.map_data` returns.
    targets : Table or None
    targets_told : list of str
        Which targets may be finds, and what a search of as much ground would have found.
    head, sections : list of Section
        Those before the map and those after the targets; empty ones are left out.
    """

    survey: str
    summary: str
    made: str
    headline: Headline
    verdict: Markup | None
    map: dict[str, Any] | None
    targets: Table | None
    targets_told: list[str]
    head: list[Section]
    sections: list[Section]


def render(report: Report) -> str:
    """Write the page.

    All text that comes from a survey is escaped; the page's Content-Security-Policy allows no address but data URIs,
    and no script or style but its own.

    Parameters
    ----------
    report : Report

    Returns
    -------
    str
        HTML, to be written as UTF-8.
    """
    style, script = (
        "\n".join((TEMPLATES / name).read_text(encoding="utf-8").strip() for name in names)
        for names in (STYLES, SCRIPTS)
    )
    templates = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    templates.filters["captioned"] = captioned
    page = templates.get_template("report.html.j2")
    return page.render(
        report=report,
        head=[section for section in report.head if not section.empty],
        sections=[section for section in report.sections if not section.empty],
        # Both files are the project's own and end no element of the page; their checksums are of these very texts.
        style=Markup(style),
        script=Markup(script),
        policy=POLICY.format(style=_checksum(style), script=_checksum(script)),
        data=embedded(report.map),
    )


def embedded(data: Any) -> Markup:
    """Return JSON that can stand inside an element ``script``: no text in it can end or open an element.

    Raises
    ------
    ValueError
        For NaN and infinities, which JSON does not have.
    """
    text = json.dumps(data, allow_nan=False, ensure_ascii=False, separators=(",", ":"))
    special = re.compile("[<>&\u2028\u2029]")
    return Markup(special.sub(lambda match: f"\\u{ord(match[0]):04x}", text))


def _checksum(text: str) -> str:
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
