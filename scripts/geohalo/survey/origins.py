"""Which row of which file a cell stands in, where a table has been put together from several rows or files."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd


# pandas compares and copies what `attrs` holds whenever it makes a table of others; a Series there compares by element.
@dataclass(frozen=True, eq=False)
class Origin:
    """Where the cells of a column stand.

    Attributes
    ----------
    file : str
    rows : pandas.Series of int64
        Row numbers in that file, indexed by the row number of the sample.
    """

    file: str
    rows: pd.Series

    def __deepcopy__(self, memo: dict[int, Any]) -> "Origin":
        """Return the same one: nobody changes it."""
        return self


def cell_places(
    attrs: Mapping[Any, Any], column: str, source: str, rows: npt.NDArray[np.int64]
) -> tuple[str, npt.NDArray[np.int64]]:
    """Return the file and the rows in which the cells of a column stand.

    Parameters
    ----------
    attrs : mapping
        Those of the table; ``origins`` maps a column to its `Origin`. A column without one stands in the samples' own
        rows.
    column : str
    source : str
        File of the samples.
    rows : ndarray of int64, shape (rows,)
        Row numbers of the samples.
    """
    origin = attrs.get("origins", {}).get(column)
    if origin is None:
        return source, rows
    found = origin.rows.reindex(rows).to_numpy(dtype=np.float64)
    return origin.file, np.where(np.isfinite(found), found, rows).astype(np.int64)
