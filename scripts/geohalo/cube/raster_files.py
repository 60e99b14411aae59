"""Which files and bands hold the rasters of a survey; light to import, as the workflow asks before any job runs."""

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from geohalo.errors import InputError
from geohalo.input_warnings import InputWarning
from geohalo.patterns import compiled, matches
from geohalo.survey.table_files import exists

#: Formats of grids and their suffixes, as the documentation calls them. `geohalo.cube.rasters.READERS` reads them; GDAL
#: reads those that have no reader of their own.
GRIDS = {
    "GeoTIFF": (".tif", ".tiff"),
    "NetCDF": (".nc", ".nc4", ".cdf"),
    "Surfer": (".grd",),
    "GXF": (".gxf",),
    "ESRI ASCII": (".asc",),
    "ER Mapper": (".ers",),
    "SAGA": (".sdat",),
    "Virtual rasters": (".vrt",),
    "GMT": (".grd",),
    "Geosoft": (".grd",),
    "other formats that GDAL reads": (
        *(".img", ".bil", ".flt", ".dat", ".pix", ".xyz", ".adf", ".gz", ".zip"),
    ),
}
#: A file with one of these suffixes that no element comes from is told.
_GRID = re.compile(
    "|".join(re.escape(suffix) for suffixes in GRIDS.values() for suffix in suffixes), re.IGNORECASE
)
#: Suffixes of what customarily lies beside grids: descriptions, styles, tables, vector layers.
_COMPANION = re.compile(
    r"\.(xml|prj|ovr|msk|rrd|ige|tfw|tifw|aux|hdr|gi|sgrd|mgrd|stx|clr|qml|qmd|lyrx?|sld|cpg|rdc|isi|txt|md|rst|pdf"
    r"|docx?|csv|tsv|xlsx?|ods|json|geojson|ya?ml|log|png|jpe?g|html?|shp|shx|dbf|sbn|sbx|gpkg|parquet|km[lz]|gpx"
    r"|qg[sz]|mxd|aprx|py|r|ipynb|sha256|md5)",
    re.IGNORECASE,
)
#: The name of an element without what follows it, such as a unit.
_BARE = re.compile(r"[A-Za-z0-9]*")
_UNIT_AFTER = re.compile(r"[ _-]?[(\[]?(?:ppm|ppb|pct|percent)[)\]]?")
_UNIT_AT_END = re.compile(f"(?:{_UNIT_AFTER.pattern})$")
#: Names of files by which folders that are rasters are known, and what reads them.
_FOLDERS = {
    "hdr.adf": "an ESRI GRID; convert it (gdal_translate {name} {name}.tif)",
    ".zgroup": "a Zarr store; convert it (xarray.open_zarr(...).to_netcdf(...))",
    ".zarray": "a Zarr store; convert it (xarray.open_zarr(...).to_netcdf(...))",
    "zarr.json": "a Zarr store; convert it (xarray.open_zarr(...).to_netcdf(...))",
}


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
        bare = {_UNIT_AT_END.sub("", name) for name in names}
        every = set(names) | {symbol for name in bare if (symbol := symbol_of(name))}
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
    if not element or symbol in (None, symbol_of(element), symbol_of(_BARE.match(element)[0])):  # type: ignore[index]
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
        return {_single_file(section["file"], folder, sources): None}
    place = folder / section["folder"]
    files = {path for name in sources if (path := folder / name).parent == place}
    if exists(place, "grids.folder") and place.is_dir():
        files |= {path for path in place.iterdir() if path.is_file()}
    elif not files:
        raise InputError(f"config key grids.folder: {place} is not a folder; data.folder is {folder}.")
    elements = _elements(section["pattern"], files)
    chosen = {path: element for path in sorted(files) if (element := elements[path])}
    if not chosen:
        raise _no_match(section["pattern"], place, files)
    left = {path: element for path, element in chosen.items() if selection.takes(element, path.name)}
    if not left:
        raise InputError(
            f"config keys grids.include and grids.exclude leave none of the rasters in {place} "
            f"({listed([path.name for path in chosen])})."
        )
    return dict(left)


