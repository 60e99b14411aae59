"""Text in tables that people open in a spreadsheet: none of it may run there as a formula.

A name such as ``=HYPERLINK(...)`` gets an apostrophe in front, which spreadsheets take for "this is text" (OWASP, CSV
injection). What already begins with apostrophes before such a character gets one more, so that `restored` gives back
every text as it was. Numbers, also those that are written as text, stay.
"""

import re
from collections.abc import Callable

import numpy as np
import pandas as pd

#: What spreadsheets take for the beginning of a formula, in full width as well, or skip before one.
FIRST = r"[=+\-@\t\r\n\uFF1D\uFF0B\uFF0D\uFF20]"
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")
_RUNS = re.compile(rf"'*{FIRST}")
_KEPT = re.compile(rf"'+{FIRST}")


def neutralised_text(text: str) -> str:
    """Return a text that no spreadsheet runs."""
    return f"'{text}" if _RUNS.match(text) and not _NUMBER.fullmatch(text) else text


def restored_text(text: str) -> str:
    """Return the text that `neutralised_text` was given."""
    return text[1:] if _KEPT.match(text) else text


def neutralised(frame: pd.DataFrame) -> pd.DataFrame:
    """Return a table whose texts and column names no spreadsheet runs."""
    return _changed(frame, neutralised_text)


def restored(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the table that `neutralised` was given, as read back from a file."""
    return _changed(frame, restored_text)


def _changed(frame: pd.DataFrame, change: Callable[[str], str]) -> pd.DataFrame:
    out = frame.copy(deep=False)
    for position, dtype in enumerate(frame.dtypes):
        if pd.api.types.is_string_dtype(dtype) or isinstance(dtype, pd.CategoricalDtype):
            column = frame.iloc[:, position].astype(object)
            # Long columns repeat few texts.
            changed = {text: change(text) for text in column.unique() if isinstance(text, str)}
            if any(new is not old for old, new in changed.items()):
                messages = [changed[value] if isinstance(value, str) else value for value in column]
                out.isetitem(position, np.array(messages, dtype=object))
    out.columns = [change(name) if isinstance(name, str) else name for name in frame.columns]
    return out
