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


#: How files begin that are no text tables, what they are, and what to do.
_OTHER_KINDS = (
    (b"PK\x03\x04", "a workbook or a ZIP archive", "rename it to .xlsx, or to .zip if it holds a layer"),
    (b"\xd0\xcf\x11\xe0", "a workbook of the old format (.xls)", "save it as .xlsx"),
    (b"SQLite format 3\0", "a database such as a GeoPackage", "rename it to .gpkg"),
    (b"%PDF", "a PDF document", "ask for the table as text or workbook"),
    (b"\x1f\x8b", "compressed (gzip)", "unpack it"),
    (b"<!doctype html", "a web page", "download the table itself; the address may ask for a login"),
    (b"<html", "a web page", "open it in a spreadsheet program and save it as .xlsx"),
    (b"<table", "a web page", "open it in a spreadsheet program and save it as .xlsx"),
    (b"<?xml", "XML", "save the table as text or workbook"),
    (b"{\\rtf", "a document (RTF)", "open it in a word processor and save the table as plain text"),
    (b"version https://git-lfs", "a placeholder of Git LFS", "fetch the file itself (git lfs pull)"),
    (b"[{", "JSON", "write it as CSV, or rename it to .geojson if it holds a layer"),
    (b'{"', "JSON", "write it as CSV, or rename it to .geojson if it holds a layer"),
)


def stop_at_other_kind(path: Path) -> None:
    """Raise InputError where a file that should be text is a workbook, an archive, a web page and so on."""
    with path.open("rb") as stream:
        start = stream.read(200).removeprefix(b"\xef\xbb\xbf").lstrip()
    for mark, kind, fix in _OTHER_KINDS:
        if start.lower().startswith(mark.lower()):
            raise InputError(f"{path}: this is {kind} and no text, whatever its name says; {fix}")


def one_line(error: Exception) -> str:
    """Return an error's text as one line."""
    return " ".join(str(error).split())
