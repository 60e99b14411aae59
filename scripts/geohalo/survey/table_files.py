"""The files that a table consists of: a shapefile is several, a File Geodatabase a folder."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from geohalo.config_text import shortened
from geohalo.errors import InputError

#: Files beside the one that the config names, by its suffix: those that it cannot do without, and others.
PARTS = {
    ".shp": ((".dbf", ".shx"), (".prj", ".cpg")),
    ".tab": ((".dat", ".map", ".id"), (".ind",)),
    ".mif": ((".mid",), ()),
}
#: Suffix of a folder that is one file to its user.
FOLDER_SUFFIX = ".gdb"


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
    needed, others = PARTS.get(path.suffix.lower(), ((), ()))
    return [str(found) for suffix in (*needed, *others) if (found := beside(path, suffix)) is not None]


def missing_parts(path: Path) -> list[str]:
    """Return the names of files that a table cannot be read without and that are not beside it."""
    needed, _ = PARTS.get(path.suffix.lower(), ((), ()))
    # A MapInfo table over a workbook or text has neither places nor numbers of its own; GDAL tells.
    return [path.with_suffix(suffix).name for suffix in needed if beside(path, suffix) is None]


def beside(path: Path, suffix: str) -> Path | None:
    """Return the file of another suffix in any case beside one, if it is there."""
    for name in (suffix, suffix.upper()):
        found = path.with_suffix(name)
        if found.is_file():
            return found
    return None
