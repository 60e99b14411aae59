"""Flags beside concentrations: `<` and `>`, and letters that the config explains."""

import re
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from geohalo.errors import InputError
from geohalo.input_warnings import InputWarning
from geohalo.survey.cells import BoolArray, plain_cells, require_column
from geohalo.survey.columns import Column

_KEY = "samples.censoring.flag"


_WORD = r"(?:q|qual\w*|qlf|flags?|fl|rmk|rem(?:ark)?s?|signs?|mod(?:ifier)?s?|cens\w*|lt|qc|dl_?flag)"
_MARKS = ("<", ">", "≤", "≥")
# Letters that surveys write for below and above a limit.
_LETTERS = frozenset({"L", "G", "N", "H", "B", "T", "U", "ND", "LT", "GT", "BDL", "DL", "BD"})
_MOST_FLAGS, _LONGEST_FLAG, _FIRST = 12, 2, 2000


@dataclass(frozen=True)
class Flags:
    """What the flags of one column say: below a limit, above one, or not analysed.

    Attributes
    ----------
    below, above, missing : ndarray of bool, shape (rows,)
    """

    below: BoolArray
    above: BoolArray
    missing: BoolArray


def flag_columns(
    table: pd.DataFrame, columns: Sequence[Column], censoring: Mapping[str, Any], source: str
) -> dict[str, str]:
    """Return the column of flags of each column of concentrations that has one.

    Parameters
    ----------
    table : pandas.DataFrame
        The table as read.
    columns : sequence of Column
        The columns of concentrations.
    censoring : mapping
        Config section `samples.censoring`; used is `flag`, a suffix or a mapping from element or column to the column
        of flags.
    source : str
        File name, for messages.

    Raises
    ------
    InputError
        No column has the suffix, or one that is mapped does not exist.
    """
    named = censoring.get("flag")
    if not named:
        return {}
    if isinstance(named, str):
        found = {one.column: one.column + named for one in columns if one.column + named in table.columns}
        if not found:
            require_column(table, columns[0].column + named, source, _KEY)
        return found
    found = {}
    for name, flag in named.items():
        require_column(table, flag, source, f"{_KEY}.{name}")
        of = [one.column for one in columns if name == one.column] or [
            one.column for one in columns if name == one.element
        ]
        if len(of) > 1:
            raise InputError(
                f"{_KEY}.{name}: {len(of)} columns report {name}; name the column ({', '.join(map(repr, of))})"
            )
        found |= dict.fromkeys(of, flag)
    return found


def unnamed_flags(
    table: pd.DataFrame, columns: Sequence[Column], flags_named: bool, source: str
) -> list[InputWarning]:
    """Tell of columns beside concentrations that seem to hold their flags and that no key names.

    Parameters
    ----------
    table : pandas.DataFrame
        The columns that hold neither coordinates nor concentrations.
    columns : sequence of Column
        The columns of concentrations.
    flags_named : bool
        Whether the config names columns of flags.
    source : str
        File name, for the warning.
    """
    if flags_named:
        return []
    used = {one.column for one in columns}
    others = [str(name) for name in table.columns if name not in used]
    marked = next((name for name in others if set(kinds_of_flags(table[name])) & set(_MARKS)), None)
    found: dict[str, tuple[str, list[str]]] = {}
    for one in columns:
        header = re.escape(one.column)
        of = re.compile(rf"{header}[\W_]*{_WORD}|{_WORD}[\W_]+{header}", re.IGNORECASE)
        for name in others:
            if of.fullmatch(name) and (kinds := kinds_of_flags(table[name], named=True)):
                found[name] = (one.column, kinds)
    if not found and marked is not None:
        return [_marks(marked, kinds_of_flags(table[marked]), source)]
    if not found:
        return []
    first, (of_column, kinds) = next(iter(found.items()))
    more = f" (and {len(found) - 1} more such columns)" if len(found) > 1 else ""
    return [
        InputWarning(
            f"the column holds {', '.join(map(repr, kinds[:6]))} and seems to flag values of {of_column!r}{more}, "
            "which are read as measured",
            f"name it in samples.censoring.flag, for example flag: {{{of_column}: {first}}}, and say in "
            "samples.censoring.flags what letters mean",
            source,
            first,
        )
    ]


def _marks(name: str, kinds: list[str], source: str) -> InputWarning:
    return InputWarning(
        f"the column holds {', '.join(map(repr, kinds[:6]))} and seems to flag values of another column, which are "
        "read as measured",
        f"name it in samples.censoring.flag, for example flag: {{ELEMENT: {name}}}",
        source,
        name,
    )


