"""How laboratories write the three units of concentration."""

import re
from collections.abc import Mapping

from geohalo.survey.spelling import plain

# Spelt in lower case and without blanks, points and brackets. A ppt may be a thousandth or a trillionth: not listed.
_KNOWN = {
    "ppm": (
        "ppm",
        "mg/kg",
        "mgkg",
        "mgkg-1",
        "mg.kg-1",
        "g/t",
        "gpt",
        "ug/g",
        "μg/g",
        "ugg-1",
        "μgg-1",
        "mg/kgdw",
        "mg/kgdm",
        "mg/kgts",
        "mg/kgtm",
        "gm/t",
        "g/tonne",
        "gmt",
        "ppmw",
        "ppmm/m",
        "ppmw/w",
    ),
    "ppb": (
        "ppb",
        "ug/kg",
        "μg/kg",
        "ng/g",
        "mg/t",
        "ugkg-1",
        "μgkg-1",
        "ngg-1",
        "mg/tonne",
        "ug/kgdw",
        "ug/kgts",
        "ppbw",
        "ppbm/m",
        "ppbw/w",
    ),
    "percent": (
        "percent",
        "pct",
        "%",
        "wt%",
        "wtpct",
        "wt-%",
        "%wt",
        "mass%",
        "m%",
        "weight%",
        "g/100g",
        "masspercent",
        "mass-%",
        "massen-%",
        "masse-%",
        "gew%",
        "gew-%",
        "ma%",
        "ma-%",
        "vekt%",
        "vekt-%",
        "vikt-%",
        "p-%",
        "%m/m",
        "%w/w",
        "t-%",
    ),
}
_UNITS = {written: unit for unit, several in _KNOWN.items() for written in several}
# What stands in a row of units for columns that hold no concentrations.
_WORDS = (
    "m metre metres meter meters km cm mm ft deg degree degrees decimaldegrees dd utm text unit units description id "
    "na none - g kg mg c °c ph us/cm μs/cm ms/cm date year"
)
_OTHER = frozenset(_WORDS.split())
# A symbol or an oxide with its unit in one word: `CuPPM`.
_GLUED = re.compile(r"[A-Z][a-zA-Z]?(?:\d?O\d?)?(?P<unit>ppm|ppb|pct|PPM|PPB|PCT)")


def known_unit(written: str, units: Mapping[str, str] | None = None) -> str | None:
    """Return `ppm`, `ppb` or `percent` for what a laboratory wrote; None where it is none of them.

    Parameters
    ----------
    written : str
        For example `mg/kg` or `(wt. %)`.
    units : mapping of str to str, optional
        Config key `samples.units`, which comes first.
    """
    text = plain(written).strip()
    if units and text in units:
        return str(units[text])
    return _UNITS.get(_short(text))


def usual_unit(written: str) -> str | None:
    """Return the unit that a part of a header is: one with a sign (`mg/kg`, `wt%`), or `PPM`, `PPB`, `PCT` in any case.

    Other letters may be a part of the name, and mean what `samples.units` says.
    """
    text = _short(plain(written))
    if text in ("ppm", "ppb", "pct", "percent") or re.search("[/%]|-1$", text):
        return _UNITS.get(text)
    return None


def header_unit(header: str, units: Mapping[str, str] | None = None) -> str | None:
    """Return the unit that a word of a header tells, such as `ppb` of `Au_ppb`; None where none or several do.

    Parameters
    ----------
    header : str
        Name of a column.
    units : mapping of str to str, optional
        Config key `samples.units`, which comes first.
    """
    found = set()
    for word in _words(header):
        glued = _GLUED.fullmatch(word)
        unit = str(units[word]) if units and word in units else usual_unit(glued["unit"] if glued else word)
        if word and unit is not None:
            found.add(unit)
    return found.pop() if len(found) == 1 else None


def foreign_unit(header: str, units: Mapping[str, str] | None = None) -> str | None:
    """Return the word of a header that is a unit and none of the three, such as `opt` of `Ag_opt`; else None.

    Parameters
    ----------
    header : str
        Name of a column.
    units : mapping of str to str, optional
        Config key `samples.units`; a word that it explains is none of these.
    """
    for word in _words(header):
        if not (units and word in units) and _short(word) in _TO_CONVERT | _OF_WATER:
            return word
    return None


def _words(header: str) -> list[str]:
    return re.split(r"[\s_()\[\],;:]+|-(?=[a-zA-Z%])", plain(header))


def unit_fix(written: str) -> str:
    """Say what to do about a unit that is not known."""
    if _short(plain(written)) in _TO_CONVERT:
        return "convert the column to ppm, ppb or percent, or narrow samples.elements to leave it out"
    return (
        "add it to samples.units as ppm, ppb or percent if it is one of them; else convert the column, or narrow "
        "samples.elements to leave it out"
    )


def looks_like_units(cells: list[str], units: Mapping[str, str] | None = None) -> bool:
    """Tell whether a row of cells is one of units: three or more of concentration, and next to nothing else."""
    filled = [cell for cell in cells if cell.strip()]
    known = sum(known_unit(cell, units) is not None for cell in filled)
    convert = sum(_short(plain(cell)) in _TO_CONVERT for cell in filled)
    other = sum(_short(plain(cell)) in _OTHER - _TO_CONVERT for cell in filled)
    # A label at the left and one word more may stand beside them.
    enough = known + convert >= len(filled) / 2
    return known >= 1 and enough and known + convert + other >= len(filled) - 2


# None of the three, whatever a config says.
_TO_CONVERT = frozenset(
    {"oz/t", "oz/ton", "opt", "oz", "g/kg", "‰", "permil", "mg/g", "ppt", "mol%", "at%", "mmol/kg"}
)
# Of a volume of water; a litre weighs a kilogram, but only a config can say that this is meant.
_OF_WATER = frozenset({"mg/l", "ug/l", "μg/l", "ng/l", "mgl-1", "ugl-1", "μgl-1", "ngl-1"})


def _short(text: str) -> str:
    return text.lower().translate(str.maketrans("", "", " ()[].")).strip()
