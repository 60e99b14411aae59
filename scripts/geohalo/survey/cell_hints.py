"""What a cell that is no concentration may be, and what its user can do about it."""

import re
from collections.abc import Sequence

import pandas as pd

from geohalo.survey.units import known_unit

_NUMBER = r"(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][-+]?\d+)?"
_MARKED = re.compile(rf"[*'=~?†‡§#]*\s*{_NUMBER}\s*[*†‡§#?|¹²³]*")
_LETTERED = re.compile(rf"(?P<number>{_NUMBER})\s*\(?(?P<letter>[A-Za-z])\)?")
_BRACKETED = re.compile(rf"\(\s*{_NUMBER}\s*\)|\[\s*{_NUMBER}\s*\]")
_ABOUT = re.compile(rf"(?:~|≈|ca\.?|c\.|approx\.?|about)\s*{_NUMBER}", re.IGNORECASE)
_RANGE = re.compile(rf"{_NUMBER}\s*(?:-|to|±|\+/-|/|;)\s*{_NUMBER}", re.IGNORECASE)
_WITH_UNIT = re.compile(rf"(?P<sign>[<>≤≥]?\s*)(?P<number>{_NUMBER})\s*(?P<unit>[A-Za-zµμ/%]+.*)")
_LIMIT = re.compile(
    rf"(?:[-~]\s*<|<\s*[-<]|=<|&lt;|lt\.?|less than|below|under|l)\s*(?P<after>{_NUMBER})[*+]?"
    rf"|(?P<before>{_NUMBER})\s*<",
    re.IGNORECASE,
)
_UPPER = re.compile(
    rf"(?:(?:>\s*>|=>|&gt;|gt\.?|more than|above|over)\s*(?P<after>{_NUMBER}))|(?P<before>{_NUMBER})\s*[>+]",
    re.IGNORECASE,
)
_ERROR = re.compile(r"#(?:N/A|VALUE!|REF!|DIV/0!|NAME\?|NUM!|NULL!|SPILL!|CALC!)")
# fmt: off
_BELOW = {
    "bdl", "b.d.l.", "bd", "<dl", "<d.l.", "<lod", "<lld", "<loq", "<lor", "<mdl", "<rl", "<x", "lod", "udl",
    "trace", "tr", "tr.", "nil", "below detection", "below lod", "below limit", "not detected",
}
_MISSING = {
    "na", "n/a", "n.a.", "n.a", "#n/a", "null", "none", "\\n", "missing", "nss", "n.s.s.", "ns", "ins", "is",
    "i.s.", "i/s", "insufficient", "lnr", "l.n.r.", "nr", "n.r.", "n/r", "not received", "not analysed",
    "not analyzed", "not sampled", "lost", "void", "-nan",
}
# fmt: on
_MOST_NAMED = 8
_WKT = re.compile(r"\s*(?:SRID=\d+;)?\s*(?:MULTI)?POINT\s*[ZM]*\s*\(", re.IGNORECASE)


def cell_hint(text: str) -> str | None:
    """Say how a cell may be mended; None where nothing is known of it.

    Parameters
    ----------
    text : str
        The cell, spelt plainly.
    """
    if len(text) > 60:
        return None
    if _ERROR.fullmatch(text.upper()) and text.upper() != "#N/A":
        return "a formula has failed; correct it in the workbook, or empty the cell"
    if text in ("<", "≤", ">", "≥"):
        return "the limit behind the sign is lost, or stands in another column (samples.censoring.flag)"
    limit, upper = _LIMIT.fullmatch(text), _UPPER.fullmatch(text)
    if limit or upper:
        found = limit or upper
        assert found is not None
        sign = "<" if limit else ">"
        kind = "a detection limit" if limit else "an upper limit"
        return f"write {sign}{found['after'] or found['before']} if that is {kind}"
    unit = _WITH_UNIT.fullmatch(text)
    if unit and known_unit(unit["unit"]) is not None and not unit["unit"].startswith("%"):
        return (
            f"remove the unit from the cells ({unit['sign'].strip()}{unit['number']}), convert those in other units, "
            "and tell the unit by the header or by samples.unit"
        )
    lettered = _LETTERED.fullmatch(text)
    if lettered:
        return (
            f"write <{lettered['number']} if {lettered['letter']!r} means below a limit, move it into a column of "
            "flags (samples.censoring.flag), or remove it if it is a note"
        )
    if _RANGE.fullmatch(text):
        return "a cell holds one number: write that one"
    if _ABOUT.fullmatch(text) or _MARKED.fullmatch(text) or _BRACKETED.fullmatch(text):
        return "remove the signs beside the number if they are notes"
    word = text.casefold()
    if word in _BELOW:
        return "list it in samples.censoring.below_text, since it seems to mean below the detection limit"
    if word in _MISSING:
        return 'list it in samples.missing, since it seems to mean "not analysed"'
    return None


def other_texts(texts: Sequence[str], first: str) -> str:
    """List what else could not be read, so that not each of them takes a run of its own."""
    others = [text if len(text) <= 20 else text[:17] + "..." for text in texts if text != first]
    if not others:
        return ""
    more = f" and {len(others) - _MOST_NAMED} more" if len(others) > _MOST_NAMED else ""
    return f" (other cells of the column: {', '.join(map(repr, others[:_MOST_NAMED]))}{more})"


def packed_hint(table: pd.DataFrame) -> str:
    """Say which column holds what should be columns: a table of a web page, JSON, or headers with line ends.

    Returns
    -------
    str
        A sentence that begins with a blank; empty where there is none.
    """
    for name in table.columns:
        if table[name].empty or not isinstance(cell := table[name].iloc[0], str | dict):
            continue
        if isinstance(cell, dict) or cell.lstrip().startswith("{"):
            return f" Column {str(name)!r} holds several values in each cell (JSON): write each into its own column"
        if re.search(r"<t[dr][ >]", cell, re.IGNORECASE):
            return (
                f" Column {str(name)!r} holds tables of a web page, as exports to KML do: save the layer with its "
                "attributes, for example as GeoPackage"
            )
    broken = next((str(name) for name in table.columns if "\n" in str(name)), None)
    return (
        "" if broken is None else f" The header {broken!r} has a line end: write \\s for it in the expression"
    )


def point_text_hint(table: pd.DataFrame) -> str:
    """Say which column holds points as text (WKT); the end of a sentence, empty where none does."""
    for name in table.columns:
        if not table[name].empty and _WKT.match(str(table[name].iloc[0])):
            return (
                f". Column {str(name)!r} holds points as text (WKT): write their numbers into two columns, or save the "
                "layer as GeoPackage"
            )
    return ""
