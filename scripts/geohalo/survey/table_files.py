"""The files that a table consists of: a shapefile is several, a File Geodatabase a folder."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from geohalo.config_text import shortened
from geohalo.errors import InputError

#: Suffix of a folder that is one file to its user.
FOLDER_SUFFIX = ".gdb"
_XML = rb"(?:\s|<\?[^>]*>|<!--.*?-->|<!DOCTYPE[^>\[]*>)*"


@dataclass(frozen=True)
class Layer:
    """How a file with layers of points is read, by its suffix.

    Attributes
    ----------
    name : str
        Of the format.
    drivers : tuple of str
        Those of GDAL that may read it, and no others.
    begins : bytes pattern or None
        How a file of the format begins, after a byte order mark and blanks; None where that tells nothing.
    needed, others : tuple of str
        Suffixes of files beside it that belong to it: those that it cannot do without, and others.
    """

    name: str
    drivers: tuple[str, ...]
    begins: re.Pattern[bytes] | None = None
    needed: tuple[str, ...] = ()
    others: tuple[str, ...] = ()


#: Files with layers of points, by their suffix.
LAYERS = {
    ".gpkg": Layer("GeoPackage", ("GPKG",), re.compile(rb"SQLite format 3\0")),
    ".shp": Layer(
        "Shapefile",
        ("ESRI Shapefile",),
        re.compile(rb"\0\0\x27\x0a"),
        needed=(".dbf", ".shx"),
        others=(".prj", ".cpg"),
    ),
    FOLDER_SUFFIX: Layer("File Geodatabase", ("OpenFileGDB",)),
    ".geojson": Layer("GeoJSON", ("GeoJSON",), re.compile(rb"\{")),
    ".json": Layer("GeoJSON", ("GeoJSON", "ESRIJSON", "TopoJSON"), re.compile(rb"\{")),
    ".geojsonl": Layer("GeoJSON", ("GeoJSONSeq",), re.compile(rb"\{")),
    ".kml": Layer(
        "KML",
        ("LIBKML", "KML"),
        re.compile(_XML + rb"<(?:\w+:)?(?:kml|Document|Folder|Placemark)\b", re.DOTALL),
    ),
    ".kmz": Layer("KMZ", ("LIBKML",), re.compile(rb"PK")),
    ".gpx": Layer("GPX", ("GPX",), re.compile(_XML + rb"<(?:\w+:)?gpx\b", re.DOTALL)),
    ".fgb": Layer("FlatGeobuf", ("FlatGeobuf",), re.compile(rb"fgb")),
    ".tab": Layer("MapInfo", ("MapInfo File",), needed=(".dat", ".map", ".id"), others=(".ind",)),
    ".mif": Layer("MapInfo", ("MapInfo File",), re.compile(rb"version", re.IGNORECASE), needed=(".mid",)),
}


def data_file(data: Mapping[str, Any], name: str, key: str) -> str:
    """Return the path of a file that the config names: in the data folder, or where its source will be downloaded to.

    Parameters
    ----------
    data : mapping
        Config section `data`.
    name : str
        The file, relative to the data folder.
    key : str
        Config key that names it, for messages.

    Raises
    ------
    InputError
        There is no such file, or it is a folder other than that of a File Geodatabase.
    """
    file = Path(data["folder"], name)
    if not exists(file, key) and name not in data["sources"]:
        raise InputError(
            f"config key {key}: {file} does not exist. Put the file there, name another folder in data.folder, or give "
            "its address and checksum in data.sources."
        )
    if file.is_dir() and not is_geodatabase(file):
        raise InputError(f"config key {key}: {file} is a folder; name the file in it.")
    return str(file)


def exists(path: Path, key: str) -> bool:
    """Tell whether there is a file or folder of a name that a config key gives.

    Raises
    ------
    InputError
        There can be none: the name is too long, or its folder cannot be looked into.
    """
    try:
        return path.exists()
    except OSError as error:
        raise InputError(
            f"config key {key}: {shortened(str(path))}: {error.strerror}. Correct the name."
        ) from None


def is_geodatabase(path: str | Path) -> bool:
    """Tell whether a path is the folder of a File Geodatabase."""
    path = Path(path)
    return path.suffix.lower() == FOLDER_SUFFIX and path.is_dir()


def table_files(path: str | Path) -> list[str]:
    """Return the files beside a table, or in its folder, that are read with it: a change in one is a change of it.

    Parameters
    ----------
    path : str or Path
        The table, as the config names it; it need not exist.

    Returns
    -------
    list of str
        Those that exist, without the table itself; none for most formats.
    """
    path = Path(path)
    if is_geodatabase(path):
        return sorted(str(file) for file in path.iterdir() if file.is_file() and file.suffix != ".lock")
    layer = LAYERS.get(path.suffix.lower())
    parts = (*layer.needed, *layer.others) if layer else ()
    return [str(found) for suffix in parts if (found := sibling_file(path, suffix)) is not None]


def missing_parts(path: Path) -> list[str]:
    """Return the names of files that a table cannot be read without and that are not beside it."""
    layer = LAYERS.get(path.suffix.lower())
    needed = layer.needed if layer else ()
    # A MapInfo table over a workbook or text has neither places nor numbers of its own; GDAL tells.
    return [path.with_suffix(suffix).name for suffix in needed if sibling_file(path, suffix) is None]


def sibling_file(path: Path, suffix: str) -> Path | None:
    """Return the file of another suffix in any case beside one, if it is there."""
    for name in (suffix, suffix.upper()):
        found = path.with_suffix(name)
        if found.is_file():
            return found
    return None
