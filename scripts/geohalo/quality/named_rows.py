"""Rows of a table whose columns are known."""

from collections.abc import Iterator
from typing import Any

import pandas as pd


def named_rows(table: pd.DataFrame) -> Iterator[Any]:
    """Yield the rows of a table, each with its columns as attributes.

    Parameters
    ----------
    table : DataFrame
    """
    yield from table.itertuples(index=False)
