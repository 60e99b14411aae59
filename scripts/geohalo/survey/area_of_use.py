"""Whether coordinates can be in the CRS that is stated for them."""

import numpy as np
import numpy.typing as npt
from pyproj import CRS, Transformer

from geohalo.errors import InputError
from geohalo.input_warnings import InputWarning
from geohalo.survey.cells import BoolArray, FloatArray
from geohalo.survey.crs import crs_text

# National and UTM systems are in use somewhat beyond their official area: by up to half its width,
# at most 3 degrees.
_MARGIN_SHARE, _MARGIN_DEGREES = 0.5, 3.0
# A survey with most of its rows inside may reach one zone's width (UTM: 6 degrees) beyond: the grid is as true there.
_BEYOND_SHARE, _BEYOND_DEGREES = 0.5, 6.0
# Eastings and northings that are given in kilometres are no more than this.
_THOUSANDTHS = 10_000.0, 10_000.0


def check_area_of_use(
    x: FloatArray,
    y: FloatArray,
    crs: CRS,
    source: str,
    key: str = "samples",
    rows: npt.NDArray[np.int64] | None = None,
) -> InputWarning | None:
    """Raise when coordinates cannot be in their CRS: degrees given as metres, or the reverse.

    A survey that lies mostly in the area of use of its CRS and reaches beyond it, as national surveys reach beyond
    their UTM zone, is taken with a warning.

    Parameters
    ----------
    x, y : ndarray of float64, shape (rows,)
        Coordinates in units of the CRS; NaN is skipped.
    crs : pyproj.CRS
        Their CRS. Its area of use, widened by half its width (at most 3 degrees), is where they may
        lie.
    source, key, rows
        File, config section and row numbers in the file, for messages.

    Returns
    -------
    InputWarning or None
        That of a survey that reaches beyond.

    Raises
    ------
    InputError
        Names the first row outside, its place, the area of use and the likely cause.
    """
    rows = np.arange(2, len(x) + 2, dtype=np.int64) if rows is None else rows
    present = np.isfinite(x) & np.isfinite(y)
    x, y, rows = x[present], y[present], rows[present]
    if not x.size:
        return None
    units = _other_units(x, y, crs, key)
    impossible = bool(units) or _fit_only_swapped(x, y, crs)
    outside = np.ones(x.shape, dtype=bool) if impossible else ~_inside(x, y, crs)
    if not outside.any():
        return _beyond(x, y, crs, source, key, rows)
    few = not impossible and outside.mean() <= _BEYOND_SHARE
    if few and _inside(x, y, crs, 1.0, _BEYOND_DEGREES).all():
        return _partly_beyond(x, y, outside, crs, source, key, rows)
    first = int(np.flatnonzero(outside)[0])
    more = f" (and {outside.sum() - 1} more rows)" if outside.sum() > 1 else ""
    raise InputError(
        f"{source}, row {rows[first]}{more}: coordinates x={x[first]:g}, y={y[first]:g} "
        f"lie outside the area of use of {crs_text(crs)}; {units or _likely_cause(x, y, outside, crs, key)}"
    )


def _other_units(x: FloatArray, y: FloatArray, crs: CRS, key: str) -> str:
    """Say what to do with coordinates that are in other units than those of their CRS; empty for none such."""
    degrees = (np.abs(x) <= 360) & (np.abs(y) <= 360)
    # No survey lies within 360 metres of a CRS's origin, where UTM would count it as inside.
    if crs.is_projected and degrees.all():
        return f"they look like degrees: set {key}.crs to a geographic CRS such as EPSG:4326"
    return "they look like kilometres: multiply them by 1000" if _look_like_kilometres(x, y, crs) else ""


def _partly_beyond(
    x: FloatArray,
    y: FloatArray,
    outside: BoolArray,
    crs: CRS,
    source: str,
    key: str,
    rows: npt.NDArray[np.int64],
) -> InputWarning:
    """Return the warning that some places lie outside the area of use, and most in it."""
    count, first = int(outside.sum()), int(np.flatnonzero(outside)[0])
    return InputWarning(
        f"{count} {'row lies' if count == 1 else 'rows lie'} outside the area of use of {crs_text(crs)}, in "
        f"which most rows lie (the first at x={x[first]:g}, y={y[first]:g}); all are taken as they are",
        f"check {key}.crs if the survey does not reach beyond it",
        source,
        row=str(rows[first]),
    )


def _beyond(
    x: FloatArray, y: FloatArray, crs: CRS, source: str, key: str, rows: npt.NDArray[np.int64]
) -> InputWarning | None:
    """Return the warning that all places lie in the margin around the area of use, and none inside."""
    if _inside(x, y, crs, 0.0).any():
        return None
    return InputWarning(
        f"all rows lie outside the area of use of {crs_text(crs)}, though near it (the first at x={x[0]:g}, "
        f"y={y[0]:g})",
        f"check {key}.crs: the coordinates may be in another zone, or in the grid of a mine",
        source,
        row=str(rows[0]),
    )


