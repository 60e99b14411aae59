"""Columns of laboratories, jobs or campaigns whose levels differ and that the config does not call batches."""

import re
from collections.abc import Collection

import numpy as np
import numpy.typing as npt
import pandas as pd

from geohalo.input_warnings import InputWarning
from geohalo.survey.cells import BoolArray, FloatArray, plain_cells

_ABOUT_BATCHES = re.compile(
    r"(?:^|[\W_])(?:batch|job|certificate|cert|lab|laboratory|lab_?name|campaign|survey|project|report|year|map_?sheet|sheet)"
    r"(?:[\W_]*(?:no|nr|id|code|name|number|year))?$",
    re.IGNORECASE,
)
_FEWEST_ROWS, _MOST_BATCHES = 15, 30
# Told are levels that differ so many times, in so large a share of the elements.
_TIMES, _FEWEST_ELEMENTS = 2.5, 0.2
# The centres of batches on one ground lie within so much of their standard deviation.
_APART = 0.7


def unnamed_batches(
    about: pd.DataFrame,
    xy: FloatArray,
    values: pd.DataFrame,
    rows: npt.NDArray[np.int64],
    chosen: Collection[str],
    source: str,
) -> list[InputWarning]:
    """Tell of a column that names laboratories, jobs or campaigns between which elements differ in their median.

    Parameters
    ----------
    about : DataFrame, shape (rows, columns)
        What the table tells of the rows beside coordinates and concentrations.
    xy : ndarray of float64, shape (rows, 2)
        Places in metres: batches that lie side by side are not compared, since their ground differs as well.
    values : DataFrame, shape (rows, elements)
        Concentrations.
    rows : ndarray of int64, shape (rows,)
        Row numbers in the file.
    chosen : collection of str
        Columns by which the config chooses rows or names batches; with one of these nothing is told.
    source : str
        File name, for the warning.
    """
    for name in map(str, about.columns):
        if name in chosen or not _ABOUT_BATCHES.search(name):
            continue
        text = plain_cells(about[name].astype(object)).to_numpy(dtype=object)
        counts = pd.Series(text).value_counts()
        batches = [kind for kind in counts.index if kind and counts[kind] >= _FEWEST_ROWS]
        if not 2 <= len(batches) <= _MOST_BATCHES:
            continue
        medians = pd.DataFrame({kind: values[text == kind].median() for kind in batches})
        times = (medians.max(axis=1) / medians.min(axis=1)).dropna()
        shifted = times[times >= _TIMES]
        if shifted.empty or len(shifted) < _FEWEST_ELEMENTS * len(times):
            continue
        element = str(shifted.idxmax())
        high, low = medians.loc[element].idxmax(), medians.loc[element].idxmin()
        if not _share_ground(xy, text == high, text == low):
            continue
        return [
            InputWarning(
                f"between {low!r} and {high!r} of this column {element} differs {times[element]:.2g} times in its "
                f"median ({len(shifted)} of {len(times)} elements more than {_TIMES:g} times), as if "
                "laboratories or methods were others",
                f"set samples.batch: {name} to have their levels compared at neighbouring samples, and levelled by "
                "samples.levelling",
                source,
                name,
                str(rows[np.flatnonzero(text == high)[0]]),
            )
        ]
    return []


def _share_ground(xy: FloatArray, one: BoolArray, other: BoolArray) -> bool:
    """Tell whether the centres of two batches lie close together, to their own spread."""
    between = np.abs(xy[one].mean(axis=0) - xy[other].mean(axis=0))
    return bool((between <= _APART * np.minimum(xy[one].std(axis=0), xy[other].std(axis=0))).all())
