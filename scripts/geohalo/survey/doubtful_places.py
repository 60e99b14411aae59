"""Places that cannot be, or hardly: (0, 0), a row far from all others, a survey in several parts."""

import numpy as np
import numpy.typing as npt
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree

from geohalo.input_warnings import InputWarning
from geohalo.survey.cells import BoolArray, FloatArray

# (0, 0) counts as empty so many spacings from the nearest other place, or as far as no survey's neighbours are: a
# degree, or 100 km.
_ZERO_SPACINGS, _ZERO_GAP_DEGREES, _ZERO_GAP_METRES = 20, 1.0, 1e5
# Parts of a survey have a gap between them of so many spacings and so many times the reach of the map. Of five real
# surveys, the widest gap is 7 spacings.
_GAP_SPACINGS, _GAP_REACHES = 20, 10
# Squares that the ground is cut into, to a gap: parts are known to about a quarter of it.
_SQUARES = 4
# A part of at most so many rows, or so large a share of all, is a mistake rather than a survey.
_FEW_ROWS, _FEW_SHARE = 3, 0.01
_MOST_NAMED = 10


def without_zero_places(
    x: FloatArray, y: FloatArray, rows: npt.NDArray[np.int64], source: str
) -> tuple[FloatArray, FloatArray, InputWarning | None]:
    """Take (0, 0) for empty cells where it lies far from all other places.

    Parameters
    ----------
    x, y : ndarray of float64, shape (rows,)
        Coordinates as read, NaN where missing.
    rows : ndarray of int64, shape (rows,)
        Row numbers in the file.
    source : str
        The file.

    Returns
    -------
    x, y : ndarray of float64, shape (rows,)
        NaN in both at such places.
    warning : InputWarning or None
        Which rows they are.
    """
    zero = (x == 0) & (y == 0)
    others = np.unique(np.column_stack([x, y])[np.isfinite(x) & np.isfinite(y) & ~zero], axis=0)
    if not zero.any() or not len(others):
        return x, y, None
    degrees = bool((np.abs(others[:, 0]) <= 360).all() and (np.abs(others[:, 1]) <= 90).all())
    limit = _ZERO_GAP_DEGREES if degrees else _ZERO_GAP_METRES
    gap = float(np.hypot(*others.T).min())
    if len(others) > 2:
        spacing = typical_spacing(others)
        limit = min(_ZERO_SPACINGS * spacing, max(limit, 3 * spacing))
    if gap <= limit:
        return x, y, None
    count = int(zero.sum())
    warning = InputWarning(
        f"{count} {'row lies' if count == 1 else 'rows lie'} at (0, 0), far from all others, and "
        f"{'counts' if count == 1 else 'count'} as without coordinates: {named_rows(rows[zero])}",
        "give them coordinates, or leave the cells empty",
        source,
        row=str(rows[zero][0]),
    )
    return np.where(zero, np.nan, x), np.where(zero, np.nan, y), warning


def unplaced_rows(
    empty: BoolArray, valued: BoolArray, rows: npt.NDArray[np.int64], source: str
) -> list[InputWarning]:
    """Return the warning that rows with concentrations have no coordinates and are left out.

    Parameters
    ----------
    empty, valued : ndarray of bool, shape (rows,)
        Whether a row's coordinates are empty, and whether it has a concentration.
    rows : ndarray of int64, shape (rows,)
        Row numbers in the file.
    source : str
        The file.
    """
    lost = empty & valued
    if not lost.any():
        return []
    count = int(lost.sum())
    return [
        InputWarning(
            f"{count} {'row has' if count == 1 else 'rows have'} concentrations and no coordinates, and "
            f"{'is' if count == 1 else 'are'} left out: {named_rows(rows[lost])}",
            "give them coordinates; a total, a limit or a reference material needs none",
            source,
            row=str(rows[lost][0]),
        )
    ]


def typical_spacing(xy: FloatArray) -> float:
    """Return the median distance from a place to the next one, of at least two different ones; 0 for one place."""
    places = np.unique(xy, axis=0)
    return float(np.median(cKDTree(places).query(places, k=2)[0][:, 1])) if len(places) > 1 else 0.0