def _likely_cause(x: FloatArray, y: FloatArray, outside: BoolArray, crs: CRS, key: str) -> str:
    """Say what would bring coordinates into the area of use of their CRS."""
    if _inside(y, x, crs).all():
        return f"x and y look swapped: exchange {key}.x and {key}.y"
    if outside.mean() <= _BEYOND_SHARE and _inside(y[outside], x[outside], crs, 0.0).all():
        return f"x and y look swapped in {'this row' if outside.sum() == 1 else 'these rows'}: exchange the cells"
    if outside.mean() <= _BEYOND_SHARE:
        missing = ", or list the value in samples.missing if it stands for none" if key == "samples" else ""
        return f"most rows lie inside it: correct these cells{missing}"
    if crs.is_geographic and not ((np.abs(x) <= 360) & (np.abs(y) <= 360))[outside].any():
        packed = (
            "; or, if they are degrees, minutes and seconds in one number (540856), write them as 54 08 56 or 54.1489"
            if _look_like_packed_degrees(x, y, crs)
            else ""
        )
        return f"they look like metres: set {key}.crs to the projected CRS that they are in{packed}"
    operation = crs.coordinate_operation
    shifts = {one.name: one.value for one in operation.params} if operation else {}
    easting = float(shifts.get("False easting", 0.0))
    zone = np.floor(x / 1e6) * 1e6
    for cause, other_x, other_y in (
        ("with 10,000,000 added to the northings", x, y + 1e7),
        (f"with the false easting of {easting:,.0f} added to the eastings", x + easting, y),
        ("as feet, times 0.3048", x * 0.3048, y * 0.3048),
        ("as US survey feet, times 0.3048006", x * 1200 / 3937, y * 1200 / 3937),
        ("with the sign of x changed", -x, y),
        ("with the sign of y changed", x, -y),
        ("with both signs changed", -x, -y),
        ("swapped and with both signs changed", -y, -x),
        ("without the zone's number before the eastings", x - zone, y),
    ):
        if _inside(other_x, other_y, crs, 0.0).all() and not _inside(x, y, crs, 0.0).any():
            return f"they would fit {cause}: set {key}.crs to the CRS that they are in, or correct them"
    return f"check {key}.crs, {key}.x, {key}.y and the rows themselves"


def _look_like_packed_degrees(x: FloatArray, y: FloatArray, crs: CRS) -> bool:
    """Tell whether numbers are degrees, minutes and perhaps seconds in one (DDMM.mmm or DDMMSS)."""
    for digits in (1, 2):
        values = []
        for one in (x, y):
            parts = [np.abs(one) // 100**power % 100 for power in range(digits)]
            if any((part >= 60).any() for part in parts):
                break
            degrees = np.abs(one) // 100**digits
            minutes = np.abs(one) % 100 if digits == 1 else np.abs(one) // 100 % 100 + np.abs(one) % 100 / 60
            values.append(np.sign(one) * (degrees + minutes / 60))
        if len(values) == 2 and _inside(values[0], values[1], crs).all():
            return True
    return False


def _fit_only_swapped(x: FloatArray, y: FloatArray, crs: CRS) -> bool:
    """Tell whether all places lie in the area of use itself with x and y exchanged, and none does as given.

    In systems of southings and westings, whose axes have another order in each country's custom, both may lie within
    its margin.
    """
    return (
        crs.is_projected and not bool(_inside(x, y, crs, 0.0).any()) and bool(_inside(y, x, crs, 0.0).all())
    )


def _look_like_kilometres(x: FloatArray, y: FloatArray, crs: CRS) -> bool:
    """Tell whether numbers near the origin of a metric CRS are a thousandth of its coordinates."""
    if not crs.is_projected or np.abs(x).max() > _THOUSANDTHS[0] or np.abs(y).max() > _THOUSANDTHS[1]:
        return False
    return bool(_inside(x * 1000, y * 1000, crs, 0.0).all()) and not bool(_inside(x, y, crs, 0.0).all())


def possible_in(x: FloatArray, y: FloatArray, crs: CRS) -> bool:
    """Tell whether most places lie in the area of use of a CRS, and are not degrees in one of metres."""
    present = np.isfinite(x) & np.isfinite(y)
    if not (crs.is_geographic or crs.is_projected) or not present.any():
        return False
    x, y = x[present], y[present]
    degrees = (np.abs(x) <= 360) & (np.abs(y) <= 360)
    return not (crs.is_projected and degrees.all()) and bool(_inside(x, y, crs).mean() > _BEYOND_SHARE)


def wrapped_longitudes(x: FloatArray, crs: CRS) -> FloatArray:
    """Return longitudes from 0 to 360 as -180 to 180; other coordinates as they are."""
    if not crs.is_geographic or crs.is_projected:
        return x
    turn = 360 / float(np.degrees(crs.axis_info[0].unit_conversion_factor))
    with np.errstate(invalid="ignore"):
        return np.where((x > turn / 2) & (x <= turn), x - turn, x)


def _inside(
    x: FloatArray,
    y: FloatArray,
    crs: CRS,
    margin_share: float = _MARGIN_SHARE,
    margin_degrees: float = _MARGIN_DEGREES,
) -> npt.NDArray[np.bool_]:
    """Tell which places lie in the area of use, widened by a share of its width and at most so many degrees."""
    if crs.is_geographic and not crs.is_projected:
        scale = float(np.degrees(crs.axis_info[0].unit_conversion_factor))
        longitude, latitude = x * scale, y * scale
    else:
        longitude, latitude = Transformer.from_crs(crs, "EPSG:4326", always_xy=True).transform(x, y)
    possible = np.isfinite(longitude) & (np.abs(longitude) <= 360) & (np.abs(latitude) <= 90)
    area = crs.area_of_use
    if area is None:
        return possible
    width = area.east - area.west if area.east > area.west else area.east - area.west + 360
    margin = min(margin_share * width, margin_degrees)
    with np.errstate(invalid="ignore"):
        # Counted eastwards from the western edge, so that an area across the date line is no
        # special case.
        in_width = (longitude - area.west + margin) % 360 <= width + 2 * margin
    margin = min(margin_share * (area.north - area.south), margin_degrees)
    return possible & in_width & (latitude >= area.south - margin) & (latitude <= area.north + margin)