def unnamed_flags_of_results(
    table: pd.DataFrame, long: Mapping[str, Any], used: Collection[str], source: str
) -> list[InputWarning]:
    """Tell of a column that seems to flag the results of a long table and that no key names.

    Parameters
    ----------
    table : pandas.DataFrame
        A row for each result.
    long : mapping
        Config section `samples.long`.
    used : collection of str
        Columns that hold something else.
    source : str
        File name, for the warning.
    """
    if long.get("flag"):
        return []
    named = re.compile(rf"(?:.*[\W_])?{_WORD}(?:[\W_].*)?", re.IGNORECASE)
    for name in map(str, table.columns):
        about_flags = named.fullmatch(name) is not None
        kinds = [] if name in used else kinds_of_flags(table[name], about_flags)
        if kinds and (about_flags or set(kinds) & set(_MARKS)):
            return [
                InputWarning(
                    f"the column holds {', '.join(map(repr, kinds[:6]))} and seems to flag results, which are read as "
                    "measured",
                    f"set samples.long.flag: {name}, and say in samples.censoring.flags what letters mean",
                    source,
                    name,
                )
            ]
    return []


def kinds_of_flags(column: pd.Series, named: bool = False) -> list[str]:
    """Return the different cells of a column of flags; none of a column of something else.

    Parameters
    ----------
    column : pandas.Series
        Cells.
    named : bool
        Whether the header says that it holds flags, so that any short text is one.
    """
    # Most columns of text are known by their first cells, and a national survey has many.
    if pd.api.types.is_numeric_dtype(column.dtype) or column.head(_FIRST).nunique() > _MOST_FLAGS + 1:
        return []
    kinds = [text for text in plain_cells(column).unique() if text not in ("", "nan")]
    if not kinds or len(kinds) > _MOST_FLAGS:
        return []
    short = named and all(len(text) <= _LONGEST_FLAG and not text[0].isdigit() for text in kinds)
    known = [text for text in kinds if short or text[0] in _MARKS or text.upper() in _LETTERS]
    return kinds if known else []


def check_flags(table: pd.DataFrame, flags: Mapping[str, str], known: Mapping[str, str], source: str) -> None:
    """Raise an InputError that lists the flags of all columns which nothing explains, with how often each occurs.

    Parameters
    ----------
    table : pandas.DataFrame
        The table as read.
    flags : mapping of str to str
        Column of flags by column of concentrations.
    known : mapping of str to str
        Config key `samples.censoring.flags`.
    source : str
        File name, for messages.
    """
    unknown: Counter[str] = Counter()
    first = ""
    for flag in dict.fromkeys(flags.values()):
        for text, count in plain_cells(table[flag]).value_counts().items():
            if _meaning(str(text), known) is None:
                unknown[str(text)[:20]] += int(count)
                first = first or flag
    if unknown:
        _stop_at_unknown(unknown, f"{source}, column {first!r}")


def read_flags(flags: pd.Series, known: Mapping[str, str], where: str) -> Flags:
    """Read a column of flags.

    Parameters
    ----------
    flags : pandas.Series, shape (rows,)
        Cells of the column.
    known : mapping of str to str
        Config key `samples.censoring.flags`.
    where : str
        File and column, for messages.

    Raises
    ------
    InputError
        Nothing explains a flag.
    """
    codes, texts = pd.factorize(plain_cells(flags))
    unknown = {text: int((codes == n).sum()) for n, text in enumerate(texts) if _meaning(text, known) is None}
    if unknown:
        _stop_at_unknown(Counter(unknown), where)
    meaning = np.array([_meaning(text, known) or "ignore" for text in texts], dtype=object)

    def meant(kind: str) -> npt.NDArray[np.bool_]:
        return (meaning == kind)[codes] if len(texts) else np.zeros(0, dtype=bool)

    return Flags(meant("below"), meant("above"), meant("missing"))


def _meaning(text: str, known: Mapping[str, str]) -> str | None:
    if text in known:
        return known[text]
    if text in ("", "nan"):
        return "ignore"
    return {"<": "below", "≤": "below", ">": "above", "≥": "above"}.get(text[0])


def _stop_at_unknown(unknown: Counter[str], where: str) -> None:
    listed = ", ".join(f"{text[:20]!r} ({count})" for text, count in unknown.most_common(12))
    more = f" and {len(unknown) - 12} more" if len(unknown) > 12 else ""
    raise InputError(
        f"{where}: flags that are not known: {listed}{more}. Say in samples.censoring.flags what each means: below "
        "(the value is a detection limit), above (an upper limit), missing (not analysed) or ignore (take the value as "
        f"it is), for example flags: {{{unknown.most_common(1)[0][0][:20]}: below}}"
    )
