"""HTML pages that hold all that they show: templates, styles, scripts, and what the page may do."""

import base64
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from geohalo.package_files import RESOURCES
from geohalo.products.report_pictures import Picture
from geohalo.products.report_tables import Table
from geohalo.products.report_text import captioned

TEMPLATES = RESOURCES / "report"

STYLES = ("report.css",)

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


def render_page(template: str, scripts: Sequence[str], **shown: Any) -> str:
    """Write a page from a template of `TEMPLATES`.

    All text is escaped; the page's Content-Security-Policy allows no address but data URIs, and no script or style but
    its own.

    Parameters
    ----------
    template : str
        File name.
    scripts : sequence of str
        Files of `TEMPLATES` that the page runs.
    **shown
        What the template shows.

    Returns
    -------
    str
        HTML, to be written as UTF-8.
    """
    style, script = (
        "\n".join((TEMPLATES / name).read_text(encoding="utf-8").strip() for name in names)
        for names in (STYLES, scripts)
    )
    templates = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    templates.filters["captioned"] = captioned
    return templates.get_template(template).render(
        # Both files are the project's own and end no element of the page; their checksums are of these very texts.
        style=Markup(style),
        script=Markup(script),
        policy=POLICY.format(style=_checksum(style), script=_checksum(script)),
        **shown,
    )


def _checksum(text: str) -> str:
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
