"""Concentrations as laboratories write them: text to numbers, detection and upper limits.

A value below the detection limit is left-censored: the sample holds less than the limit, not
nothing. It becomes a fixed share of its limit (0.5 by custom) and is flagged, so that a later stage
may choose otherwise.
"""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from geohalo.errors import InputError
from geohalo.input_warnings import InputWarning
from geohalo.survey.cell_hints import cell_hint, other_texts
from geohalo.survey.cells import (
    BoolArray,
    FloatArray,
    blank_missing,
    is_date,
    plain_cells,
    shortened,
    to_numbers,
)
from geohalo.survey.codes import (
    as_smallest,
    extreme_repeats,
    read_codes,
    serial_dates,
    stop_at_positive_codes,
    too_high,
    unusual_limits,
)
from geohalo.survey.flags import Flags, read_flags
from geohalo.survey.numbers import comma_hint
from geohalo.survey.spelling import plain
from geohalo.survey.value_doubts import value_doubts

_LIMIT = re.compile(r"(?P<sign>[<>≤≥])\s*=?\s*(?P<number>(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][-+]?\d+)?)")
_LONGEST_CELL = 1000


@dataclass(frozen=True)
class Parsed:
    """One column of concentrations as numbers, in the column's own unit.

    Attributes
    ----------
    values : ndarray of float64, shape (rows,)
        Concentrations; NaN where there is none. A censored one is the chosen share of its detection
        limit, one above the upper limit is that limit.
    censored : ndarray of bool, shape (rows,)
        True where the value lies below a detection limit.
    limit : float
        Detection limit: the median of those met in the column, NaN when nothing is censored.
    n_missing : int
        Cells without a value, dates apart.
    n_dates : int
        Cells that hold a date, which spreadsheets make out of entries such as `5-3`; they count as
        missing.
    above : ndarray of bool, shape (rows,)
        True where the value lies above an upper limit.
    warnings : tuple of InputWarning
        What is doubtful about the column.
    """

    values: FloatArray
    censored: BoolArray
    limit: float
    n_missing: int
    n_dates: int
    above: BoolArray
    warnings: tuple[InputWarning, ...] = ()

    @property
    def n_above(self) -> int:
        """Cells above an upper limit."""
        return int(self.above.sum())


def parse_concentrations(
    column_values: pd.Series,
    missing: Sequence[str | float] = (),
    below: Collection[str] = (),
    flags: pd.Series | None = None,
    replace: float = 0.5,
    *,
    known_flags: Mapping[str, str] | None = None,
    below_text: Collection[str] = (),
    column: str = "",
    source: str = "table",
    rows: npt.NDArray[np.int64] | None = None,
) -> Parsed:
    """Turn one column of cells into concentrations.

    `<0.5` (below that limit), `>1000` (above that limit) and dates are understood in any cell.

    Parameters
    ----------
    column_values : pandas.Series, shape (rows,)
        Cells as read: text, numbers, dates.
    missing : sequence of str or float
        Codes for "not analysed"; empty cells always are. They are removed before anything else is
        looked at.
    below : collection of {"negative", "zero", "half_limit"}
        How values below the detection limit are coded; see `geohalo.survey.codes.read_codes`.
    flags : pandas.Series, shape (rows,), optional
        Companion column; a cell that begins with `<` (`>`) says that the value is a detection (an
        upper) limit. A zero that is flagged as below the limit lies below the column's smallest
        value.
    replace : float
        Share of the detection limit that a censored value becomes.
    known_flags : mapping of str to {"below", "above", "missing", "ignore"}, optional
        What other flags mean.
    below_text : collection of str
        Words for "below the detection limit", in upper or lower case; the limit is taken to be the column's smallest
        positive value.
    column, source, rows
        Column name, file name and row numbers in the file, for messages.

    Returns
    -------
    Parsed

    Raises
    ------
    InputError
        A cell is neither a number nor one of the above, or a negative value or a zero is not
        declared in `below`.
    """
    values = column_values.reset_index(drop=True)
    rows = np.arange(2, len(values) + 2, dtype=np.int64) if rows is None else rows
    where = f"{source}, column {column!r}"
    numbers, leftover = to_numbers(values)
    numbers, leftover = blank_missing(values, numbers, leftover, missing)
    worded, leftover = _below_words(values, leftover, below_text, missing)
    is_limit, is_upper, n_dates = _read_leftovers(values, numbers, leftover, rows, where)
    if flags is not None:
        by = read_flags(flags, known_flags or {}, where)
        is_limit, is_upper, worded = _flagged(numbers, is_limit, is_upper, worded, by)
    stop_at_positive_codes(np.where(is_limit | is_upper, np.nan, numbers), rows, where)
    limit_warnings = unusual_limits(numbers, rows, column, source)
    read_codes(numbers, is_limit, below, rows, where)
    if worded.any():
        as_smallest(numbers, is_limit, worded)
    limits = numbers[is_limit]
    result = np.where(is_limit, replace * numbers, numbers)
    return Parsed(
        values=result,
        censored=is_limit,
        limit=float(np.median(limits)) if limits.size else float("nan"),
        n_missing=int(np.isnan(result).sum()) - n_dates,
        n_dates=n_dates,
        above=is_upper,
        warnings=(
            *limit_warnings,
            *_doubts(numbers, is_limit, is_upper, rows, column, source),
        ),
    )


