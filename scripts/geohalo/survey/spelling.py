"""One spelling for signs that look alike: full-width signs, several minus and micro signs, blanks that do not break.

Headers, units, cells and what a config says of them are compared in this spelling, so that a micro sign (U+00B5) in a
config finds a Greek mu (U+03BC) in a file.
"""

import re
import unicodedata
from collections.abc import Mapping
from typing import Any

import pandas as pd

# Dashes that stand for a minus; slanted signs that mean the same as upright ones; signs without width.
_SIGNS = (
    dict.fromkeys(map(ord, "‐‑‒–−﹣－"), "-")
    | {ord("⩽"): "≤", ord("⩾"): "≥", ord("≦"): "≤", ord("≧"): "≥"}
    | dict.fromkeys(map(ord, "\u200b\u200c\u200d\u2060\ufeff\u00ad"))
)
# Figures raised behind a number: 8 with the note 1 is not 81. Units have a raised minus or a letter before them.
_RAISED_FIGURE = re.compile(r"\d\s?[\u00b9\u00b2\u00b3\u2070\u2074-\u2079\u2080-\u2089]")
# Keys of a section of the config that name no header, unit or cell.
_NOT_SPELT = frozenset({"file", "layer", "crs"})


def plain(text: str) -> str:
    """Return text in compatibility form (NFKC), every minus as `-`, without signs that have no width."""
    if text.isascii():
        return text
    if _RAISED_FIGURE.search(text):
        return text.translate(
            _SIGNS
        )  # a figure that refers to a note; as a plain one it would belong to the number
    # What is raised or lowered becomes a sign of the table only by the normal form: a raised minus, for example.
    return unicodedata.normalize("NFKC", text.translate(_SIGNS)).translate(_SIGNS)


def plain_columns(table: pd.DataFrame) -> pd.DataFrame:
    """Return the table with its headers spelt as by `plain`; a table that has no others is not copied.

    What `attrs` says of columns is said of them by their new names.
    """
    strange = {name: plain(name).strip() for name in map(str, table.columns) if not name.isascii()}
    strange = {name: new for name, new in strange.items() if new != name and new not in table.columns}
    if not strange:
        return table
    attrs = {
        key: {strange.get(name, name): about for name, about in value.items()}
        if isinstance(value, dict)
        else value
        for key, value in table.attrs.items()
    }
    table = table.rename(columns=strange)
    table.attrs = attrs
    return table


def plain_section(section: Mapping[str, Any]) -> dict[str, Any]:
    """Return a section of the config with the names of headers, units and cells spelt as by `plain`."""
    spelt = {
        key: value if key in _NOT_SPELT else _plain_value(value)
        for key, value in section.items()
        if key != "elements"
    }
    if "elements" in section:
        elements = section["elements"]
        spelt["elements"] = plain_pattern(elements) if isinstance(elements, str) else _plain_value(elements)
    return spelt


def plain_pattern(expression: str) -> str:
    """Return a regular expression spelt as by `plain`; signs that this makes special are taken literally."""
    return "".join(sign if sign.isascii() else re.escape(plain(sign)) for sign in expression)


def _plain_value(value: Any) -> Any:
    if isinstance(value, str):
        return plain(value)
    if isinstance(value, Mapping):
        return {
            (plain(key) if isinstance(key, str) else key): item if key in _NOT_SPELT else _plain_value(item)
            for key, item in value.items()
        }
    if isinstance(value, list | tuple):
        return [_plain_value(item) for item in value]
    return value
