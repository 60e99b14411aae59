"""What is doubtful in the input and does not stop a run: where it stands, what it is, what to do about it."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path

import pandas as pd


@dataclass(frozen=True)
class InputWarning:
    """One doubt about the input.

    Attributes
    ----------
    what : str
        A sentence without its full stop, which says what is doubtful.
    fix : str
        What the user can do, as an instruction without a full stop; the config key is named where there is one.
    file, column, row : str
        Where it stands, as far as that is known. A row is the number that the user sees in the file, of the first
        row where there are several; for a raster it may be the band.
    """

    what: str
    fix: str
    file: str = ""
    column: str = ""
    row: str = ""

    def __str__(self) -> str:
        """Return one line for the log, the verdict and the report."""
        place = [
            self.file,
            f"column {self.column!r}" if self.column else "",
            f"row {self.row}" if self.row else "",
        ]
        where = ", ".join(part for part in place if part)
        return f"{where}: {self.what}; {self.fix}" if where else f"{self.what}; {self.fix}"


#: Columns of `warnings.csv`: the stage (its rule) and the parts of a warning.
COLUMNS = ("stage", "file", "column", "row", "what", "fix")


def warnings_table(stage: str, warnings: Iterable[InputWarning]) -> pd.DataFrame:
    """Return the warnings of a stage as a table with the columns `COLUMNS`, all text."""
    rows = [{"stage": stage} | asdict(warning) for warning in warnings]
    return pd.DataFrame(rows, columns=list(COLUMNS), dtype=str)


def warnings_in(table: pd.DataFrame) -> list[InputWarning]:
    """Return the warnings of a table with the columns `COLUMNS`."""
    names = [field.name for field in fields(InputWarning)]
    return [
        InputWarning(**dict(zip(names, row, strict=True))) for row in table[names].itertuples(index=False)
    ]


def as_records(warnings: Sequence[InputWarning]) -> list[dict[str, str]]:
    """Return warnings as plain mappings, for the attributes of a file."""
    return [asdict(warning) for warning in warnings]


def from_records(records: Iterable[Mapping[str, str]]) -> list[InputWarning]:
    """Return the warnings that `as_records` has made plain."""
    return [InputWarning(**record) for record in records]


def named_within(text: str, folder: str | Path) -> str:
    """Return a text in which files of a folder are named relative to it.

    Results are passed on, and where someone keeps his data is nobody's business.

    Parameters
    ----------
    text : str
    folder : str or Path
        The data folder; both its path as given and the absolute one are left out.
    """
    if not str(folder):
        return text
    for path in dict.fromkeys((str(Path(folder).absolute()), str(Path(folder).resolve()), str(Path(folder)))):
        if path not in (".", "/"):
            text = re.sub(rf"(?<![\w./\\-]){re.escape(path)}[/\\]+", "", text)
    return text


def relative_to(warnings: Iterable[InputWarning], folder: str | Path) -> list[InputWarning]:
    """Return warnings in which files of the data folder are named relative to it (see `named_within`)."""
    return [
        replace(
            warning,
            what=named_within(warning.what, folder),
            fix=named_within(warning.fix, folder),
            file=named_within(warning.file, folder),
        )
        for warning in warnings
    ]
