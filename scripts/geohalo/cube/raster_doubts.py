"""What is doubtful in the values of rasters: tiny numbers that fill up for zero or for no data."""

from collections.abc import Sequence

from geohalo.cube.raster_units import Meaning
from geohalo.input_warnings import InputWarning

# A smallest value in so many cells, so many times below the next, stands for zero or for no data.
_FEWEST_CELLS, _TIMES_BELOW = 3, 1000.0


def doubtful_values(found: Sequence[Meaning]) -> list[InputWarning]:
    """Return warnings of tiny values that fill up for none.

    Parameters
    ----------
    found : sequence of Meaning
        Values in ppm where they are concentrations.
    """
    return [doubt for meaning in found if meaning.column for doubt in _fillings(meaning)]


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
