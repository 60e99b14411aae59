"""Rows that a selection leaves out although they may be meant: another case, another sign between values."""

import re
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from geohalo.input_warnings import InputWarning
from geohalo.survey.cells import plain_cells, sentinel_numbers
from geohalo.survey.commodities import names_commodities
from geohalo.survey.spelling import plain

_MOST_NAMED = 6


def nearly_kept(
    table: pd.DataFrame,
    kept: pd.DataFrame,
    keep: Mapping[str, Sequence[str | float]],
    source: str,
    key: str,
) -> list[InputWarning]:
    """Return warnings of values that equal a wanted one but for their case.

    In a column of commodities also of those that hold a wanted value between other signs (`Ni/Cu`).

    Parameters
    ----------
    table, kept : pandas.DataFrame
        All rows, and those that `keep` has kept, both with their row numbers as index.
    keep : mapping of column to values
        The wanted values.
    source, key : str
        File and config key, for the warnings.
    """
    lost = table[~table.index.isin(kept.index)]
    if lost.empty:
        return []
    messages = []
    for column, wanted in keep.items():
        if column not in table.columns:
            continue
        exact = {plain(str(value)).strip() for value in wanted}
        words = {
            text.casefold() for text in exact if not sentinel_numbers([text]) and re.search(r"[^\W\d_]", text)
        }
        cells = plain_cells(lost[column])
        listed_column = names_commodities(str(column))
        near = {
            text
            for text in cells.unique()
            if text not in exact
            and (text.casefold() in words or (listed_column and words & set(_parts(text))))
        }
        if not near:
            continue
        at = np.flatnonzero(cells.isin(near).to_numpy())
        listed = ", ".join(map(repr, sorted(near)[:_MOST_NAMED])) + (
            " ..." if len(near) > _MOST_NAMED else ""
        )
        messages.append(
            InputWarning(
                f"{len(at)} {'row is' if len(at) == 1 else 'rows are'} left out whose cells look like a wanted value "
                f"but do not equal it: {listed}",
                f"list these values in {key}.{column} too if they are meant",
                source,
                str(column),
                str(lost.index[at[0]]),
            )
        )
    return messages


def _parts(text: str) -> list[str]:
    """Return the words of a cell that holds several values, in lower case; none of a cell of prose."""
    words = re.findall(r"\w+", text.casefold())
    return words if len(words) <= 8 else []
