"""Codes of flow directions: what four programs write, which of them a raster holds, and whether they are meant so.

Codes of one program pass as those of another: the pointers of WhiteboxTools are the numbers of ESRI, turned by an
eighth. So the config names them, and a network is only taken for what it is called if its water does not go round in
loops and its ways do not cross as those of no steepest descent do.
"""

from collections.abc import Mapping
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from geohalo.catchments.compiled import SINK, VOID
from geohalo.catchments.drainage import crossings, looping_cells
from geohalo.errors import InputError

Codes = NDArray[np.uint8]

#: Our own, which are ESRI's: 1 east and on clockwise in powers of two.
_CLOCKWISE = (1, 2, 4, 8, 16, 32, 64, 128)


def _table(
    directions: tuple[int, ...], sinks: tuple[int, ...] = (), voids: tuple[int, ...] = ()
) -> Mapping[int, int]:
    """Return our code of each code of a program, whose directions start in the east and run clockwise."""
    table = dict(zip(directions, _CLOCKWISE, strict=True))
    return MappingProxyType(table | dict.fromkeys(sinks, SINK) | dict.fromkeys(voids, VOID))


#: What the key `terrain.codes` may name, and our code of each of their numbers.
CODES: Mapping[str, Mapping[int, int]] = MappingProxyType(
    {
        # MERIT Hydro has -1 for inland sinks and -9 for voids, in bytes with a sign.
        "esri": _table((1, 2, 4, 8, 16, 32, 64, 128), sinks=(0, -1), voids=(247, 255, -9)),
        # Counter-clockwise from the east.
        "taudem": _table((1, 8, 7, 6, 5, 4, 3, 2), sinks=(0,)),
        # Clockwise from the northeast.
        "whitebox": _table((2, 4, 8, 16, 32, 64, 128, 1), sinks=(0,)),
        # As the keys of a number pad, 5 for a pit.
        "ldd": _table((6, 3, 2, 1, 4, 7, 8, 9), sinks=(5,), voids=(255,)),
    }
)
#: No code of any program is lower.
LOWEST = -16
#: Crossings are few where flats were drained at will. More than this share of the cells, and so many times those of
#: other codes, say that the codes are others.
MANY_CROSSINGS, TIMES = 0.001, 5.0


def decoded(values: NDArray[np.float32], name: str) -> Codes:
    """Return our codes (rows, columns) of a raster that holds codes of the named program.

    Parameters
    ----------
    values : ndarray (rows, columns)
        Whole numbers that all belong to it (`foreign_code`); NaN for voids.
    name : str
        A key of `CODES`.
    """
    lookup = np.full(256 - LOWEST, VOID, dtype=np.uint8)
    for code, own in CODES[name].items():
        lookup[code - LOWEST] = own
    void = ~np.isfinite(values)
    codes = lookup[np.where(void, 0, values).astype(np.int16) - LOWEST]
    codes[void] = VOID
    return codes


def foreign_code(values: NDArray[np.float32], name: str) -> tuple[float, int] | None:
    """Return a value that is no code of the named program and the first flat cell that holds it; None without one."""
    known = np.array(sorted(CODES[name]), dtype=np.float64)
    foreign = np.isfinite(values) & ~np.isin(values, known)
    if not foreign.any():
        return None
    cell = int(np.argmax(foreign))
    return float(values.ravel()[cell]), cell


def fitting(values: NDArray[np.float32]) -> list[str]:
    """Return the names of `CODES` that all values of a raster belong to."""
    present = np.unique(values[np.isfinite(values)])
    return [name for name, table in CODES.items() if np.isin(present, np.array(sorted(table))).all()]


def checked_directions(values: NDArray[np.float32], name: str, source: str) -> Codes:
    """Return our codes of a raster of flow directions, if they are what they are called.

    Parameters
    ----------
    values : ndarray (rows, columns)
        As in the file; NaN for voids.
    name : str
        What `terrain.codes` says.
    source : str
        File, for messages.

    Returns
    -------
    ndarray (rows, columns) of uint8

    Raises
    ------
    InputError
        A value is no code of that name; the water goes round in loops; or the ways cross as those of no steepest
        descent do, and other codes fit better.
    """
    if (found := foreign_code(values, name)) is not None:
        value, cell = found
        row, column = divmod(cell, values.shape[1])
        others = fitting(values)
        fix = (
            f"all values are codes of {_listed(others)}: set terrain.codes to that"
            if others
            else "they are codes of no program that is known; if these are heights, remove terrain.codes"
        )
        raise InputError(
            f"{source}: the value {value:g} (row {row + 1}, column {column + 1}, counted from the northwest) is no "
            f"flow direction of terrain.codes: {name}; {fix}."
        )
    codes = decoded(values, name)
    looping, first = looping_cells(codes)
    crossed = crossings(codes)
    cells = int((codes != VOID).sum())
    if looping:
        row, column = divmod(first, values.shape[1])
        raise InputError(
            f"{source}: read with terrain.codes: {name}, the water of {looping:,} cells goes round in loops (the first "
            f"at row {row + 1}, column {column + 1}, counted from the northwest); {_fix(values, name)}."
        )
    if crossed > MANY_CROSSINGS * cells:
        better = [
            other for other in _without_loops(values, name) if crossed > TIMES * _crossed(values, other)
        ]
        if better:
            raise InputError(
                f"{source}: read with terrain.codes: {name}, the ways of water cross each other in {crossed:,} places, "
                f"which no steepest descent does; read as {_listed(better)} they do not. Set terrain.codes to what "
                "the program that wrote the file uses."
            )
    return codes


def _fix(values: NDArray[np.float32], name: str) -> str:
    others = _without_loops(values, name)
    if others:
        fewest = min(others, key=lambda other: _crossed(values, other))
        return f"read as {fewest} it does not: set terrain.codes to what the program that wrote the file uses"
    return (
        "so it does with every other set of codes that has these values: the file is damaged, or was resampled, which "
        "breaks flow directions; give the heights (a digital elevation model) and remove terrain.codes"
    )


def _without_loops(values: NDArray[np.float32], name: str) -> list[str]:
    """Return other sets of codes that the values belong to and under which no water goes round."""
    return [
        other for other in fitting(values) if other != name and not looping_cells(decoded(values, other))[0]
    ]


def _crossed(values: NDArray[np.float32], name: str) -> int:
    return crossings(decoded(values, name))


def _listed(names: list[str]) -> str:
    return " or ".join(names)
