"""Which files and bands hold the rasters of a survey; light to import, as the workflow asks before any job runs."""

import re
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path
from typing import Any

from geohalo.errors import InputError
from geohalo.input_warnings import InputWarning
from geohalo.patterns import compiled, matches
from geohalo.survey.table_files import exists

#: Suffixes of grids; a file with one of them that no element comes from is told.
_GRID = re.compile(
    r"\.(tiff?|nc4?|cdf|asc|grd|ers|gxf|vrt|img|sdat|bil|flt|dat|pix|xyz|adf|gz|zip)", re.IGNORECASE
)
#: Suffixes of what customarily lies beside grids: descriptions, styles, tables, vector layers.
_BESIDE = re.compile(
    r"\.(xml|prj|ovr|msk|rrd|ige|tfw|tifw|aux|hdr|gi|sgrd|mgrd|stx|clr|qml|qmd|lyrx?|sld|cpg|rdc|isi|txt|md|rst|pdf"
    r"|docx?|csv|tsv|xlsx?|ods|json|geojson|ya?ml|log|png|jpe?g|html?|shp|shx|dbf|sbn|sbx|gpkg|parquet|km[lz]|gpx"
    r"|qg[sz]|mxd|aprx|py|r|ipynb|sha256|md5)",
    re.IGNORECASE,
)


class Selection:
    """Which files and bands the config keys ``grids.include`` and ``grids.exclude`` leave.

    Parameters
    ----------
    section : mapping
        The config section ``grids``.
    """

    def __init__(self, section: Mapping[str, Any]) -> None:
        self.include = set(section.get("include") or ())
        self.exclude = set(section.get("exclude") or ())
        self._met: set[str] = set()

    def takes(self, *names: str) -> bool:
        """Tell whether a file or band is wanted that goes by these names; an element goes by its symbol as well."""
        every = self._all(names)
        return not every & self.exclude and (not self.include or bool(every & self.include))

    def names(self, *names: str) -> bool:
        """Tell whether ``grids.include`` names it."""
        return bool(self._all(names) & self.include)

    def _all(self, names: Iterable[str]) -> set[str]:
        if not (self.include or self.exclude):
            return set()
        every = set(names) | {symbol for name in names if (symbol := symbol_of(name))}
        self._met |= every
        return every

    def check_met(self, where: str) -> None:
        """Stop when a name in the two keys was met nowhere."""
        for key in ("include", "exclude"):
            unmet = sorted(getattr(self, key) - self._met)
            if unmet:
                raise InputError(
                    f"config key grids.{key}: there is no file, band or element {unmet[0]!r} in {where}; there are "
                    f"{listed(sorted(self._met))}."
                )


def symbol_of(name: str) -> str | None:
    """Return the element that a name such as `Cu`, `Al2O3` or `CU` stands for."""
    from geohalo.survey.elements import concentration_factor  # needs pandas

    try:
        return concentration_factor(name, "ppm")[0]
    except InputError:
        return None


def other_name(path: Path, element: str | None, described: str, place: str) -> list[InputWarning]:
    """Tell of a file that is named after one element and calls its only grid by the name of another."""
    symbol = symbol_of(described)
    if not element or symbol in (None, symbol_of(element)):
        return []
    return [
        InputWarning(
            f"the file is named after {element}, but calls its grid {described!r}; it was taken for {element}",
            "rename the file, or correct the name in it",
            str(path),
            row=place,
        )
    ]


def listed(names: Collection[str], most: int = 8) -> str:
    """Return names for a message, the first ones if there are many."""
    names = list(names)
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more


def raster_files(
    section: dict[str, Any], folder: Path, sources: Iterable[str] = (), selection: Selection | None = None
) -> dict[Path, str | None]:
    """List the raster files that the config section ``grids`` names.

    Parameters
    ----------
    section : dict
        With ``file``, or ``folder`` and ``pattern``, and perhaps ``include`` and ``exclude``. The suffix of a file
        matches in capitals as well.
    folder : Path
        The data folder.
    sources : iterable of str
        Names of files, relative to the data folder, that will be there once they have been downloaded.
    selection : Selection, optional
        That of the section, to learn which of its names were met.

    Returns
    -------
    dict of Path to str or None
        The element that the name of each file tells, in the order of the names; None for a file that names
        elements itself.

    Raises
    ------
    InputError
        If the file is missing, the pattern is no regular expression with a group ``element``, or no file of
        the folder matches it.
    """
    selection = selection or Selection(section)
    if "file" in section:
        path = folder / section["file"]
        if exists(path, "grids.file") and path.is_dir():
            raise InputError(
                f"config key grids.file: {path} is a folder; name the file in it, or set grids.folder."
            )
        if not path.is_file() and section["file"] not in set(sources):
            raise InputError(
                f"config key grids.file: {path} does not exist. Put the file there, name another folder in "
                "data.folder, or give its address and checksum in data.sources."
            )
        return {path: None}
    place = folder / section["folder"]
    files = {path for name in sources if (path := folder / name).parent == place}
    if exists(place, "grids.folder") and place.is_dir():
        files |= {path for path in place.iterdir() if path.is_file()}
    elif not files:
        raise InputError(f"config key grids.folder: {place} is not a folder; data.folder is {folder}.")
    elements = _elements(section["pattern"], files)
    chosen = {path: element for path in sorted(files) if (element := elements[path])}
    if not chosen:
        there = listed(sorted(path.name for path in files if _GRID.fullmatch(path.suffix)))
        raise InputError(
            f"config key grids.pattern: no file in {place} matches {section['pattern']!r}; correct "
            f"the pattern or grids.folder.{f' There are {there}.' if there else ''}"
        )
    left = {path: element for path, element in chosen.items() if selection.takes(element, path.name)}
    if not left:
        raise InputError(
            f"config keys grids.include and grids.exclude leave none of the rasters in {place} "
            f"({listed([path.name for path in chosen])})."
        )
    return dict(left)


def passed_over(section: dict[str, Any], folder: Path) -> list[InputWarning]:
    """Tell of the files beside the rasters that look like rasters and were not matched by ``grids.pattern``."""
    if "file" in section:
        return []
    place = folder / section["folder"]
    files = sorted(path for path in place.iterdir() if path.is_file() and not path.name.startswith("."))
    elements = _elements(section["pattern"], files)
    stems = {path.stem for path in files if elements[path]}
    left = [
        path.name
        for path in files
        if not elements[path]
        and path.name.lower() not in {"readme", "license", "makefile"}
        and (_GRID.fullmatch(path.suffix) or not (path.stem in stems or _BESIDE.fullmatch(path.suffix)))
    ]
    if not left:
        return []
    number = "1 file of the folder was" if len(left) == 1 else f"{len(left)} files of the folder were"
    return [
        InputWarning(
            f"{number} passed over, since grids.pattern does not match: {listed(left)}",
            "correct grids.pattern, or rename or remove the files, if they hold elements",
            str(place),
        )
    ]


def _elements(expression: str, files: Iterable[Path]) -> dict[Path, str | None]:
    """Return the element that each file name tells, its suffix as it is or in small letters."""
    key = "config key grids.pattern"
    spellings = {path: (path.name, path.stem + path.suffix.lower()) for path in files}
    names = dict.fromkeys(name for both in spellings.values() for name in both)
    found = matches(compiled(expression, key, "element"), names, key, "search")
    told = {
        path: next((found[name] for name in both if name in found), None) for path, both in spellings.items()
    }
    return {path: match["element"] if match else None for path, match in told.items()}
