"""What the bands of a survey mean: of which element, in which unit, and whether that is plausible."""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from geohalo.cube.bands import Band
from geohalo.cube.raster_files import listed, symbol_of
from geohalo.errors import InputError
from geohalo.input_warnings import InputWarning
from geohalo.survey.cells import shortened
from geohalo.survey.choice import HIGHEST_PPM, implausible_units
from geohalo.survey.columns import Column
from geohalo.survey.elements import UNIT_TO_PPM, concentration_factor
from geohalo.survey.header_doubts import derived_word
from geohalo.survey.units import header_unit

#: Spellings of units in files, without spaces, dots, hats and brackets, and ppm in one of each.
_SPELT = {
    "ppm": (
        1.0,
        "ppm ppmw partspermillion mg/kg mgkg-1 mg/kg-1 ug/g ugg-1 g/t gt-1 gpt gm/t g/tonne mgperkg 1e-6",
    ),
    "ppb": (1e-3, "ppb ppbw partsperbillion ug/kg ugkg-1 ng/g ngg-1 mg/t mgt-1 ugperkg 1e-9"),
    "percent": (1e4, "percent percentage pct % wt% wtpct wtpercent %wt weight% weightpercent mass% g/100g"),
    "ng/kg": (1e-6, "ng/kg ngkg-1 pg/g pgg-1"),
    "kg/kg": (1e6, "kg/kg kgkg-1 g/g gg-1"),
    "g/kg": (1e3, "g/kg gkg-1 mg/g mgg-1 permille permil \u2030"),
}
_UNITS = {spelling: (unit, factor) for unit, (factor, all_) in _SPELT.items() for spelling in all_.split()}
#: What files write where they state no unit.
_NO_UNIT = {"", "none", "unknown", "unspecified", "undefined", "na", "n/a", "-"}
#: A name that tells the unit as well: `Cu_ppm`, `Au (ppb)`.
_WITH_UNIT = re.compile(
    r"(?P<name>[A-Za-z][A-Za-z0-9]{0,9})[ _\-]*[ _\-(\[]\s*(?P<unit>[^()\[\]]{1,20})[)\]]?"
)
#: A unit within a title, in brackets or by itself.
_IN_TITLE = re.compile(
    r"[(\[]\s*([^()\[\]]{1,20}?)\s*[)\]]|(?<![\w/])(ppm|ppb|mg/kg|ug/kg|\u00b5g/kg|\u03bcg/kg|ng/g|ug/g|g/t|g/kg|wt\.?\s?%)(?![\w/])",
    re.IGNORECASE,
)
#: A band in which more than this share of cells is 0 is worth a second look.
_MANY_ZEROS = 0.5


@dataclass(frozen=True)
class Meaning:
    """What a band stands for.

    Attributes
    ----------
    band : Band
    name : str
        Symbol of the element; the band's own name where it is no concentration.
    column : Column or None
        As a column of a table would be described; None for no concentration.
    """

    band: Band
    name: str
    column: Column | None


def known_unit(text: str) -> tuple[str, float] | None:
    """Return the unit that a spelling such as `mg kg-1` means and its factor to ppm; None if it is not known."""
    plain = unicodedata.normalize("NFKC", text).lower().replace("\u03bc", "u").replace("\u2212", "-")
    return _UNITS.get(re.sub(r"[\s.^()\[\]*\u00b7_]", "", plain))


def meanings(bands: Sequence[Band], section: Mapping[str, Any]) -> tuple[list[Meaning], list[InputWarning]]:
    """Tell what each band stands for.

    Parameters
    ----------
    bands : sequence of Band
    section : mapping
        With ``unit``, that of bands for which neither the file nor ``units`` (per band or element) tells one.

    Returns
    -------
    meanings : list of Meaning
    warnings : list of InputWarning

    Raises
    ------
    InputError
        If a name is no element, units contradict each other or are not known, or an element occurs twice.
    """
    units = dict(section.get("units") or {})
    found, warnings, strange = [], list[InputWarning](), []
    met: set[str] = set()
    for band in bands:
        name, unit_of_name = _name_and_unit(band.element)
        keys = [key for key in (band.element, name, symbol_of(name)) if key and key in units]
        met.update(keys)
        key = units[keys[0]] if keys else None
        if section["unit"] == "none" or key == "none":
            found.append(Meaning(band, band.element, None))
        elif symbol_of(name) is None:
            strange.append(band)
        else:
            if key is None:
                file_name = Path(band.file).stem if section.get("folder") else ""
                _check_title(band, file_name)
                unit_of_name = unit_of_name or header_unit(file_name) or ""
            unit, factor, messages = _unit(band, name, unit_of_name, key, section["unit"])
            warnings += messages
            symbol, share = concentration_factor(name, "ppm")
            found.append(Meaning(band, symbol, Column(symbol, band.source, name, unit, share * factor)))
    if unmet := sorted(set(units) - met):
        raise InputError(
            f"config key grids.units: there is no band or element {unmet[0]!r}; there are "
            f"{listed([band.element for band in bands])}."
        )
    _check_elements(strange, section["unit"])
    _check_twice(found)
    return found, warnings


