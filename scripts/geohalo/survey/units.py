"""How laboratories write the three units of concentration."""

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
    ),
    "ppb": ("ppb", "ug/kg", "μg/kg", "ng/g", "mg/t", "ugkg-1", "μgkg-1", "ngg-1"),
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
    ),
}
_UNITS = {written: unit for unit, several in _KNOWN.items() for written in several}
# What stands in a row of units for columns that hold no concentrations.
_WORDS = (
    "m metre metres meter meters km cm mm ft deg degree degrees decimaldegrees dd utm text unit units description id "
    "na none - g kg mg c °c ph us/cm μs/cm ms/cm date year"
)
_OTHER = frozenset(_WORDS.split())


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


def looks_like_units(cells: list[str], units: Mapping[str, str] | None = None) -> bool:
    """Tell whether a row of cells is one of units: three or more of concentration, and next to nothing else."""
    filled = [cell for cell in cells if cell.strip()]
    known = sum(known_unit(cell, units) is not None for cell in filled)
    other = sum(_short(plain(cell)) in _OTHER for cell in filled)
    # A label at the left and one word more may stand beside them.
    return known >= 1 and known + other >= len(filled) - 2 and known >= len(filled) / 2


def _short(text: str) -> str:
    return text.lower().translate(str.maketrans("", "", " ()[].")).strip()
