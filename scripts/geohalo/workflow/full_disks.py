"""What to do about a full disk, also where Snakemake's own files do not fit: its message does not say."""

import atexit
import errno
import functools
import logging
import os
import shutil
import sys
from pathlib import Path

from geohalo.workflow.dry_runs import LOGGER

#: With less than this left, a disk is full.
FEWEST_BYTES = 2_000_000
#: How the system words a full disk, and a full share of it.
WORDS = tuple(map(os.strerror, (errno.ENOSPC, errno.EDQUOT)))


def full_disk_message(folder: str | Path, refused: bool = False) -> str:
    """Say that the disk of a folder is full and what to do about it; empty if there is room.

    Parameters
    ----------
    folder : path
        Where the workflow runs.
    refused : bool
        Whether a file did not fit, however much is left now.
    """
    free = shutil.disk_usage(folder).free
    if free >= FEWEST_BYTES and not refused:
        return ""
    return (
        f"The disk is full: {free / 1e3:,.0f} kB are left where {Path(folder).resolve()} lies. Free some of it, and "
        "type the same command again: it goes on where it stopped. Or run in a folder on another disk (--directory)."
    )


class FullDiskWatch(logging.Filter):
    """Listens to what Snakemake says, and knows whether a file of its own did not fit."""

    refused = False

    def filter(self, record: logging.LogRecord) -> bool:
        """Let every record pass, and keep whether one of them tells of a full disk."""
        self.refused = self.refused or any(one in record.getMessage() for one in WORDS)
        return True

    def tell(self, folder: str | Path) -> None:
        """Say at the end of a run that the disk is full, if it is."""
        if message := full_disk_message(folder, self.refused):
            sys.stderr.write(f"\n{message}\n")


@functools.cache
def tell_full_disk(folder: str | Path) -> None:
    """Have a full disk told as the last words of this process, whoever ran into it.

    Parameters
    ----------
    folder : path
        Where the workflow runs.
    """
    watch = FullDiskWatch()
    logging.getLogger(LOGGER).addFilter(watch)
    atexit.register(watch.tell, Path(folder).resolve())
