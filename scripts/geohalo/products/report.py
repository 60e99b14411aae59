"""The report of a survey: one HTML page that holds all it shows and asks nothing of a network."""

import json
import re
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from geohalo.products.html_pages import Section as Section
from geohalo.products.html_pages import render_page
from geohalo.products.report_headline import Headline
from geohalo.products.report_tables import Table

SCRIPTS = ("page.js", "fingerprint.js", "map.js")


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
    targets_message : list of str
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
    targets_message: list[str]
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
    return render_page(
        "report.html.j2",
        SCRIPTS,
        report=report,
        head=[section for section in report.head if not section.empty],
        sections=[section for section in report.sections if not section.empty],
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
