"""Concentrations as laboratories write them: text to numbers, detection and upper limits.

A value below the detection limit is left-censored: the sample holds less than the limit, not
nothing. It becomes a fixed share of its limit (0.5 by custom) and is flagged, so that a later stage
may choose otherwise.
"""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from geohalo.errors import InputError
from geohalo.survey.cells import (
    BoolArray,
    FloatArray,
    blank_missing,
    cell_text,
    is_date,
    to_numbers,
)

_LIMIT = re.compile(r"(?P<sign>[<>≤≥])\s*=?\s*(?P<number>\d+\.?\d*(?:[eE][-+]?\d+)?|\.\d+(?:[eE][-+]?\d+)?)")
# Two equal smallest values may be chance; that share of a column is not.
_HALF_LIMIT_SHARE = 0.1


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
    n_above : int
        Cells above an upper limit.
    """

    values: FloatArray
    censored: BoolArray
    limit: float
    n_missing: int
    n_dates: int
    n_above: int


def parse_concentrations(
    column_values: pd.Series,
    missing: Sequence[str | float] = (),
    below: Collection[str] = (),
    flags: pd.Series | None = None,
    replace: float = 0.5,
    *,
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
        How values below the detection limit are coded. `negative`: minus the limit. `zero`: the
        limit is taken to be the column's smallest positive value. `half_limit`: the smallest value
        is half the limit if it is repeated and either nothing lies between it and its double or at
        least a tenth of the column equals it.
    flags : pandas.Series, shape (rows,), optional
        Companion column; a cell that begins with `<` (`>`) says that the value is a detection (an
        upper) limit.
    replace : float
        Share of the detection limit that a censored value becomes.
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
    is_limit, is_upper, n_dates = _read_leftovers(values, numbers, leftover, rows, where)
    if flags is not None:
        flag = cell_text(flags).str[:1].to_numpy()
        is_limit |= (flag == "<") & (numbers > 0)
        is_upper |= (flag == ">") & (numbers > 0)
    _read_codes(numbers, is_limit, below, rows, where)
    limits = numbers[is_limit]
    result = np.where(is_limit, replace * numbers, numbers)
    return Parsed(
        values=result,
        censored=is_limit,
        limit=float(np.median(limits)) if limits.size else float("nan"),
        n_missing=int(np.isnan(result).sum()) - n_dates,
        n_dates=n_dates,
        n_above=int(is_upper.sum()),
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
    codes, texts = pd.factorize(cell_text(values[leftover]))
    limits = [_LIMIT.fullmatch(text) for text in texts]
    found = np.array([float(limit["number"]) if limit else 0.0 for limit in limits])
    below = np.array([limit is not None and limit["sign"] in "<≤" for limit in limits], dtype=bool)
    dates = np.array([is_date(text) for text in texts], dtype=bool)
    unread = positions[~((found > 0) | dates)[codes]] if len(texts) else positions
    if unread.size:
        text = str(values.iat[unread[0]]).strip()
        more = f" (and {unread.size - 1} more such cells)" if unread.size > 1 else ""
        comma = "write decimals with a point, or " if re.fullmatch(r"[<>]?-?\d+,\d+", text) else ""
        raise InputError(
            f"{where}, row {rows[unread[0]]}: {text!r} is not a number{more}; {comma}list it in "
            'samples.missing if it stands for "not analysed"'
        )
    if len(texts):
        limit_cells = positions[(found > 0)[codes]]
        numbers[limit_cells] = found[codes][(found > 0)[codes]]
        is_limit[positions[((found > 0) & below)[codes]]] = True
        is_upper[positions[((found > 0) & ~below)[codes]]] = True
    return is_limit, is_upper, int(dates[codes].sum()) if len(texts) else 0


def _read_codes(
    numbers: FloatArray,
    is_limit: BoolArray,
    below: Collection[str],
    rows: npt.NDArray[np.int64],
    where: str,
) -> None:
    """Replace the column's codes by detection limits, in place."""
    for code, coded in (("negative", numbers < 0), ("zero", numbers == 0)):
        if coded.any() and code not in below:
            first = int(np.flatnonzero(coded)[0])
            more = f" (and {coded.sum() - 1} more such cells)" if coded.sum() > 1 else ""
            raise InputError(
                f"{where}, row {rows[first]}: {numbers[first]:g} is no concentration{more}; add "
                f"{code!r} to samples.censoring.below if it means below the detection limit, or "
                "list the value in samples.missing"
            )
    measured = numbers[(numbers > 0) & ~is_limit]
    if "half_limit" in below and measured.size:
        smallest = measured.min()
        equal = measured == smallest
        between = (measured > smallest) & (measured < 2 * smallest * (1 - 1e-9))
        if equal.sum() > 1 and (not between.any() or equal.mean() >= _HALF_LIMIT_SHARE):
            half = (numbers == smallest) & ~is_limit
            numbers[half] *= 2
            is_limit |= half
    negative = numbers < 0
    np.abs(numbers, out=numbers, where=negative)
    is_limit |= negative
    zero = numbers == 0
    if zero.any():
        positive = numbers[numbers > 0]
        # A column of zeros alone says nothing, not even where its limit lies.
        numbers[zero] = positive.min() if positive.size else np.nan
        is_limit |= zero & ~np.isnan(numbers)
