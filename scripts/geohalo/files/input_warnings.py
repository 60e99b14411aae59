"""Leave what is doubtful in the input beside a stage's results, and read it for the verdict and the report."""

from collections.abc import Iterable, Sequence

import pandas as pd

from geohalo.files.tables import read_csv, write_csv
from geohalo.input_warnings import COLUMNS, InputWarning, relative_to, warnings_in, warnings_table


def leave_warnings(
    stage: str, warnings: Sequence[InputWarning], path: str | None, folder: str = ""
) -> list[str]:
    """Write the warnings of a stage, none included; returns them as lines for the log.

    An alternative, whose input is that of the survey, names no ``path`` and writes none. In the table files are named
    relative to ``folder``, that of the data; the log gives the whole path.
    """
    if path is not None:
        write_csv(warnings_table(stage, relative_to(warnings, folder)), path)
    return [f"Warning: {warning}" for warning in warnings]


def read_warnings(paths: Iterable[str]) -> tuple[pd.DataFrame, list[InputWarning]]:
    """Read the warnings of several stages in their order: the table of all, and the same one by one."""
    tables = [read_csv(path, dtype=str, keep_default_na=False) for path in paths]
    table = pd.concat([pd.DataFrame(columns=list(COLUMNS), dtype=str), *tables], ignore_index=True)
    return table, warnings_in(table)
