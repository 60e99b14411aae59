"""Download a file of a survey and check it against its checksum."""

import logging
from pathlib import Path

import pooch

from geohalo.addresses import masked
from geohalo.atomic_files import NO_ROOM
from geohalo.errors import InputError


def fetch_survey(url: str, sha256: str, path: str) -> str:
    """Download ``url`` to ``path``, kept only when its checksum is right; returns a line for the log."""
    target, address = Path(path), masked(url)
    pooch.get_logger().setLevel(logging.WARNING)
    try:
        pooch.retrieve(url, f"sha256:{sha256}", fname=target.name, path=target.parent)
    except OSError as error:
        if error.errno in NO_ROOM:
            raise OSError(error.errno, error.strerror, str(target)) from error
        answer = getattr(error, "response", None)
        reason = type(error).__name__ if answer is None else f"HTTP status {answer.status_code}"
        raise InputError(
            f"{address}: cannot be downloaded ({reason}). Download it by other means and put it at {target}."
        ) from error
    except ValueError as error:
        raise InputError(
            f"{address}: the file's SHA-256 is not the one in data.sources, {sha256}; it was not kept. "
            "Check the address, and whether the file was published anew."
        ) from error
    return f"{target.stat().st_size} bytes from {address}, checksum as in data.sources"