def _single_file(name: str, folder: Path, sources: Iterable[str]) -> Path:
    """Return the path of ``grids.file``; raise InputError if it is a folder, or is missing and not a source."""
    path = folder / name
    if exists(path, "grids.file") and path.is_dir():
        raise InputError(
            f"config key grids.file: {path} is {_folder(path) or 'a folder; name it in grids.folder'}."
        )
    if not path.is_file() and name not in set(sources):
        raise InputError(
            f"config key grids.file: {path} does not exist. Put the file there, name another folder in "
            "data.folder, or give its address and checksum in data.sources."
        )
    return path


def _no_match(pattern: str, place: Path, files: Collection[Path]) -> InputError:
    """Return the error of a folder in which no file matches ``grids.pattern``, with what is there."""
    there = sorted(path.name for path in files if _GRID.fullmatch(path.suffix))
    message = (f" There are {listed(there)}." if there else "") + _suggested(there)
    folders = [
        f" The folder {path.name} is {what}." for path in _subfolders(place) if (what := _folder(path))
    ]
    return InputError(
        f"config key grids.pattern: no file in {place} matches {pattern!r}; correct "
        f"the pattern or grids.folder.{message}{''.join(folders[:1])}"
    )


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
        and (_GRID.fullmatch(path.suffix) or not (path.stem in stems or _COMPANION.fullmatch(path.suffix)))
    ]
    messages = []
    for path in _subfolders(place):
        if what := _folder(path):
            kind, _, fix = what.partition("; ")
            messages.append(
                InputWarning(f"the folder {path.name} was passed over: it is {kind}", fix, str(place))
            )
    if not left:
        return messages
    number = "1 file of the folder was" if len(left) == 1 else f"{len(left)} files of the folder were"
    return [
        *messages,
        InputWarning(
            f"{number} passed over, since grids.pattern does not match: {listed(left)}",
            "correct grids.pattern, or rename or remove the files, if they hold elements",
            str(place),
        ),
    ]


def _subfolders(place: Path) -> list[Path]:
    return sorted(path for path in place.iterdir() if path.is_dir()) if place.is_dir() else []


def _folder(path: Path) -> str:
    """Say what to do with a folder that is a raster; empty for any other."""
    found = next((what for name, what in _FOLDERS.items() if (path / name).is_file()), "")
    return found.format(name=path.name)


def _suggested(names: Sequence[str]) -> str:
    """Return the pattern by which most names of files tell one element each, as a sentence; empty if none does."""
    best, most = "", 0
    for name in names:
        path = Path(name)
        # The element stands between other letters and digits: `01_Cu_ppm`, `cu`, `grid_Cu`.
        parts = re.split(r"([^A-Za-z0-9]+)", path.stem)
        for k in range(0, len(parts), 2):
            if not symbol_of(parts[k]):
                continue
            before, after = ("".join(parts[a:b]) for a, b in ((0, k), (k + 1, len(parts))))
            before = re.sub(r"\d+", r"\\d+", _escaped(before))
            unit = _UNIT_AFTER.match(after)
            after = after[unit.end() :] if unit else after
            group = "(?P<element>[A-Za-z][A-Za-z0-9]*" + (f"{_UNIT_AFTER.pattern})" if unit else ")")
            found = f"^{before}{group}{_escaped(after)}\\.{path.suffix.lower()[1:]}$"
            elements = [
                match["element"] for other in names if (match := re.match(found, _lower_suffix(other)))
            ]
            count = sum(symbol_of(_BARE.match(element)[0]) is not None for element in elements)  # type: ignore[index]
            if count > most:
                best, most = found, count
    return f" '{best}' would match {most} of them." if best else ""


def _lower_suffix(name: str) -> str:
    return Path(name).stem + Path(name).suffix.lower()


def _escaped(text: str) -> str:
    """Escape what has a meaning in a regular expression, and no more."""
    return re.sub(r"([.^$*+?{}\[\]\\|()])", r"\\\1", text)


def _elements(expression: str, files: Iterable[Path]) -> dict[Path, str | None]:
    """Return the element that each file name tells, its suffix as it is or in small letters."""
    key = "config key grids.pattern"
    spellings = {path: (path.name, path.stem + path.suffix.lower()) for path in files}
    names = dict.fromkeys(name for both in spellings.values() for name in both)
    found = matches(compiled(expression, key, "element"), names, key, "search")
    by_name = {
        path: next((found[name] for name in both if name in found), None) for path, both in spellings.items()
    }
    return {path: match["element"] if match else None for path, match in by_name.items()}
