"""What else a table says of its places: longitudes and latitudes beside the coordinates, zones and datums in names."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pandas as pd
from pyproj import CRS, Transformer

from geohalo.input_warnings import InputWarning
from geohalo.survey.area_of_use import possible_in
from geohalo.survey.cells import FloatArray, cell_text, row_numbers, to_numbers
from geohalo.survey.crs import crs_name

_LONGITUDE = re.compile(r"(?:.*[\W_])?(?:lon|long|lng|longitude)(?:[\W_].*|wgs84|dd)?", re.IGNORECASE)
_LATITUDE = re.compile(r"(?:.*[\W_])?(?:lat|latitude)(?:[\W_].*|wgs84|dd)?", re.IGNORECASE)
_FEWEST, _FIRST = 10, 200
_METRES_PER_DEGREE = 111_320.0
# Two datums lie some hundred metres apart; a zone, a mistyped or an exchanged coordinate, more than a kilometre.
_DATUM_METRES, _FAR_METRES = 100.0, 1_000.0
_FEET = re.compile(r"(?:.*[\W_\d])?(?:us)?(?:ft|feet|foot)(?:[\W_].*)?", re.IGNORECASE)
_ZONE = re.compile(
    r"(?:.*[\W_])?(?:utm|mga|amg|zone|z)[\W_]*(?:zone[\W_]*)?(?P<zone>\d{1,2})[A-Z]?(?:[\W_].*)?",
    re.IGNORECASE,
)
_ZONE_OF_CRS = re.compile(r".*\bzone (?P<zone>\d{1,2})[NS]?\b.*")
# Datums of one group lie within some metres of each other.
_GROUPS = (
    "WGS84 ETRS89 GDA94 GDA2020 MGA94 MGA2020 NAD83 SIRGAS2000 NZGD2000 JGD2000 SWEREF99",
    *(
        "ED50",
        "NAD27",
        "AGD66 AMG66",
        "AGD84 AMG84",
        "OSGB36",
        "SAD69",
        "PSAD56",
        "RT90",
        "NZGD49",
        "TM65",
        "KKJ",
        "DHDN",
    ),
)
_DATUMS = {datum: number for number, names in enumerate(_GROUPS) for datum in names.split()}


def other_places(
    table: pd.DataFrame,
    section: Mapping[str, Any],
    x: FloatArray,
    y: FloatArray,
    crs: CRS,
    source: str,
    key: str,
) -> list[InputWarning]:
    """Tell of degrees beside the coordinates, and of names, that contradict how the coordinates are read.

    Parameters
    ----------
    table, section, x, y, crs, source, key
        As in `geohalo.survey.place_hints.place_hints`.
    """
    doubts: list[InputWarning | None] = [*degrees_beside(table, section, x, y, crs, source, key)]
    doubts.append(_own_letters(section, x, y, crs, source, key))
    for axis in "xy":
        doubts.append(
            contradiction(
                str(section[axis]), crs, source, f"the header of {key}.{axis}", key, str(section[axis])
            )
        )
    for label, value in table.attrs.get("template", {}).items():
        doubts.append(
            contradiction(f"{label}_{value}", crs, source, f"the line {label} of the file", key, "")
        )
    found: dict[str, InputWarning] = {}
    for one in doubts:
        if one is not None:
            found.setdefault(one.fix, one)
    return list(found.values())


def degrees_beside(
    table: pd.DataFrame,
    section: Mapping[str, Any],
    x: FloatArray,
    y: FloatArray,
    crs: CRS,
    source: str,
    key: str,
) -> list[InputWarning]:
    """Tell of longitudes and latitudes beside the coordinates, or the geometries, that lie elsewhere.

    Parameters
    ----------
    table, section, x, y, crs, source, key
        As in `geohalo.survey.place_hints.place_hints`.
    """
    used = {section.get("x"), section.get("y")}
    pair = [
        next((str(name) for name in table.columns if name not in used and of.fullmatch(str(name))), None)
        for of in (_LONGITUDE, _LATITUDE)
    ]
    if None in pair:
        return []
    longitude, latitude = (to_numbers(table[name])[0] for name in pair)
    own = np.stack(Transformer.from_crs(crs, "EPSG:4326", always_xy=True).transform(x, y))
    with np.errstate(invalid="ignore"):
        known = (np.abs(longitude) <= 180) & (np.abs(latitude) <= 90) & ~((longitude == 0) & (latitude == 0))
        known &= np.isfinite(own).all(axis=0)
    if known.sum() < _FEWEST:
        return []
    east = (own[0] - longitude + 180) % 360 - 180
    metres = _METRES_PER_DEGREE * np.hypot(east * np.cos(np.radians(own[1])), own[1] - latitude)
    rounded = _METRES_PER_DEGREE * 10.0 ** -min(_decimals(table[name]) for name in pair)
    far = known & (metres > max(_FAR_METRES, 2 * rounded))
    what = f"the columns {pair[0]!r} and {pair[1]!r} "
    named = f"{key}.x and {key}.y" if section.get("x") else "its geometries"
    fix = f"correct {key}.crs, {key}.x, {key}.y or the cells, whichever is wrong"
    if far.any():
        first = int(np.flatnonzero(far)[0])
        what += (
            f"put {far.sum()} of {known.sum()} rows elsewhere than {named} do, by "
            f"{metres[first] / 1000:.3g} km at the first (longitude {own[0, first]:.4f}, latitude "
            f"{own[1, first]:.4f} by {crs_name(crs)})"
        )
        return [InputWarning(what, fix, source, pair[0] or "", str(row_numbers(table)[first]))]
    middle = float(np.median(metres[known]))
    if middle <= max(_DATUM_METRES, 2 * rounded):
        return []
    what += f"lie {middle:.0f} m from {named} (median), as if both were in different datums"
    return [InputWarning(what, f"{fix}; nothing if they are in another datum", source, pair[0] or "")]


def _own_letters(
    section: Mapping[str, Any], x: FloatArray, y: FloatArray, crs: CRS, source: str, key: str
) -> InputWarning | None:
    """Tell of columns X and Y in a system that calls the northing X, where both orders would fit."""
    letters = {axis.abbrev.upper(): axis.direction for axis in crs.axis_info[:2]}
    if letters.get("X") != "north" or not crs.is_projected:
        return None
    words = [re.split(r"[\W_\d]+", str(section[axis]).upper()) for axis in "xy"]
    if "X" not in words[0] or "Y" not in words[1] or not possible_in(y, x, crs):
        return None
    return InputWarning(
        f"{crs_name(crs)} ({crs.name}) calls the northing X and the easting Y, and {key}.x, the easting, is column "
        f"{section['x']!r}; the coordinates would fit in either order",
        f"exchange {key}.x and {key}.y if the columns are named as the system does; nothing if a GIS has named them",
        source,
        str(section["x"]),
    )


def _decimals(column: pd.Series) -> int:
    """Return how many decimals the first cells have."""
    text = cell_text(column.dropna().head(_FIRST).astype(object))
    return int(text.str.extract(r"\.(\d+)", expand=False).str.len().fillna(0).max())


def contradiction(
    name: str, crs: CRS, source: str, said_by: str, key: str, column: str
) -> InputWarning | None:
    """Tell of a name that states feet, another zone or another datum than the CRS has."""
    stated = next(_stated(name, crs), None)
    if stated is None:
        return None
    return InputWarning(
        f"{said_by} says {stated}, and all rows are read in {crs_name(crs)} ({crs.name})",
        f"correct {key}.crs if the name is right",
        source,
        column,
    )


def _stated(name: str, crs: CRS) -> Iterator[str]:
    metres = crs.is_projected and abs(crs.axis_info[0].unit_conversion_factor - 1) < 1e-6
    if metres and _FEET.fullmatch(name):
        yield "feet"
    zone, own = _ZONE.fullmatch(name), _ZONE_OF_CRS.fullmatch(crs.name)
    if zone and own and int(zone["zone"]) != int(own["zone"]) and 1 <= int(zone["zone"]) <= 60:
        yield f"zone {int(zone['zone'])}"
    spelt = re.sub(r"[\W_]", "", f"{crs.name} {crs.geodetic_crs.name if crs.geodetic_crs else ''}").upper()
    mine = {group for datum, group in _DATUMS.items() if datum in spelt}
    written = re.sub(r"[\W_]", "", name).upper()
    theirs = {datum: group for datum, group in _DATUMS.items() if datum in written}
    if mine and theirs and not mine & set(theirs.values()):
        yield next(iter(theirs))
