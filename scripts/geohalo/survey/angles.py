"""Coordinates with signs: degrees, minutes and seconds, letters for a direction, metres with a unit."""

import re

from pyproj import CRS

_SIGNS = (
    dict.fromkeys(map(ord, "°º˚∘"), "°")
    | dict.fromkeys(map(ord, "'′’‘´`ʹ"), "'")
    | dict.fromkeys(map(ord, '"″”“ʺ'), '"')
    | dict.fromkeys(map(ord, "‐‑‒–−"), "-")
    | {0xA0: " ", 0x202F: " ", 0x2009: " "}
)
_NUMBER = r"\d+(?:[.,]\d*)?"
_ANGLE = re.compile(
    r"""(?P<before>[NSEW]?)\s*(?P<minus>[-+]?)\s*
    (?P<degrees>\d{1,3}(?:[.,]\d*)?)\s*?(?P<mark>(?:°|deg|d)?)
    (?:(?P<one>\s*:\s*|\s*)(?P<minutes>\d{1,2}(?:[.,]\d*)?)\s*?(?:'|min|m)?
      (?:(?P<two>\s*:\s*|\s*)(?P<seconds>\d{1,2}(?:[.,]\d*)?)\s*(?:"|''|sec|s)?)?
    )?\s*(?P<after>[NSEW]?)""",
    re.VERBOSE | re.IGNORECASE,
)
_METRES = re.compile(rf"(?P<number>[-+]?{_NUMBER})\s*m?\s*(?P<letter>[EN]?)", re.IGNORECASE)
_LETTERED = re.compile(r"(?:\d{1,2}\s*[C-HJ-NP-X]\s*)?[A-HJ-Z]{1,2}(?:\s*\d{1,5}\s*\d{1,5})?", re.IGNORECASE)
_TWO_PARTS = re.compile(r"[-+]?\d{1,3} [0-5]?\d(?:\.\d+)?")
_OF_AXIS = {"x": "EW", "y": "NS"}
_LONGEST = 40


def read_coordinate(text: str, axis: str, crs: CRS | None) -> float | None:
    """Read a coordinate that is no plain number.

    Parameters
    ----------
    text : str
        A cell such as `12°34'56.7"N`, `12 34 56.7`, `12:34:56.7`, `117.25 W` or, in a projected CRS, `512300 mE`.
    axis : {"x", "y"}
        Which coordinate it is: letters of the other direction are not taken.
    crs : pyproj.CRS or None
        The CRS of the column. Angles are read in a geographic one alone, metres in a projected one.

    Returns
    -------
    float or None
        Decimal degrees (west and south negative) or the number; None where the text is none of these.
    """
    text = text.translate(_SIGNS).strip()
    if crs is None or len(text) > _LONGEST:
        return None
    return _metres(text, axis) if crs.is_projected else _degrees(text, axis)


def _degrees(text: str, axis: str) -> float | None:
    found = _ANGLE.fullmatch(text)
    if found is None or (found["before"] and found["after"]):
        return None
    letter = (found["before"] or found["after"]).upper()
    if letter and (letter not in _OF_AXIS[axis] or found["minus"]):
        return None
    if found["minutes"] is None:
        marked = bool(letter or found["mark"])
    elif found["seconds"] is None:
        marked = bool(letter or found["mark"] or "'" in text)
    else:
        marked = bool(found["mark"]) or (
            found["one"].strip() == found["two"].strip() and min(found["one"], found["two"]) > ""
        )
    parts = [found[name] for name in ("degrees", "minutes", "seconds") if found[name] is not None]
    # Only the last part may have decimals; sixty minutes are a degree.
    if not marked or any("." in part or "," in part for part in parts[:-1]):
        return None
    numbers = [float(part.replace(",", ".")) for part in parts]
    if any(number >= 60 for number in numbers[1:]):
        return None
    value = sum(number / 60**power for power, number in enumerate(numbers))
    return -value if letter in ("W", "S") or found["minus"] == "-" else value


def _metres(text: str, axis: str) -> float | None:
    found = _METRES.fullmatch(text)
    if found is None or (found["letter"] and found["letter"].upper() not in _OF_AXIS[axis]):
        return None
    # 500094,5 may be 500094.5 or a number without its blank between thousands: `decimal` says which.
    return None if "," in found["number"] else float(found["number"])


def coordinate_hint(text: str, axis: str, crs: CRS | None) -> str | None:
    """Say how a cell that is no coordinate may be mended; None where nothing is known of it.

    Parameters
    ----------
    text, axis, crs
        As in `read_coordinate`.
    """
    text = text.translate(_SIGNS).strip()
    if len(text) > _LONGEST:
        return None
    other = "y" if axis == "x" else "x"
    if crs is not None and read_coordinate(text, other, crs) is not None:
        return "the letter is that of the other axis: exchange x and y if they are swapped"
    if re.fullmatch(r".*\d.*\s*O\s*", text, re.IGNORECASE):
        return "O is west in one language and east in another; write E or W"
    if _LETTERED.fullmatch(text) and re.search(r"\d", text):
        return (
            "if it is a reference to a lettered grid (MGRS, British or Irish National Grid), convert it to easting and "
            "northing first"
        )
    if crs is not None and crs.is_geographic and _TWO_PARTS.fullmatch(text):
        return f"if these are degrees and minutes, write {text.replace(' ', '° ')}'"
    angle = _degrees(text, axis) is not None or _degrees(text, other) is not None
    if angle and crs is not None and crs.is_projected and ("°" in text or "'" in text or ":" in text):
        return f"it is an angle, and {crs.name} is a projected CRS; name the geographic CRS that it is in"
    return None
