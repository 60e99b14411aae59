"""Checksums of what jobs write, kept beside it and checked by the jobs that read it.

A file ``folder/name`` has its SHA-256 in ``folder/.digests/name.sha256``, a folder those of all files in it, in the
format of the program ``sha256sum``. One file for each output: jobs beside each other share none.
"""

import hashlib
import os
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from geohalo.atomic_files import atomic_write
from geohalo.errors import InputError

#: Damaged files that a message names at most.
NAMED = 5
#: Folder of parts that Snakemake removes once they are put together; a checksum of one would stay behind.
PARTS = "tiles"


def digest_path(path: str | Path) -> Path:
    """Return where the checksums of an output are kept."""
    path = Path(path)
    return path.parent / ".digests" / f"{path.name}.sha256"


def sha256(path: str | Path) -> str:
    """Return the SHA-256 of a file in hexadecimal digits."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def forget_digests(outputs: Iterable[str]) -> None:
    """Remove the checksums of outputs that are about to be made."""
    for output in outputs:
        with suppress(FileNotFoundError):
            digest_path(output).unlink()


def keep_digests(outputs: Iterable[str]) -> None:
    """Keep the checksums of outputs that are made, but for those of `PARTS`."""
    for output in map(Path, outputs):
        if PARTS in output.parts:
            continue
        kept = digest_path(output)
        lines = [
            f"{sha256(file)}  {Path(os.path.relpath(file, kept.parent)).as_posix()}\n"
            for file in _files(output)
        ]
        if lines:
            kept.parent.mkdir(exist_ok=True)
            with atomic_write(kept) as temporary:
                temporary.write_text("".join(lines), encoding="utf-8")


def check_digests(inputs: Iterable[str]) -> None:
    """Stop if a file is not as it was written; one without a checksum is taken as it is.

    Raises
    ------
    InputError
        Names the damaged files and what to do.
    """
    damaged = [file for one in dict.fromkeys(inputs) for file in _damaged(Path(one))]
    if not damaged:
        return
    named = ", ".join(damaged[:NAMED]) + (f" and {len(damaged) - NAMED} more" if len(damaged) > NAMED else "")
    several = len(damaged) > 1
    raise InputError(
        f"{named}: not as GeoHalo wrote {'them' if several else 'it'}: damaged on the disk, or changed by hand. Delete "
        f"{'these files' if several else 'this file'} and run the same command again: what is missing is made anew."
    )


def _files(output: Path) -> list[Path]:
    if output.is_dir():
        return sorted(file for file in output.rglob("*") if file.is_file() and not _hidden(file, output))
    return [output] if output.exists() else []


def _hidden(file: Path, folder: Path) -> bool:
    return any(part.startswith(".") for part in file.relative_to(folder).parts)


def _damaged(output: Path) -> list[str]:
    """Return the files of an output that are not as they were written."""
    kept = digest_path(output)
    try:
        lines = kept.read_text(encoding="utf-8").splitlines()
    except (FileNotFoundError, UnicodeDecodeError):
        return []
    found = []
    for line in lines:
        digest, _, name = line.partition("  ")
        file = Path(os.path.normpath(kept.parent / name))
        if not file.is_file() or sha256(file) != digest:
            found.append(str(output if output.is_dir() else file))
    return list(dict.fromkeys(found))


def file_of_source(file: str, config: Mapping[str, Any]) -> bool:
    """Tell whether a file is one that the config's ``data.sources`` name."""
    data = config.get("data", {})
    return any(Path(data.get("folder", ""), name) == Path(file) for name in data.get("sources", {}))


def check_sources(inputs: Iterable[str], data: Mapping[str, Any]) -> None:
    """Stop if a file of the data folder that is read has another checksum than the config gives.

    Files of the same name with another suffix are read along with it: the parts of a Shapefile.

    Parameters
    ----------
    inputs : iterable of str
    data : mapping
        Config section ``data``.
    """
    read = {Path(one).resolve().with_suffix("") for one in inputs}
    for name, source in data.get("sources", {}).items():
        file = Path(data.get("folder", ""), name)
        if file.is_file() and file.resolve().with_suffix("") in read and sha256(file) != source["sha256"]:
            raise InputError(
                f"config key data.sources.{name}: the SHA-256 of {file} is not the one given there, "
                f"{source['sha256']}: it is another file, or damaged. Delete it, so that it is downloaded, or put its "
                f"own checksum there ({sha256(file)}) if it is the file that you mean."
            )
