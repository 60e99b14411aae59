"""Text of the report: Markdown that other stages wrote, captions, and numbers."""

import re

from markdown_it import MarkdownIt
from markupsafe import Markup, escape


def from_markdown(text: str, deepest: int = 3) -> Markup:
    """Turn Markdown into HTML in which nothing that stood in the text is an element, an address or a picture.

    Parameters
    ----------
    text : str
        Markdown; names of surveys, elements and deposits stand in it.
    deepest : int
        Level that a heading of the first level gets in the page.
    """
    parser = MarkdownIt("commonmark", {"html": False}).enable("table")
    parser.disable(["link", "image", "autolink", "html_inline", "html_block", "reference"])
    html = parser.render(text)
    return Markup(
        re.sub(r"<(/?)h([1-6])>", lambda match: f"<{match[1]}h{min(6, int(match[2]) + deepest - 1)}>", html)
    )


def warnings_of(verdict: str) -> list[Markup]:
    """Return the warnings that stand at the top of a verdict, each as HTML."""
    found = re.search(r"^\*\*Warnings\*\*\n+((?:- .*\n?|  .*\n?)+)", verdict, re.MULTILINE)
    if not found:
        return []
    items = re.split(r"^- ", found[1], flags=re.MULTILINE)[1:]
    return [Markup(re.sub(r"^<p>|</p>\s*$", "", from_markdown(item.strip()))) for item in items]


def without_warnings(verdict: str) -> str:
    """Return a verdict without its title and its warnings."""
    text = re.sub(r"\A\s*# .*\n+", "", verdict)
    return re.sub(r"^\*\*Warnings\*\*\n+(?:- .*\n?|  .*\n?)+\n*", "", text, flags=re.MULTILINE)


def captioned(text: str) -> Markup:
    """Return a caption, in which ``double backticks`` mark a file or a column, as HTML."""
    return Markup(re.sub(r"``(.+?)``", r"<code>\1</code>", str(escape(" ".join(text.split())))))


def number(value: float, digits: int = 2) -> str:
    """Return a number with so many decimals, thousands apart and a true minus sign; empty where there is none."""
    if value is None or value != value:
        return ""
    # What is rounded to zero has no sign.
    return f"{round(value, digits) + 0.0:,.{digits}f}".replace("-", "−")


def significant(value: float, digits: int = 3) -> str:
    """Return a number to so many significant digits, written out; empty where there is none."""
    if value is None or value != value:
        return ""
    if value == 0:
        return "0"
    written = f"{float(f'{value:.{digits}g}'):,.12f}".rstrip("0").rstrip(".")
    return written.replace("-", "−")


def area(square_kilometres: float) -> str:
    """Return an area, ``31,976 km²`` or ``0.36 km²``: whole numbers from 100 on, else three significant digits."""
    large = square_kilometres >= 100
    return f"{number(square_kilometres, 0) if large else significant(square_kilometres)} km²"


def interval(low: float, high: float, digits: int = 2) -> str:
    """Return an interval, ``0.60 to 0.86``; empty where there is none."""
    return f"{number(low, digits)} to {number(high, digits)}" if low == low and high == high else ""


def duration(seconds: float) -> str:
    """Return a time as a person says it: ``3.5 s``, ``2 min 10 s``, ``1 h 05 min``."""
    if round(seconds, 1) < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest:02d} s"
    return f"{minutes // 60} h {minutes % 60:02d} min"


def size(megabytes: float) -> str:
    """Return an amount of memory or of a file."""
    return f"{megabytes / 1000:,.1f} GB" if megabytes >= 1000 else f"{megabytes:,.3g} MB"
