"""Which files hold the rasters of a survey; light to import, as the workflow asks before any job runs."""

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from geohalo.errors import InputError


def raster_files(
    section: dict[str, Any], folder: Path, sources: Iterable[str] = ()
) -> dict[Path, str | None]:
    """List the raster files that the config section ``grids`` names.

    Parameters
    ----------
    section : dict
        With ``file``, or ``folder`` and ``pattern``.
    folder : Path
        The data folder.
    sources : iterable of str
        Names of files, relative to the data folder, that will be there once they have been downloaded.

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
    if "file" in section:
        path = folder / section["file"]
        if not path.is_file() and section["file"] not in set(sources):
            raise InputError(
                f"config key grids.file: {path} does not exist. Put the file there, name another folder in "
                "data.folder, or give its address and checksum in data.sources."
            )
        return {path: None}
    pattern = _element_pattern(section["pattern"])
    place = folder / section["folder"]
    files = {path for name in sources if (path := folder / name).parent == place}
    if place.is_dir():
        files |= {path for path in place.iterdir() if path.is_file()}
    elif not files:
        raise InputError(f"config key grids.folder: {place} is not a folder; data.folder is {folder}.")
    found = {path: match["element"] for path in sorted(files) if (match := pattern.search(path.name))}
    chosen = {path: element for path, element in found.items() if element}
    if not chosen:
        raise InputError(
            f"config key grids.pattern: no file in {place} matches {section['pattern']!r}; correct "
            "the pattern or grids.folder."
        )
    return dict(chosen)


def _element_pattern(text: str) -> re.Pattern[str]:
    try:
        pattern = re.compile(text)
    except re.error as error:
        raise InputError(
            f"config key grids.pattern: {text!r} is not a regular expression ({error})."
        ) from error
    if "element" not in pattern.groupindex:
        raise InputError(f"config key grids.pattern: {text!r} lacks the named group (?P<element>...).")
    return pattern
