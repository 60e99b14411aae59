"""What every rule's script does around its work: log, tell the user, write whole files."""

import errno
import gc
import json
import logging
import os
import resource
import sys
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from geohalo.addresses import masked
from geohalo.errors import InputError
from geohalo.files.digests import check_digests, check_sources, file_of_source, forget_digests, keep_digests
from geohalo.workflow.orphans import end_with_run


@contextmanager
def job(snakemake: Any) -> Iterator[logging.Logger]:
    """Send output and warnings to the rule's log file, and bad input to the user as one message.

    Progress goes to the log and the terminal. An `InputError` ends the job with its message and exit status 1;
    any other error is shown in one line with what to do about it and the log's name, and in full in the log.

    What the job reads is checked against the checksums kept when it was written, and those given in ``data.sources``;
    those of its own outputs are kept.
    """
    end_with_run()
    if not gc.isenabled():  # imports are done: what they have made stays, and need not be looked through
        gc.freeze()
        gc.enable()
    terminal = sys.stderr
    # What compares surveys belongs to no one's config.
    survey = snakemake.config.get("survey") or snakemake.wildcards.get("target", "all surveys")
    stage = f"{survey}, {snakemake.rule}"
    try:
        log = open(snakemake.log[0], "w", buffering=1, encoding="utf-8")  # noqa: SIM115 (closed below)
    except OSError as error:
        terminal.write(_error_text(error, stage, snakemake.log[0]))
        sys.exit(1)
    logger = logging.getLogger("geohalo")
    handlers: list[logging.Handler] = [logging.StreamHandler(log), logging.StreamHandler(terminal)]
    logger.setLevel(logging.INFO)
    for handler in handlers:
        handler.setFormatter(logging.Formatter(f"[{stage}] %(message)s"))
        logger.addHandler(handler)
    streams, sys.stdout, sys.stderr = (sys.stdout, sys.stderr), log, log
    try:
        # The config has the checksums of what is downloaded.
        outputs = [
            file for file in getattr(snakemake, "output", []) if not file_of_source(file, snakemake.config)
        ]
        _check(snakemake)
        forget_digests(outputs)
        start = time.time()
        yield logger
        log.write(json.dumps({"rule": snakemake.rule, "start": start} | taken()) + "\n")
        keep_digests(outputs)
    except Exception as error:
        terminal.write(_error_text(error, stage, snakemake.log[0]))
        with suppress(OSError):  # the disk may be full
            log.write(masked(traceback.format_exc()))
        sys.exit(1)
    finally:
        for handler in handlers:
            logger.removeHandler(handler)
        sys.stdout, sys.stderr = streams
        with suppress(OSError):
            log.close()


def taken() -> dict[str, float]:
    """Return when the work ended, and what the job took until then: processor time in seconds, peak memory in bytes.

    The report and `make bench` read it from the log. Snakemake's own record of a job of 16 to 45 seconds is that of its
    first 15 seconds, and so on in steps of 30.
    """
    times = os.times()
    processor = times.user + times.system + times.children_user + times.children_system
    return {"end": time.time(), "processor": processor, "peak": peak_memory()}


def peak_memory() -> int:
    """Return the largest resident memory of this process so far, in bytes."""
    try:  # what `getrusage` gives begins with the memory of the process that started this one
        status = Path("/proc/self/status").read_text(encoding="ascii")
        return 1024 * int(status.partition("VmHWM:")[2].split()[0])
    except (OSError, IndexError, ValueError):
        unit = 1 if sys.platform == "darwin" else 1024
        return unit * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def _check(snakemake: Any) -> None:
    """Check all that a job reads; the report also reads what other commands have made."""
    inputs = list(getattr(snakemake, "input", []))
    further = getattr(snakemake, "params", {})
    further = further.get("further", []) if hasattr(further, "get") else []
    check_digests([*inputs, *(further if isinstance(further, list) else [])])
    check_sources(inputs, snakemake.config.get("data", {}))


def _error_text(error: Exception, stage: str, log: str) -> str:
    """Return what the user is told of an error."""
    message = error if isinstance(error, InputError) else f"{type(error).__name__}: {error}\n{advice(error)}"
    return masked(f"\nGeoHalo stopped (survey {stage}):\n{message}\n(log: {log})\n\n")


def advice(error: Exception) -> str:
    """Return what a user can do about an error that is no message of its own."""
    if isinstance(error, MemoryError):
        return (
            "There was not enough memory. Close other programs, raise grid.cell, or let the grid be worked on in parts "
            "(grid.tiles); on a cluster, --retries 2 asks for twice the memory with each attempt."
        )
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
        return "The disk is full. Free some of it and start the run again: it goes on where it stopped."
    if isinstance(error, OSError) and error.errno == errno.EFBIG:
        return (
            "A file may not be larger than that here: by a limit of your account (ulimit -f) or of the file system. "
            "Raise it, or run in another folder (--directory)."
        )
    if isinstance(error, OSError) and error.errno == errno.EROFS:
        return "That disk or folder is read-only. Run in a folder of your own (--directory)."
    if isinstance(error, PermissionError):
        return "Give yourself the right to read or write that file, or run in a folder of your own."
    return (
        "This is no fault that GeoHalo knows. Start the run again: it goes on where it stopped. If it stops here "
        "again, report it with the log and your config."
    )
