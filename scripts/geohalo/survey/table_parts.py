"""What the readers of all formats share: names of columns, choice of a layer, one line of an error."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from geohalo.errors import InputError
from geohalo.survey.spelling import plain


def column_names(header: Sequence[str], path: str | Path) -> list[str]:
    """Strip and spell the names; a column without a name gets one that `without_unnamed` knows.

    Raises
    ------
    InputError
        A name occurs twice, or there is none.
    """
    names = [" ".join(plain(name).split()) if not name.isascii() else name.strip() for name in header]
    repeated = [name for name, count in Counter(names).items() if name and count > 1]
    if repeated:
        places = [str(position + 1) for position, name in enumerate(names) if name == repeated[0]]
        more = f" (and {len(repeated) - 1} more names)" if len(repeated) > 1 else ""
        raise InputError(
            f"{path}: the column name {repeated[0]!r} occurs more than once (columns "
            f"{', '.join(places)}){more}; "
            "every column needs a name of its own"
        )
    if not any(names):
        raise InputError(f"{path}: the first line holds no column names")
    return [name or f"unnamed {position + 1}" for position, name in enumerate(names)]


def without_unnamed(table: pd.DataFrame) -> pd.DataFrame:
    """Drop empty columns without a name, which trailing delimiters leave behind."""
    unnamed = [name for name in table.columns if name.startswith("unnamed ")]
    empty = [name for name in unnamed if (table[name].isna() | (table[name] == "")).all()]
    return table.drop(columns=empty)


def choose_layer(path: Path, layer: str | None, layers: Sequence[str], kind: str) -> str:
    """Return the layer or sheet to read: the one that is asked for, else the first."""
    if not layers:
        raise InputError(f"{path}: the file has no {kind}")
    if layer is None:
        return layers[0]
    if layer not in layers:
        raise InputError(
            f"{path}: no {kind} {layer!r}; there are {', '.join(map(repr, layers))}. Set `layer` to one"
        )
    return layer


def one_line(error: Exception) -> str:
    """Return an error's text as one line."""
    return " ".join(str(error).split())
