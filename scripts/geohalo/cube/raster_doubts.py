"""What is doubtful in the values of rasters: fillings, copies, coordinates, counts, and numbers that were stretched."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from geohalo.cube.bands import Band
from geohalo.cube.raster_files import listed
from geohalo.cube.raster_units import Meaning
from geohalo.errors import InputError
from geohalo.input_warnings import InputWarning
from geohalo.survey.cells import FloatArray
from geohalo.survey.coordinate_columns import OF_BOTH_KINDS, is_plane
from geohalo.survey.header_doubts import ambiguous_end, ambiguous_message
from geohalo.survey.rescaled_values import rescaled
from geohalo.survey.same_values import repeats

# A smallest value in so many cells, so many times below the next, stands for zero or for no data.
_FEWEST_CELLS, _TIMES_BELOW = 3, 1000.0
# A largest value so many times above the next is no measurement of the same ground.
_TIMES_ABOVE = 100.0
# Bands of fewer cells are alike by chance.
_FEWEST_COMPARED = 60
# A value that fills up cells is so many times as frequent as the next.
_FILLED_TIMES = 20
#: Elements whose symbols are letters for a number of samples, in whole numbers.
_COUNTS = frozenset({"N"})


def doubtful_values(found: Sequence[Meaning]) -> list[InputWarning]:
    """Return warnings of bands that hardly hold what they are taken for.

    Parameters
    ----------
    found : sequence of Meaning
        Values in ppm where they are concentrations.

    Raises
    ------
    InputError
        A band of Y, N, S or W is a coordinate.
    """
    concentrations = [meaning for meaning in found if meaning.column]
    for meaning in concentrations:
        _stop_at_coordinates(meaning)
    doubts = [doubt for meaning in concentrations for doubt in (*_fillings(meaning), *_names(meaning))]
    doubts += [doubt for meaning in concentrations for doubt in _far_above(meaning)]
    return [*doubts, *_spelling(concentrations), *_copies(found), *_rescaled(concentrations), *_filled(found)]


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


def _far_above(meaning: Meaning) -> list[InputWarning]:
    """Tell of a largest value far above all others."""
    assert meaning.column is not None
    known = meaning.band.values[meaning.band.values > 0]
    largest = float(known.max()) if known.size >= _FEWEST_COMPARED else 0.0
    others = known[known < largest]
    if others.size < known.size // 2 or not others.size or largest < _TIMES_ABOVE * float(others.max()):
        return []
    count = known.size - others.size
    cells = "1 cell of" if count == 1 else f"{count} cells of"
    value = largest / meaning.column.factor
    return [
        InputWarning(
            f"{cells} {meaning.name} {'holds' if count == 1 else 'hold'} {value:.6g}, "
            f"{largest / float(others.max()):.3g} times above the next value, and would be the strongest anomaly",
            f"set grids.nodata: {value:.6g} if it is a code, or correct the raster",
            meaning.band.file,
            row=meaning.band.place,
        )
    ]


def _stop_at_coordinates(meaning: Meaning) -> None:
    """Stop at a band of an element that shares its symbol with a direction and follows it."""
    values = meaning.band.values
    if meaning.name not in OF_BOTH_KINDS or values.size < _FEWEST_COMPARED:
        return
    rows, columns = np.indices(values.shape)
    places = np.stack([columns.ravel(), rows.ravel()], axis=1).astype(np.float64)
    if is_plane(values.ravel(), places):
        raise InputError(
            f"{meaning.band.source}: read as {meaning.name}, but its values follow the coordinates; leave the band out "
            f"with grids.exclude: [{meaning.band.element}]."
        )


def _names(meaning: Meaning) -> list[InputWarning]:
    """Tell of names and values by which a band may be a number of samples or a deviation."""
    band, whats = meaning.band, list[str]()
    for name in dict.fromkeys((Path(band.file).stem, band.element, band.title)):
        if end := ambiguous_end(name):
            whats.append(ambiguous_message(end, meaning.name))
            break
    known = band.values[np.isfinite(band.values)]
    if meaning.name in _COUNTS and known.size >= _FEWEST_COMPARED and (known == np.floor(known)).all():
        whats.append(f"read as {meaning.name}, and all values are whole numbers, as of a number of samples")
    fix = f"leave the band out with grids.exclude: [{band.element}] if it holds no concentrations"
    return [InputWarning(what, fix, band.file, row=band.place) for what in whats]


def _spelling(found: Sequence[Meaning]) -> list[InputWarning]:
    """Tell of a name in capitals among others that are spelt as symbols are: `SE` may be a standard error."""
    names = {meaning.band.element: meaning for meaning in found}
    capitals = [name for name in names if name.isupper() and name.isalpha() and len(name) == len("SE")]
    others = [name for name in names if name[1:].islower() and len(name) == len("Se")]
    if not capitals or len(others) <= len(capitals):
        return []
    return [
        InputWarning(
            f"{name!r} is read as {names[name].name}, and the others are spelt like {others[0]!r}: it may be short for "
            "something else, such as a standard error",
            f"leave it out with grids.exclude: [{name}] if it is no element",
            names[name].band.file,
            row=names[name].band.place,
        )
        for name in capitals
    ]


def _copies(found: Sequence[Meaning]) -> list[InputWarning]:
    bands = {meaning.name: meaning.band for meaning in found}
    return [
        InputWarning(
            f"{repeat.message('cell', bands[repeat.one].source)}, as if a raster was copied",
            f"correct the raster, or leave {repeat.other} out with grids.exclude",
            bands[repeat.other].file,
            row=bands[repeat.other].place,
        )
        for repeat in repeats(_flat(bands), _FEWEST_COMPARED)
    ]


def _rescaled(found: Sequence[Meaning]) -> list[InputWarning]:
    factors = {meaning.name: meaning.column.factor for meaning in found if meaning.column}
    cells = {
        name: values / factors[name]
        for name, values in _flat({one.name: one.band for one in found}).items()
        if values.size >= _FEWEST_COMPARED
    }
    what = rescaled(cells, factors)
    fix = "give the concentrations, or set grids.unit: none and cube.transform: none"
    return [] if what is None else [InputWarning(what, fix, found[0].band.file)]


def _filled(found: Sequence[Meaning]) -> list[InputWarning]:
    """Tell of cells that hold one value in every raster, each its own, as a mean that fills up for no data."""
    bands = [meaning.band for meaning in found]
    if len(bands) < 2 or bands[0].values.size < _FEWEST_COMPARED:
        return []
    same = None
    for band in bands:
        kinds, counts = np.unique(band.values[np.isfinite(band.values)], return_counts=True)
        if counts.size < 2:
            return []
        next_most, most = np.sort(counts)[-2:]
        if most < max(_FEWEST_CELLS, _FILLED_TIMES * next_most):
            return []
        cells = band.values == kinds[counts.argmax()]
        if same is not None and (cells != same).any():
            return []
        same = cells
    assert same is not None
    row, column = np.argwhere(same)[0]
    return [
        InputWarning(
            f"{int(same.sum())} cells hold one value in each raster ({_values(bands, row, column)}), the same cells in "
            "all, and no other value is as frequent: it may fill up for no data",
            "set grids.nodata to these values if they do",
            bands[0].file,
            row=f"row {row + 1}, column {column + 1}",
        )
    ]


def _values(bands: Sequence[Band], row: int, column: int) -> str:
    return listed([f"{band.element} {band.values[row, column]:.4g}" for band in bands], 4)


def _flat(bands: dict[str, Band]) -> dict[str, FloatArray]:
    return {name: band.values.ravel() for name, band in bands.items()}
