"""What every rule's script does around its work: log, tell the user, write whole files."""

import json
import logging
import sys
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from geohalo.errors import InputError


@contextmanager
def job(snakemake: Any) -> Iterator[logging.Logger]:
    """Send output and warnings to the rule's log file, and bad input to the user as one message.

    Progress goes to the log and the terminal. An `InputError` ends the job with its message and exit status 1;
    any other error is shown in one line with the log's name, and in full in the log.
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
            told = error if isinstance(error, InputError) else f"{type(error).__name__}: {error}"
            terminal.write(f"\nGeoHalo stopped (survey {stage}):\n{told}\n(log: {snakemake.log[0]})\n\n")
            sys.exit(1)


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