def _check_elements(strange: Sequence[Band], unit: str) -> None:
    """Stop for bands that are no element where all are concentrations: heights, masks, variances."""
    if not strange:
        return
    names = [band.element for band in strange]
    more = f"; neither are {listed(names[1:])}" if names[1:] else ""
    raise InputError(
        f"{strange[0].source}: {names[0]!r} is no element{more}, and the rasters are concentrations (grids.unit: "
        f"{unit}). Leave what is none out with grids.exclude: [{', '.join(names)}], correct the name, or take a band "
        f"as it is with grids.units: {{{names[0]}: none}}."
    )


def _check_twice(found: Sequence[Meaning]) -> None:
    sources: dict[str, str] = {}
    for meaning in found:
        if meaning.name in sources:
            raise InputError(
                f"{meaning.band.source}: element {meaning.name} occurs twice, here and in {sources[meaning.name]}; "
                "leave one out with grids.exclude."
            )
        sources[meaning.name] = meaning.band.source


def _name_and_unit(text: str) -> tuple[str, str]:
    """Split `Cu_ppm` into name and unit; a name without a unit that is known stays whole."""
    found = _WITH_UNIT.fullmatch(text) if symbol_of(text) is None else None
    return (found["name"], found["unit"]) if found and known_unit(found["unit"]) else (text, "")


def _check_title(band: Band, file_name: str) -> None:
    """Stop when the title of a band, or the name of its own file, says that it is a logarithm, a rank or the like."""
    title = band.title if derived_word(band.title) else file_name
    word = derived_word(title)
    if word:
        raise InputError(
            f"{band.source}: the file calls it {shortened(title)!r}, and what is made by {word!r} is no "
            f"concentration. Give the concentrations, leave the band out with grids.exclude, take it as it is with "
            f"grids.units: {{{band.element}: none}}, or name its unit there if the values are concentrations."
        )


def _unit_in_title(title: str) -> str:
    """Return the only unit that a title names, as it spells it; empty where there is none, or several."""
    named = [text for found in _IN_TITLE.findall(title) if (text := "".join(found)) and known_unit(text)]
    return named[0] if len({known_unit(text) for text in named}) == 1 else ""


def _unit(
    band: Band, name: str, unit_of_name: str, key: str | None, default: str
) -> tuple[str, float, list[InputWarning]]:
    """Return the unit of a band and its factor to ppm: as stated in the file, by the key, or that of all."""
    texts = (band.unit.strip(), unit_of_name, _unit_in_title(band.title))
    stated = {text for text in texts if text.lower() not in _NO_UNIT}
    known = {text: meant for text in stated if (meant := known_unit(text))}
    if stated - set(known) and not key:
        raise InputError(
            f"{band.source}: the file states the unit {min(stated - set(known))!r}, which is none of concentrations "
            f"that is known; set grids.units: {{{band.element}: ppm}} (or ppb, percent, or none for no concentration), "
            "or leave the band out with grids.exclude."
        )
    if len(set(known.values())) > 1:
        raise InputError(
            f"{band.source}: the name and the file state different units ({' and '.join(sorted(known))}); correct one "
            "of them."
        )
    chosen = key or default
    if not known:
        return chosen, UNIT_TO_PPM[chosen], []
    text, (unit, factor) = next(iter(known.items()))
    if unit == chosen:
        return unit, factor, []
    # ppm is the default of the key, and cannot be told from one that is given.
    if key or default != "ppm":
        way = (
            "grids.units"
            if key
            else f"grids.unit, or set grids.units: {{{band.element}: ...}} if units differ"
        )
        raise InputError(
            f"{band.source}: the file states the unit {text!r}, but {'grids.units' if key else 'grids.unit'} is "
            f"{chosen}; correct the file, or {way}."
        )
    warning = InputWarning(
        f"the file states the unit {text!r}, and its values were taken as such, not as {default} (grids.unit)",
        "correct the unit in the file if it is wrong",
        band.file,
        row=band.place,
    )
    return unit, factor, [warning]


