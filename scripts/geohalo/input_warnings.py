"""What is doubtful in the input and does not stop a run: where it stands, what it is, what to do about it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields

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
