"""What is doubtful in the values of a survey of rasters: two equal elements, numbers that fill up for none."""

from collections.abc import Sequence

import pandas as pd

from geohalo.cube.raster_units import Meaning
from geohalo.input_warnings import InputWarning
from geohalo.survey.column_doubts import equal_elements

# A smallest value in so many cells, so many times below the next, stands for zero or for no data.
_FEWEST_CELLS, _TIMES_BELOW = 3, 1000.0


def doubtful_values(found: Sequence[Meaning]) -> list[InputWarning]:
    """Return warnings of elements that repeat another, and of tiny values that fill up for none.

    Parameters
    ----------
    found : sequence of Meaning
        On one grid, values in ppm where they are concentrations.
    """
    by_name = {meaning.name: meaning.band for meaning in found}
    values = pd.DataFrame({name: band.values.ravel() for name, band in by_name.items()})
    doubts = [
        InputWarning(
            f"the values of {other} are those of {one} ({by_name[one].source}) in every cell, as if a raster was "
            "copied",
            f"correct the file, or leave it out with grids.exclude: [{other}]",
            by_name[other].file,
            row=by_name[other].place,
        )
        for one, other in equal_elements(values)
    ]
    return doubts + [doubt for meaning in found if meaning.column for doubt in _fillings(meaning)]


def _fillings(meaning: Meaning) -> list[InputWarning]:
    assert meaning.column is not None
    positive = meaning.band.values[meaning.band.values > 0]
    least = float(positive.min()) if positive.size else 0.0
    others = positive[positive > least]
    count = positive.size - others.size
    if count < _FEWEST_CELLS or others.size < count or float(others.min()) < _TIMES_BELOW * least:
        return []
    value = least / meaning.column.factor
    return [
        InputWarning(
            f"{count} cells of {meaning.name} hold {value:.6g}, {float(others.min()) / least:.3g} times below the next "
            "value: it may stand for zero or for no data, and its logarithm outweighs all others",
            f"set grids.nodata: {value:.6g} if it means no data; write 0 if it means below detection",
            meaning.band.file,
            row=meaning.band.place,
        )
    ]
