"""What a check has found: all errors, where a run stops at the first one, and all warnings."""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, ParamSpec, TypeVar

import pandas as pd

from geohalo.addresses import masked
from geohalo.errors import InputError
from geohalo.input_warnings import COLUMNS, InputWarning, named_within, relative_to, warnings_in

P = ParamSpec("P")
T = TypeVar("T")

#: What a row of `check.csv` is.
ERROR, WARNING = "error", "warning"
#: So many errors of one kind are listed one by one.
MOST_ALIKE = 3
#: Columns of `check.csv`: what the row is, and those of `warnings.csv`.
FINDING_COLUMNS = ("kind", *COLUMNS)


@dataclass
class Findings:
    """Errors and warnings of all stages, in the order in which they were met.

    Attributes
    ----------
    folder : str
        The data folder: files in it are named relative to it.
    errors : list of (str, str)
        Stage (its rule) and message; each message once.
    warnings : list of (str, InputWarning)
        Stage and warning; each warning once.
    """

    folder: str = ""
    errors: list[tuple[str, str]] = field(default_factory=list)
    warnings: list[tuple[str, InputWarning]] = field(default_factory=list)
    _met: Counter[str] = field(default_factory=Counter)

    def attempt(self, stage: str, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T | None:
        """Return what a function returns; None where the input stops it, with its message noted."""
        try:
            return work(*args, **kwargs)
        except InputError as error:
            self.error(stage, str(error))
            return None

    def error(self, stage: str, message: str) -> None:
        """Note what stops a run; passwords in addresses are masked."""
        message = self.local(message)
        if not self._met[message]:
            self.errors.append((stage, message))
        self._met[message] += 1

    def local(self, text: str) -> str:
        """Return a message as it is noted: without logins, and with files named within the data folder."""
        return named_within(masked(text), self.folder)

    def times_met(self, message: str) -> int:
        """Return how often an error was met."""
        return self._met[message]

    def warn(self, stage: str, warnings: Iterable[InputWarning | None]) -> None:
        """Note warnings; None stands for none."""
        for one in relative_to((one for one in warnings if one is not None), self.folder):
            if one not in [note for _, note in self.warnings]:
                self.warnings.append((stage, one))

    def table(self) -> pd.DataFrame:
        """Return all of them with the columns `FINDING_COLUMNS`, errors first, all text."""
        empty: dict[str, Any] = dict.fromkeys(FINDING_COLUMNS, "")
        rows = [empty | {"kind": ERROR, "stage": stage, "what": note.strip()} for stage, note in self.errors]
        rows += [{"kind": WARNING, "stage": stage} | asdict(one) for stage, one in self.warnings]
        return pd.DataFrame(rows, columns=list(FINDING_COLUMNS), dtype=str)


def by_kind(errors: Sequence[str]) -> list[str]:
    """Put errors that differ in names and numbers alone into one text, where there are more than `MOST_ALIKE`.

    A sheet with decimal commas has the same fault in each of its columns.
    """
    kinds: dict[str, list[str]] = {}
    for one in errors:
        kinds.setdefault(re.sub(r"'[^']*'|\d+([.,]\d+)?", "", one), []).append(one)
    messages = []
    for alike in kinds.values():
        if len(alike) <= MOST_ALIKE:
            messages += alike
        else:
            messages.append(
                f"{alike[0].rstrip('.')}. The same in {len(alike) - 1} other places, which check.csv lists."
            )
    return messages


def check_messages(table: pd.DataFrame) -> tuple[list[str], list[str]]:
    """Return the errors and the warnings of `check.csv`, a text each."""
    stops = table["kind"] == ERROR
    return table.loc[stops, "what"].tolist(), [str(one) for one in warnings_in(table[~stops])]
