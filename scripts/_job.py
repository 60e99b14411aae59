"""What every rule's script does around its work: log, tell the user, write whole files."""

import errno
import json
import logging
import sys
import time
import traceback
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

from geohalo.errors import InputError

T = TypeVar("T")

#: Seconds between two lines on how far a loop is.
PATIENCE = 10.0


@contextmanager
def job(snakemake: Any) -> Iterator[logging.Logger]:
    """Send output and warnings to the rule's log file, and bad input to the user as one message.

    Progress goes to the log and the terminal. An `InputError` ends the job with its message and exit status 1;
    any other error is shown in one line with what to do about it and the log's name, and in full in the log.
    """
    terminal = sys.stderr
    with open(snakemake.log[0], "w", buffering=1, encoding="utf-8") as log:
        sys.stdout = sys.stderr = log
        logger = logging.getLogger("geohalo")
        logger.setLevel(logging.INFO)
        # What compares surveys belongs to no one's config.
        survey = snakemake.config.get("survey") or snakemake.wildcards.get("target", "all surveys")
        stage = f"{survey}, {snakemake.rule}"
        for stream in (log, terminal):
            handler = logging.StreamHandler(stream)
            handler.setFormatter(logging.Formatter(f"[{stage}] %(message)s"))
            logger.addHandler(handler)
        start = time.time()
        try:
            yield logger
            # Time of the work itself, without start and imports; `make bench` reads it.
            log.write(json.dumps({"rule": snakemake.rule, "start": start, "end": time.time()}) + "\n")
        except Exception as error:
            log.write(traceback.format_exc())
            told = (
                error
                if isinstance(error, InputError)
                else f"{type(error).__name__}: {error}\n{advice(error)}"
            )
            terminal.write(f"\nGeoHalo stopped (survey {stage}):\n{told}\n(log: {snakemake.log[0]})\n\n")
            sys.exit(1)


def advice(error: Exception) -> str:
    """Return what a user can do about an error that is no message of its own."""
    if isinstance(error, MemoryError):
        return (
            "There was not enough memory. Close other programs, raise grid.cell, or let the grid be worked on in parts "
            "(grid.tiles); on a cluster, --retries 2 asks for twice the memory with each attempt."
        )
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
        return "The disk is full. Free some of it and start the run again: it goes on where it stopped."
    if isinstance(error, PermissionError):
        return "Give yourself the right to read or write that file, or run in a folder of your own."
    return (
        "This is no fault that GeoHalo knows. Start the run again: it goes on where it stopped. If it stops here "
        "again, report it with the log and your config."
    )


def steps(items: Sequence[T], what: str) -> Iterator[T]:
    """Yield the items of a loop and tell the user how far it is, at most every `PATIENCE` seconds.

    ``what`` names the items, as in ``block of rows``.
    """
    start = last = time.monotonic()
    for done, item in enumerate(items):
        now = time.monotonic()
        if done and now - last >= PATIENCE:
            left = (now - start) / done * (len(items) - done)
            logging.getLogger("geohalo").info(f"{what} {done} of {len(items)}, about {left:.0f} s left")
            last = now
        yield item


@contextmanager
def whole(path: str) -> Iterator[Path]:
    """Yield a path beside ``path`` to write to; rename it when the block has ended well, else remove it."""
    beside = Path(path).with_name(f".writing-{Path(path).name}")
    try:
        yield beside
    except BaseException:
        beside.unlink(missing_ok=True)
        raise
    beside.rename(path)