def in_ppm(meaning: Meaning) -> Meaning:
    """Return a band with its values in ppm of the element."""
    if meaning.column is None or meaning.column.factor == 1:
        return meaning
    return replace(meaning, band=replace(meaning.band, values=meaning.band.values * meaning.column.factor))


def check_plausible(found: Sequence[Meaning], section: Mapping[str, Any]) -> list[InputWarning]:
    """Stop for concentrations in ppm that cannot be.

    Parameters
    ----------
    found : sequence of Meaning
        Values in ppm (`in_ppm`).
    section : mapping
        With ``implausible``: ``report`` turns a median outside its plausible range into a warning.

    Raises
    ------
    InputError
        If a value is negative or above 1e6 ppm, or a median is outside the range of `elements.csv`.
    """
    warnings, faults = [], dict[str, str]()
    for meaning in found:
        if meaning.column is None:
            continue
        values = meaning.band.values[np.isfinite(meaning.band.values)]
        if not values.size:
            continue
        _check_limits(meaning, values)
        implausible = implausible_units(pd.DataFrame({meaning.name: values}), [meaning.column])
        for text in implausible.values():
            faults[meaning.band.source] = text
    if faults and section.get("implausible", "stop") == "stop":
        (source, text), *others = faults.items()
        more = f" Also implausible: {listed([source for source, _ in others])}." if others else ""
        raise InputError(
            f"{source}: {text}.{more} Correct grids.unit or grids.units, leave the band out with grids.exclude, or set "
            "grids.implausible to `report` if the analysis is a partial digest."
        )
    for meaning in found:
        if meaning.band.source in faults:
            fix = "correct grids.unit or grids.units if the digest is not partial"
            warnings.append(
                InputWarning(faults[meaning.band.source], fix, meaning.band.file, row=meaning.band.place)
            )
    return warnings


def _check_limits(meaning: Meaning, values: np.ndarray) -> None:
    assert meaning.column is not None
    lowest, highest = float(values.min()), float(values.max())
    ways = (
        "Set grids.nodata if it is a code for no data, grids.units: "
        f"{{{meaning.band.element}: none}} if the band is no concentration, or leave it out with grids.exclude."
    )
    if highest > HIGHEST_PPM:
        raise InputError(
            f"{meaning.band.source}: read as {meaning.column.unit}, the highest value is {highest:.4g} ppm in "
            f"{(values > HIGHEST_PPM).sum()} cell(s) above {HIGHEST_PPM:g}, and more is impossible. Correct grids.unit "
            f"or grids.units if the unit is wrong. {ways}"
        )
    if lowest < 0:
        raise InputError(
            f"{meaning.band.source}: {(values < 0).sum()} cell(s) are negative (the lowest "
            f"{lowest / meaning.column.factor:.6g}), which no concentration is. {ways}"
        )


def without_zeros(meaning: Meaning, floor: float | None) -> tuple[Meaning, list[InputWarning]]:
    """Put a share of the smallest positive value in place of zeros, which have no logarithm.

    Parameters
    ----------
    meaning : Meaning
        A concentration below detection is written as 0 by some; what is no concentration is left as it is.
    floor : float or None
        The share; None leaves zeros as they are.
    """
    values = meaning.band.values
    zero = values == 0
    if floor is None or meaning.column is None or not zero.any() or not (values > 0).any():
        return meaning, []
    least = float(values[values > 0].min())
    share = zero.sum() / np.isfinite(values).sum()
    warning = InputWarning(
        f"{zero.sum()} cells ({share:.1%}) of {meaning.name} are 0, which no concentration is; they were taken as "
        f"below detection, {floor:g} times the smallest positive value ({floor * least:.4g} ppm)",
        "set grids.nodata: 0 if they are no data, or another share in grids.floor"
        + (
            "; leave the element out with grids.exclude if it is mostly not detected"
            if share > _MANY_ZEROS
            else ""
        ),
        meaning.band.file,
        row=meaning.band.place,
    )
    return replace(meaning, band=replace(meaning.band, values=np.where(zero, floor * least, values))), [
        warning
    ]
