"""Tables of the report: what a cell says, and by what its column is sorted."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

#: Characters of a text that is not broken, and beyond which its column is given room.
SHORT, LONG = 18, 32


@dataclass(frozen=True)
class Cell:
    """What a cell says.

    Attributes
    ----------
    text : str
        Plain text; the page escapes it.
    value : float or str
        What the column is sorted by.
    number : bool
        Whether it stands at the right.
    """

    text: str
    value: float | str
    number: bool = False


@dataclass(frozen=True)
class Column:
    """How a column of a frame is shown.

    Attributes
    ----------
    name : str
        Column of the frame.
    label : str
    form : callable, optional
        Text of a value; `str` where it is left out.
    note : str
        What the heading tells when pointed at, such as a unit.
    """

    name: str
    label: str
    form: Callable[[Any], str] | None = None
    note: str = ""


@dataclass
class Table:
    """A table with a caption.

    Attributes
    ----------
    name : str
        Anchor.
    caption : str
    labels, notes : list of str
        Of the columns.
    rows : list of list of Cell
    folded : bool
        Shown on demand.
    strong : list of bool
        Rows that stand out.
    keys : list of str
        What a row is about, where the map knows it: ``target 3``.
    """

    name: str
    caption: str
    labels: list[str]
    notes: list[str]
    rows: list[list[Cell]]
    folded: bool = False
    strong: list[bool] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)

    @property
    def looks(self) -> list[str]:
        """How each column is set: ``number``, ``short`` and ``wide`` for text that must not or may well break."""
        return [_look([row[k] for row in self.rows]) for k in range(len(self.labels))]


def table(
    frame: pd.DataFrame,
    columns: Sequence[Column],
    caption: str,
    name: str,
    *,
    folded: bool = False,
    strong: Sequence[bool] = (),
    keys: Sequence[str] = (),
) -> Table:
    """Make a table of those columns that a frame has.

    Parameters
    ----------
    frame : DataFrame
    columns : sequence of Column
        In the order of the table; one that the frame lacks is left out.
    caption, name : str
    folded : bool
    strong, keys : sequence, optional
        One for each row.
    """
    shown = [column for column in columns if column.name in frame]
    values = [frame[column.name].tolist() for column in shown]
    rows = [
        [cell(value, column.form) for column, value in zip(shown, row, strict=True)]
        for row in zip(*values, strict=True)
    ]
    return Table(
        name,
        caption,
        [column.label for column in shown],
        [column.note for column in shown],
        rows,
        folded,
        list(strong) or [False] * len(rows),
        list(keys) or [""] * len(rows),
    )


def _look(cells: Sequence[Cell]) -> str:
    if any(cell.number for cell in cells):
        return "number"
    longest = max((len(cell.text) for cell in cells), default=0)
    return "short" if longest <= SHORT else "wide" if longest > LONG else ""


def cell(value: Any, form: Callable[[Any], str] | None = None) -> Cell:
    """Make a cell of a value: numbers are sorted as such, what is missing comes last."""
    missing = value is None or value != value
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    if isinstance(value, bool) and form is None:
        return Cell("yes" if value else "no", str(value))
    text = "" if missing else form(value) if form else str(value)
    return Cell(text, "" if missing else float(value) if is_number else str(value), is_number)
