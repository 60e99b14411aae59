"""Coordinates in several zones: the CRS of each row, and columns that tell of zones which nobody asked for."""

import re
from collections.abc import Mapping
from typing import Any

import pandas as pd
from pyproj import CRS
from pyproj.database import query_crs_info
from pyproj.enums import PJType

from geohalo.errors import InputError
from geohalo.input_warnings import InputWarning
from geohalo.survey.cells import cell_text
from geohalo.survey.crs import crs_name, read_crs

#: Headers of columns that name a zone or a CRS: `zone`, `UTM_ZONE`, `mga zone`, `Zone_GDA2020`, `EPSG`, `srid`.
_HEADER = re.compile(
    r"(?:.*[\W_])?(?:(?:utm|mga|amg|map|grid)?zone|zona|huso|fuso|epsg|srid)(?:[\W_].*)?", re.IGNORECASE
)
_LAST_ZONE = 60
_ZONE_NAME = re.compile(r"(?P<before>.*\bzone )(?P<zone>\d{1,2})(?P<letter>[NS]?)(?P<after>\b.*)")
_ZONE_CELL = re.compile(
    r"(?:(?:utm|mga|map grid)?\s*(?:zone)?\s*)(?P<zone>\d{1,2})\s*(?P<letter>[C-HJ-NP-X]?)", re.IGNORECASE
)
_CODE_CELL = re.compile(r"(?:epsg\s*:{1,2}\s*)?(?P<code>\d{4,6})", re.IGNORECASE)


def row_crs(text: str, base: CRS | None, key: str, where: str) -> CRS:
    """Return the CRS of a row: an EPSG code, or the zone of `base` by its number.

    Parameters
    ----------
    text : str
        The cell: `EPSG:28351`, `28351`, `51`, `51K` or `zone 51`.
    base : pyproj.CRS or None
        The CRS of one of the zones, which tells datum and kind of the others.
    key, where : str
        The config section (`samples`, `deposits`), and file, column and row, for messages.

    Raises
    ------
    InputError
        The cell is none of these, or a zone and `base` has no zones or does not tell the hemisphere.
    """
    cell_text = text.strip().removesuffix(".0")
    code = _CODE_CELL.fullmatch(cell_text)
    if code:
        return read_crs(f"EPSG:{code['code']}", where)
    cell = _ZONE_CELL.fullmatch(cell_text)
    if cell is None:
        named = _epsg_by_name(cell_text)
        if named is None:
            raise InputError(
                f"{where}: {text!r} is neither an EPSG code nor the number of a zone ({key}.crs_column); correct the "
                "cell"
            )
        return named
    name = _ZONE_NAME.fullmatch(base.name) if base is not None else None
    if base is None or name is None:
        message = f"{base.name!r} has no zones" if base is not None else "it is empty"
        raise InputError(
            f"{where}: {text!r} is a zone, and {key}.crs does not tell of which system "
            f"({message}); set {key}.crs to the "
            "CRS of one of the zones, such as EPSG:32633 for WGS 84 / UTM zone 33N"
        )
    wanted = f"{name['before']}{int(cell['zone'])}{_hemisphere(cell['letter'], name['letter'], where)}{name['after']}"
    if wanted == base.name:
        return base
    return _named_crs(wanted, where, key)


def _hemisphere(letter: str, of_base: str, where: str) -> str:
    """Return the letter of the zone's name: that of the cell where it has one, else that of the base."""
    letter = letter.upper()
    if not letter or not of_base or letter == of_base:
        return of_base
    if letter == "S":  # south in one custom, a band of latitude in the north in another
        raise InputError(
            f"{where}: the S of the zone may mean south, or the band of latitude from 32 to 40 N, and the CRS of the "
            "section is one of the north; give EPSG codes instead"
        )
    return "N" if letter >= "N" else "S"


def _epsg_by_name(name: str) -> CRS | None:
    """Return the CRS of a map that EPSG has under a name, in any case."""
    kinds = [PJType.PROJECTED_CRS, PJType.GEOGRAPHIC_2D_CRS]
    for one in query_crs_info("EPSG", pj_types=kinds):
        if one.name.casefold() == name.casefold():
            return CRS.from_epsg(int(one.code))
    return None


def _named_crs(name: str, where: str, key: str) -> CRS:
    found = _epsg_by_name(name)
    if found is not None:
        return found
    raise InputError(
        f"{where}: there is no CRS {name!r} ({key}.crs_column, {key}.crs); give EPSG codes instead"
    )


def unnamed_zones(
    table: pd.DataFrame, section: Mapping[str, Any], crs: CRS, source: str, key: str
) -> InputWarning | None:
    """Return the warning that a column names other zones than the one CRS that all rows are read in.

    Parameters
    ----------
    table : pandas.DataFrame
        The rows in use.
    section : mapping
        Config section with `x`, `y` and `crs_column`.
    crs : pyproj.CRS
        The CRS that all rows are read in.
    source, key : str
        The file and the config section, for messages.
    """
    name = _ZONE_NAME.fullmatch(crs.name)
    if not section.get("x") or section.get("crs_column") or not crs.is_projected:
        return None
    for column in table.columns:
        if not _HEADER.fullmatch(str(column)) or column in (section["x"], section.get("y")):
            continue
        text = cell_text(table[column]).str.removesuffix(".0")
        cells = [cell for cell in pd.unique(text) if cell]
        by_name = {cell: _code_or_zone(cell) for cell in cells}
        own = {crs.to_epsg(), int(name["zone"]) if name else None}
        if (
            not cells
            or None in by_name.values()
            or set(by_name.values()) <= own
            or (len(cells) == 1 and name is None)
        ):
            continue
        other = next(cell for cell in cells if by_name[cell] not in own)
        return InputWarning(
            f"the column holds {', '.join(map(repr, cells[:5]))}, and all rows are read in {crs_name(crs)} "
            f"({crs.name})",
            f"set {key}.crs_column: {column} if it tells the zone that each row's coordinates are in",
            source,
            str(column),
            str(table.index[(text == other).to_numpy()][0]),
        )
    return None


def _code_or_zone(cell: str) -> int | None:
    """Return the code or the number of the zone that a cell tells; None for anything else."""
    code, zone = _CODE_CELL.fullmatch(cell), _ZONE_CELL.fullmatch(cell)
    if code:
        return int(code["code"])
    return int(zone["zone"]) if zone and 1 <= int(zone["zone"]) <= _LAST_ZONE else None
