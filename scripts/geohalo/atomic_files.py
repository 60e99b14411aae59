"""Files that are whole or not there: written beside, read back, put on the disk, and only then renamed."""

import errno
import glob
import os
import re
import sqlite3
import time
import zipfile
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

import numpy as np

from geohalo.errors import InputError

#: What a write ends with where there is no room: full disk, used up quota, and a limit on the size of a file.
NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
#: Bytes that a disk that is not full has room for.
PROBE = 1 << 20
#: Seconds after which no one writes a file any more.
DAY = 86_400
#: Cells of a map that are read back at a time.
READ_CELLS = 1 << 22


class NotWrittenError(OSError):
    """A file that does not hold what was written to it, though no one told of an error."""


@contextmanager
def atomic_write(path: str | os.PathLike[str], check: Callable[[Path], None] | None = None) -> Iterator[Path]:
    """Yield a path beside ``path`` to write to; rename it when the block has ended well, else remove it.

    Before it is renamed, the file is read back (`read_back`) and synced to the disk: some libraries tell nothing of a
    disk that was full when they closed a file.

    Parameters
    ----------
    path : path
    check : callable, optional
        Gets the path beside, and raises an error if it does not hold what it should.

    Raises
    ------
    OSError
        With an ``errno`` of `NO_ROOM` whenever writing fails for want of room, whatever the library raised.
    """
    path = Path(path)
    remove_stale(path)
    # A job that a killed run has left behind may be writing the same file.
    temporary = path.with_name(f".writing-{os.getpid()}-{path.name}")
    try:
        yield temporary
        read_back(temporary)
        if check is not None:
            check(temporary)
        _sync(temporary)
        os.replace(temporary, path)
    except BaseException as error:
        full_disk = _no_room(temporary, path) if _of_the_disk(error) else None
        _remove_temporary(temporary)
        if full_disk is not None:
            raise full_disk from error
        raise
    _remove_temporary(temporary)
    _sync_folder(path.parent)


def remove_stale(path: str | os.PathLike[str]) -> None:
    """Remove what killed processes have left of a file that they were writing."""
    path = Path(path)
    written = re.compile(rf"\.writing-(\d+)-{re.escape(path.name)}([.-].*)?")
    for file in path.parent.glob(".writing-*"):
        if (found := written.fullmatch(file.name)) and not _at_work(int(found[1]), file):
            file.unlink(missing_ok=True)


def _at_work(pid: int, file: Path) -> bool:
    """Tell whether a process may still be writing a file; where there is no /proc, by the age of the file."""
    if Path("/proc/self").exists():
        return pid != os.getpid() and Path(f"/proc/{pid}").exists()
    return pid != os.getpid() and time.time() - file.stat().st_mtime < DAY


def _remove_temporary(temporary: Path) -> None:
    """Remove a file and what libraries put beside it: journals, overviews and statistics."""
    for name in (str(temporary), *glob.glob(f"{glob.escape(str(temporary))}[.-]*")):
        with suppress(FileNotFoundError):
            os.unlink(name)


def _of_the_disk(error: BaseException) -> bool:
    return isinstance(error, Exception) and not isinstance(error, InputError)


def _no_room(temporary: Path, path: Path) -> OSError | None:
    """Return the error of a disk that has no room left; None where there is some.

    Libraries raise errors of their own for a full disk, and some have removed their file by then: a further write
    tells.
    """
    try:
        with open(temporary, "ab") as file:
            file.write(bytes(PROBE))
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        return OSError(error.errno, os.strerror(error.errno), str(path)) if error.errno in NO_ROOM else None
    return None


def _sync(file: Path) -> None:
    with open(file, "rb+") as opened:
        os.fsync(opened.fileno())


def _sync_folder(folder: Path) -> None:
    """Put the new name on the disk, where the system can."""
    with suppress(OSError):
        opened = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(opened)
        finally:
            os.close(opened)


def read_back(path: Path) -> None:
    """Read all of a file, by its suffix; of other formats Python itself tells when they cannot be written.

    Raises
    ------
    Exception
        Whatever the format's library raises of a damaged file, or `NotWrittenError`.
    """
    readers = {
        ".tif": _read_raster,
        ".nc": _read_netcdf,
        ".parquet": _read_parquet,
        ".gpkg": _read_sqlite,
        ".npz": _read_zip,
        ".pt": _read_zip,
    }
    reader = readers.get(path.suffix)
    if reader is not None:
        reader(path)


def _read_raster(path: Path) -> None:
    """Read a raster and its overviews, block by block."""
    import rasterio

    with rasterio.open(path) as file:
        levels = len(file.overviews(1))
    for level in (None, *range(levels)):
        with rasterio.open(path, **({} if level is None else {"OVERVIEW_LEVEL": level})) as file:
            for _, window in file.block_windows(1):
                file.read(window=window)


def same_raster(path: Path, image: np.ndarray) -> None:
    """Stop unless a raster holds an image (bands, rows, columns): tiles that were not written read as no data."""
    import rasterio

    with rasterio.open(path) as file:
        for number, band in enumerate(image, 1):
            for _, window in file.block_windows(number):
                equal_nan = np.issubdtype(image.dtype, np.floating)
                kept = file.read(number, window=window)
                if not np.array_equal(kept, band[window.toslices()], equal_nan=equal_nan):
                    raise NotWrittenError(f"{path}: band {number} was not written as it is")


def _read_netcdf(path: Path) -> None:
    """Read all variables, some rows of a map at a time."""
    import netCDF4

    with netCDF4.Dataset(path) as file:
        file.set_auto_maskandscale(False)
        for variable in file.variables.values():
            if variable.ndim < 2:
                variable[...]
                continue
            rows, columns = variable.shape[-2:]
            chunks = variable.chunking()
            block = int(chunks[-2]) if isinstance(chunks, list) else 1
            step = block * max(1, READ_CELLS // max(1, block * columns))
            for place in np.ndindex(variable.shape[:-2]):
                for first in range(0, rows, step):
                    variable[(*place, slice(first, first + step))]


def _read_parquet(path: Path) -> None:
    """Read a table, a column of a group of rows at a time: all at once would take new memory for all of it."""
    from pyarrow.parquet import ParquetFile

    with ParquetFile(path) as file:
        columns = file.schema_arrow.names
        for group in range(file.num_row_groups):
            for column in columns:
                file.read_row_group(group, columns=[column])


def _read_sqlite(path: Path) -> None:
    with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as database:
        (found,) = database.execute("PRAGMA integrity_check(1)").fetchone()
    if found != "ok":
        raise NotWrittenError(f"{path}: {found}")


def _read_zip(path: Path) -> None:
    with zipfile.ZipFile(path) as file:
        damaged = file.testzip()
    if damaged is not None:
        raise NotWrittenError(f"{path}: its part {damaged} was not written as it is")
