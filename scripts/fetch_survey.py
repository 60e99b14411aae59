"""Download a file of a survey and check it against its checksum."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pooch
from _job import job
from geohalo.errors import InputError

if TYPE_CHECKING:
    snakemake: Any


def fetch(url: str, sha256: str, path: str) -> None:
    """Download ``url`` to ``path``; nothing is left behind when the checksum differs."""
    target = Path(path)
    try:
        pooch.retrieve(url, f"sha256:{sha256}", fname=target.name, path=target.parent)
    except ValueError as error:
        raise InputError(
            f"{url}: the file's SHA-256 is not {sha256} as data.sources says; it was not kept. Check the address, or "
            f"whether the file was published anew.\n({error})"
        ) from error
    except (OSError, ConnectionError) as error:
        raise InputError(
            f"{url}: cannot be downloaded ({type(error).__name__}). Download it by other means and put it at {target}."
        ) from error


if __name__ == "__main__":
    with job(snakemake):
        fetch(snakemake.params.url, snakemake.params.sha256, snakemake.output.file)
