"""Codes that stand for no data: those that the user declares, and those that no one did."""

from collections.abc import Collection, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import binary_dilation

from geohalo.cube.bands import Band
from geohalo.cube.raster_files import listed
from geohalo.errors import InputError
from geohalo.input_warnings import InputWarning

#: Numbers as large as this are blanks of grid software (1.70141e38 of Surfer, 1e30, 3.4e38) and no measurement.
BLANK_FROM = 1e30
#: Customary codes for no data.
CODES = np.concatenate(
    [
        [sign * (10.0**power - 1) for sign in (1, -1) for power in (4, 5, 6, 7)],
        [sign * 10.0**power for sign in (1, -1) for power in (10, 12, 15, 20)],
        [-99, -999, -1e5, -32767, -32768, 32767, 65535, -2147483648, 2147483647, 4294967295],
    ]
)
#: A value stands apart that is this many times the range of all others away from them.
APART = 3.0
#: Cells that share a value by chance, and different values that a band of measurements has at least.
FEW_CELLS, MANY_VALUES = 3, 10
#: Values that agree to this share are one code.
ROUNDING = 1e-6


class Blanks:
    """The codes of the config key ``grids.nodata``.

    Parameters
    ----------
    codes : sequence of float or None
        None where the key is not given.
    """

    def __init__(self, codes: float | Sequence[float] | None) -> None:
        self.codes = [codes] if isinstance(codes, int | float) else codes
        self._met: set[float] = set()

    def remove(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Put NaN in place of the codes, in the array itself."""
        for code in self.codes or ():
            found = np.isclose(values, code, rtol=ROUNDING, atol=0)
            if found.any():
                self._met.add(code)
                values[found] = np.nan
        return values

    def unmet(self) -> list[InputWarning]:
        """Tell of codes that no raster holds."""
        absent = [f"{code:g}" for code in self.codes or () if code not in self._met]
        if not absent:
            return []
        return [
            InputWarning(
                f"config key grids.nodata: no raster holds {listed(absent)}",
                "correct the key, or remove it from there",
            )
        ]


def undeclared_blanks(
    bands: Sequence[Band], concentrations: Collection[str]
) -> tuple[list[Band], list[InputWarning]]:
    """Take for no data what can be nothing else, and stop where it may be.

    Parameters
    ----------
    bands : sequence of Band
    concentrations : collection of str
        Sources of the bands that are concentrations, of which none is negative.

    Returns
    -------
    bands : list of Band
        NaN in place of the codes.
    warnings : list of InputWarning
        One for each code.

    Raises
    ------
    InputError
        If a lowest or highest value is repeated and far from all others, is the same in the same cells of all
        bands, or 0 there. None needs be no data.
    """
    left = []
    found: dict[float, list[tuple[Band, int]]] = {}
    for band in bands:
        cleared, codes = _without_codes(band, band.source in concentrations)
        left.append(cleared)
        for code, count in codes.items():
            found.setdefault(code, []).append((band, count))
    _check_zeros(left, concentrations)
    _check_shared(left)
    return left, [_warning(code, places) for code, places in found.items()]


def without_infinity(band: Band) -> tuple[Band, list[InputWarning]]:
    """Take infinite numbers, which are no values whatever `grids.nodata` says, for no data."""
    infinite = np.isinf(band.values)
    if not infinite.any():
        return band, []
    count = int(infinite.sum())
    warning = InputWarning(
        f"{count} {'cell is' if count == 1 else 'cells are'} infinite, and were taken as no data",
        "divisions by zero leave such cells: mend them in the file, or declare them as no data",
        band.file,
        row=band.place,
    )
    return replace(band, values=np.where(infinite, np.nan, band.values)), [warning]


def _warning(code: float, places: Sequence[tuple[Band, int]]) -> InputWarning:
    (first, count), others = places[0], len(places) - 1
    more = f", and {others} other rasters hold the code as well" if others else ""
    cells = "1 cell holds" if count == 1 else f"{count} cells hold"
    return InputWarning(
        f"{cells} {code:.6g}, which is declared nowhere and can only be a code for no data; it was taken as "
        f"that{more}",
        f"state it as grids.nodata: {code:.6g}, or set grids.nodata: [] if it is a value",
        first.file,
        row=first.place,
    )


def _without_codes(band: Band, concentration: bool) -> tuple[Band, dict[float, int]]:
    """Return a band without its blanks, and how many cells held each code."""
    codes: dict[float, int] = {}
    values = band.values
    with np.errstate(invalid="ignore"):
        huge = np.abs(values) >= BLANK_FROM
    for code in np.unique(values[huge]):
        # Of codes that differ by their rounding alone, and of those mixed with values in resampling, the last is told.
        codes[float(code)] = int((values == code).sum())
    if len(codes) > 1:
        most = max(codes, key=lambda code: codes[code])
        codes = {most: int(huge.sum())}
    values = np.where(huge, np.nan, values)
    for _ in range(4):
        present = values[np.isfinite(values)]
        code = _sure_code(present, band, concentration)
        if code is None:
            break
        same = np.isclose(values, code, rtol=ROUNDING, atol=0)
        codes[code] = int(same.sum())
        values = np.where(same, np.nan, values)
    return (replace(band, values=values) if codes else band), codes


def _customary(code: float, band: Band) -> bool:
    """Tell whether a number is a customary code, as it is or as the file holds it."""
    return bool(np.isclose([[code], [_stored(code, band)]], CODES, rtol=ROUNDING, atol=0).any())


def _stored(value: float, band: Band) -> float:
    """Return a value as the file holds it."""
    return (value - band.offset) / band.scale if band.scale else value


def _sure_code(present: NDArray[np.float64], band: Band, concentration: bool) -> float | None:
    """Return a lowest or highest value that is surely a code; stop where it may be one."""
    if not present.size:
        return None
    for code in (float(present.max()), float(present.min())):
        same = np.isclose(present, code, rtol=ROUNDING, atol=0)
        others = present[~same]
        if not others.size:
            continue
        lowest, highest = float(others.min()), float(others.max())
        gap = lowest - code if code < lowest else code - highest
        customary = _customary(code, band)
        apart = gap > APART * (highest - lowest)
        if customary and ((concentration and code < 0) or (apart and not concentration and highest > lowest)):
            return code
        _ask_if_doubtful(band, code, others, int(same.sum()), (customary, apart, concentration))
    return None


def _ask_if_doubtful(
    band: Band, code: float, others: NDArray[np.float64], count: int, known: tuple[bool, bool, bool]
) -> None:
    """Stop when a value may be a code: customary ones that stand apart, or any that is repeated and does so."""
    customary, apart, concentration = known
    packed = (band.scale, band.offset) != (1.0, 0.0) and customary
    kind = np.dtype(band.stored) if band.stored in ("uint8", "int8", "int16", "uint16") else None
    # The largest number that the file can hold is a code more often than a value.
    full = kind is not None and bool(np.isclose(_stored(code, band), np.iinfo(kind).max, rtol=ROUNDING))
    # Nearest-neighbour maps of concentrations repeat a single high sample; low ones do not stand apart.
    if concentration and (code < 0 or not (customary or full)):
        return
    repeated = count >= FEW_CELLS
    doubtful = (repeated and (apart or packed or (customary and code < 0))) or (customary and apart)
    if not doubtful or (not (customary or full) and np.unique(others[:100_000]).size < MANY_VALUES):
        return
    extreme = "highest" if code > others.max() else "lowest"
    raise InputError(
        f"{band.source}: the {extreme} value, {code:.6g} in {count} cell(s), stands apart from all others "
        f"({others.min():.4g} to {others.max():.4g}). Is it a code for no data? Set grids.nodata: {code:.6g} if it "
        "is, or grids.nodata: [] if it is a value."
    )


def _check_shared(bands: Sequence[Band]) -> None:
    """Stop when all rasters hold one and the same lowest or highest value in the very same cells.

    No two elements do, but for what lies outside the survey. Bands of few values (classes) may.
    """
    if len(bands) < 2 or len({band.values.shape for band in bands}) > 1:
        return
    for end, word in ((np.fmax, "highest"), (np.fmin, "lowest")):
        codes = [float(end.reduce(band.values, axis=None)) for band in bands]
        code = codes[0]
        if not np.isfinite(code) or code == 0 or not np.allclose(codes, code, rtol=ROUNDING, atol=0):
            continue
        cells = [np.isclose(band.values, code, rtol=ROUNDING, atol=0) for band in bands]
        count = int(cells[0].sum())
        if count < FEW_CELLS or any((other != cells[0]).any() for other in cells[1:]):
            continue
        if any(
            np.unique(band.values[np.isfinite(band.values)][:100_000]).size < MANY_VALUES for band in bands
        ):
            continue
        row, column = np.argwhere(cells[0])[0]
        raise InputError(
            f"{bands[0].source}: {count} cells hold the {word} value, {code:.6g}, and in every other raster the same "
            f"cells hold the same (the first at row {row + 1}, column {column + 1}, counted from the northwest). Is it "
            f"a code for no data? Set grids.nodata: {code:.6g} if it is, or grids.nodata: [] if it is a value."
        )


def check_smeared(band: Band, concentration: bool) -> None:
    """Stop when cells beside those without data are far from all others: a code was averaged with values.

    Of concentrations only low ones are judged, since an anomaly may lie at the edge of a survey.

    Raises
    ------
    InputError
        Names the cell that is farthest.
    """
    present = np.isfinite(band.values)
    if present.all():
        return
    edge = present & binary_dilation(~present, np.ones((3, 3), dtype=bool))
    inside = band.values[present & ~edge]
    if not edge.any() or np.unique(inside[:100_000]).size < MANY_VALUES:
        return
    lowest, highest = float(inside.min()), float(inside.max())
    far = APART * (highest - lowest)
    low, high = float(band.values[edge].min()), float(band.values[edge].max())
    if low < lowest - far:
        worst, count = low, int((band.values[edge] < lowest - far).sum())
    elif not concentration and high > highest + far:
        worst, count = high, int((band.values[edge] > highest + far).sum())
    else:
        return
    raise InputError(
        f"{band.source}: {count} cell(s) beside those without data are far from all others (the farthest is "
        f"{worst:.6g}, others are {lowest:.4g} to {highest:.4g}), as if a code for no data had been averaged with "
        "values when the raster was resampled. Declare the code in the original and resample again (gdalwarp "
        "-srcnodata), or set grids.nodata: [] if these are values."
    )


def _check_zeros(bands: Sequence[Band], concentrations: Collection[str]) -> None:
    """Stop when cells are 0 in all of several bands: it is the customary filling of what lies outside."""
    if len(bands) < 2 or len({band.values.shape for band in bands}) > 1:
        return
    zero = np.logical_and.reduce([band.values == 0 for band in bands])
    count = int(zero.sum())
    # Bands of classes, 0 and 1, are 0 together in truth.
    classes = any(
        band.source not in concentrations and np.unique(band.values.ravel()[:100_000]).size < MANY_VALUES
        for band in bands
    )
    if not count or zero.all() or classes:
        return
    row, column = np.argwhere(zero)[0]
    raise InputError(
        f"{bands[0].source}: {count} cell(s) are 0 here and in all other rasters (the first at row {row + 1}, "
        f"column {column + 1}, counted from the northwest). Is 0 their code for no data? Set grids.nodata: 0 if it "
        "is, or grids.nodata: [] if these are values."
    )
