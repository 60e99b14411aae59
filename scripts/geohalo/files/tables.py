"""Tables that stages leave and read: CSV files that a spreadsheet opens safely and that give back every text."""

import json
from typing import Any

import pandas as pd

from geohalo.atomic_files import atomic_write
from geohalo.table_text import neutralised, restored


def write_csv(table: pd.DataFrame, path: str, float_format: str | None = None) -> None:
    """Write a table without its index."""
    with atomic_write(path) as temporary:
        neutralised(table).to_csv(temporary, index=False, float_format=float_format)


def write_text(text: str, path: str) -> None:
    """Write a text in UTF-8."""
    with atomic_write(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def write_json(content: Any, path: str) -> None:
    """Write what JSON can hold."""
    write_text(json.dumps(content, indent=1), path)


def read_csv(path: Any, **options: Any) -> pd.DataFrame:
    """Read a table of `write_csv`; the options are those of `pandas.read_csv`."""
    return restored(pd.read_csv(path, **options))