def named_rows(rows: npt.NDArray[np.int64]) -> str:
    """List row numbers, the first ones where there are many."""
    message = ", ".join(map(str, rows[:_MOST_NAMED]))
    more = f" and {len(rows) - _MOST_NAMED} more" if len(rows) > _MOST_NAMED else ""
    return f"row{'' if len(rows) == 1 else 's'} {message}{more}"


def scattered_places(
    xy: FloatArray, rows: npt.NDArray[np.int64], max_distance: float, source: str
) -> list[InputWarning]:
    """Return warnings of rows far from the rest, and of a survey that falls into parts far from each other.

    Parameters
    ----------
    xy : ndarray of float64, shape (rows, 2)
        Places in metres.
    rows : ndarray of int64, shape (rows,)
        Row numbers in the file.
    max_distance : float
        Config key `grid.max_distance`.
    source : str
        The file.
    """
    spacing = typical_spacing(xy)
    gap = max(_GAP_SPACINGS * spacing, _GAP_REACHES * max_distance)
    part = _parts(xy, gap)
    sizes = np.bincount(part)
    if len(sizes) < 2:
        return []
    small = sizes <= max(_FEW_ROWS, _FEW_SHARE * len(xy))
    small[np.argmax(sizes)] = False
    few = small[part]
    warnings = [_far_rows(xy, rows, few, spacing, source)] if few.any() else []
    if (~small).sum() > 1:
        warnings.append(_several_parts(xy[~few], rows[~few], part[~few], source))
    return warnings


def _parts(xy: FloatArray, gap: float) -> npt.NDArray[np.int64]:
    """Number the parts that have a gap between them, by squares of ground of a quarter of it."""
    squares, of_row = np.unique(np.floor(xy * (_SQUARES / gap)), axis=0, return_inverse=True)
    pairs = cKDTree(squares).query_pairs(_SQUARES, p=np.inf, output_type="ndarray")
    links = coo_array((np.ones(len(pairs), dtype=np.int8), pairs.T), shape=(len(squares), len(squares)))
    _, label = connected_components(links, directed=False)
    return label[of_row.ravel()].astype(np.int64)


def _far_rows(
    xy: FloatArray, rows: npt.NDArray[np.int64], few: BoolArray, spacing: float, source: str
) -> InputWarning:
    distance = float(cKDTree(xy[~few]).query(xy[few])[0].min())
    count = int(few.sum())
    return InputWarning(
        f"{count} {'row lies' if count == 1 else 'rows lie'} {kilometres(distance)}{' or more' if count > 1 else ''} "
        "from all the others, "
        f"whose places are {kilometres(spacing)} apart (median): {named_rows(rows[few])}",
        "check the coordinates; leave the cells empty if they cannot be mended",
        source,
        row=str(rows[few][0]),
    )


def _several_parts(
    xy: FloatArray, rows: npt.NDArray[np.int64], part: npt.NDArray[np.int64], source: str
) -> InputWarning:
    names, sizes = np.unique(part, return_counts=True)
    order = names[np.argsort(-sizes, kind="stable")]
    first = part == order[0]
    distance = float(cKDTree(xy[first]).query(xy[~first])[0].min())
    message = "; ".join(
        f"{(part == one).sum()} rows from row {rows[part == one].min()} on" for one in order[:5]
    )
    return InputWarning(
        f"the survey falls into {len(order)} parts that lie far from each other, the largest "
        f"{kilometres(distance)} from the next: {message}",
        "if coordinates are in several zones, name the column that tells which in samples.crs_column; if the parts are "
        "surveys of their own, run each alone (samples.keep)",
        source,
        row=str(rows[part == order[1]].min()),
    )


def kilometres(metres: float) -> str:
    """Return a distance for a message."""
    if metres < 1000:
        return f"{metres:.3g} m"
    return f"{metres / 1000:.3g} km" if metres < 1e6 else f"{metres / 1000:.0f} km"