def _below_words(
    values: pd.Series, leftover: BoolArray, below_text: Collection[str], missing: Sequence[str | float]
) -> tuple[BoolArray, BoolArray]:
    """Tell which cells hold a word for "below the detection limit", and which are still left over."""
    words = {plain(str(word)).strip().casefold() for word in below_text}
    both = words & {plain(str(code)).strip().casefold() for code in missing}
    if both:
        raise InputError(
            f"samples.censoring.below_text: {min(both)!r} is in samples.missing too; remove it from one"
        )
    worded = np.zeros(len(values), dtype=bool)
    if words and leftover.any():
        worded[leftover] = plain_cells(values[leftover]).str.casefold().isin(words).to_numpy()
    return worded, leftover & ~worded


def _flagged(
    numbers: FloatArray, is_limit: BoolArray, is_upper: BoolArray, worded: BoolArray, by: Flags
) -> tuple[BoolArray, BoolArray, BoolArray]:
    """Apply flags, to `numbers` in place; return where limits and upper limits are, and what is below an unknown."""
    numbers[by.missing] = np.nan
    is_limit = (is_limit & ~by.missing) | (by.below & (numbers > 0))
    is_upper = (is_upper & ~by.missing) | (by.above & (numbers > 0))
    worded = (worded & ~by.missing) | (by.below & (numbers == 0))
    numbers[worded] = np.nan
    return is_limit, is_upper, worded


def _doubts(
    numbers: FloatArray,
    is_limit: BoolArray,
    is_upper: BoolArray,
    rows: npt.NDArray[np.int64],
    column: str,
    source: str,
) -> list[InputWarning]:
    """Tell of limits and measured values that look like something else."""
    either = is_limit | is_upper
    return [
        *_high_limits(numbers, is_limit, rows, column, source),
        *extreme_repeats(numbers, either, rows, column, source),
        *serial_dates(numbers, either, rows, column, source),
        *value_doubts(numbers, either, rows, column, source),
    ]


def _high_limits(
    numbers: FloatArray, is_limit: BoolArray, rows: npt.NDArray[np.int64], column: str, source: str
) -> tuple[InputWarning, ...]:
    """Tell of detection limits above nearly all measured values."""
    places = np.flatnonzero(is_limit)
    high = too_high(numbers[places], numbers[(numbers > 0) & ~is_limit])
    if not high.any():
        return ()
    first = places[np.flatnonzero(high)[0]]
    return (
        InputWarning(
            f"{high.sum()} values are below a limit ({numbers[first]:g}) that lies above nearly all measured ones; the "
            "share of it that they become looks like an anomaly",
            "list them in samples.missing, or keep the rows with a better limit (samples.keep)",
            source,
            column,
            str(rows[first]),
        ),
    )


def _read_leftovers(
    values: pd.Series,
    numbers: FloatArray,
    leftover: BoolArray,
    rows: npt.NDArray[np.int64],
    where: str,
) -> tuple[BoolArray, BoolArray, int]:
    """Read cells such as `<0.5` into `numbers`; return where limits stand, and count the dates."""
    positions = np.flatnonzero(leftover)
    is_limit = np.zeros(len(values), dtype=bool)
    is_upper = np.zeros(len(values), dtype=bool)
    # A column repeats few such texts, so each is looked at once.
    codes, texts = pd.factorize(plain_cells(values[leftover]))
    limits = [_LIMIT.fullmatch(text) if len(text) <= _LONGEST_CELL else None for text in texts]
    found = np.array([float(limit["number"]) if limit else 0.0 for limit in limits])
    below = np.array([limit is not None and limit["sign"] in "<≤" for limit in limits], dtype=bool)
    dates = np.array([is_date(text) for text in texts], dtype=bool)
    unread = positions[~((found > 0) | dates)[codes]] if len(texts) else positions
    if unread.size:
        _stop_at_unread(values, unread, rows, where)
    if len(texts):
        limit_cells = positions[(found > 0)[codes]]
        numbers[limit_cells] = found[codes][(found > 0)[codes]]
        is_limit[positions[((found > 0) & below)[codes]]] = True
        is_upper[positions[((found > 0) & ~below)[codes]]] = True
    return is_limit, is_upper, int(dates[codes].sum()) if len(texts) else 0


def _stop_at_unread(
    values: pd.Series, unread: npt.NDArray[np.int64], rows: npt.NDArray[np.int64], where: str
) -> None:
    """Raise InputError for the first cell that nothing explains, with the ways out."""
    first = unread[0]
    text = str(values.iat[first]).strip(" \t\r\n")
    more = f" (and {unread.size - 1} more such cells)" if unread.size > 1 else ""
    place = f"{where}, row {rows[first]}: {shortened(text)!r} is not a number{more}"
    if len(text) > _LONGEST_CELL:
        raise InputError(f"{place}; look for a quotation mark that is not closed")
    if re.fullmatch(r"[-+]?\d{1,3}([ ']\d{3})+(\.\d*)?", text):
        sign = text.lstrip("-+0123456789")[0]
        kind = "the blank" if sign == " " else f"{sign!r}"
        raise InputError(f"{place}; if {kind} stands between thousands set samples.thousands: {sign!r}")
    commas = comma_hint(values.iloc[unread], "samples") if "," in text else None
    if commas:
        raise InputError(f"{place}; {commas}")
    if text.endswith("%"):
        raise InputError(
            f"{place}; give all cells of the column as percentages, without the sign in a text file, and state the unit"
        )
    texts = list(map(str, plain_cells(values.iloc[unread]).unique()))
    hint = cell_hint(texts[0])
    if hint is None:
        hint = (
            "list it in samples.censoring.below_text if it means below the detection limit, or in samples.missing if "
            'it stands for "not analysed"'
        )
    elif "samples.missing" not in hint:
        hint += ', or list the text in samples.missing if it stands for "not analysed"'
    raise InputError(f"{place}; {hint}{other_texts(texts, texts[0])}")
