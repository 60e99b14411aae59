"""What Snakemake asks for a job: memory and time that grow with its inputs and double with each attempt."""

import math
import os
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

#: A resource as a rule states it; Snakemake fills the arguments in by their names.
Asked = Callable[[Any, int, Iterable[str]], int]
#: What a resource takes beside its share of the inputs, from wildcards and the inputs' MB.
Extra = Callable[[Any, float], float]
#: Fewest elements of a survey, which has the most cells for its MB.
FEW_ELEMENTS = 20
#: Bytes on disk of a value of a cube: 4, of which compression of real surveys left 0.82 to 1.02.
BYTES_ON_DISK = 0.8 * 4


def input_megabytes(files: Iterable[str]) -> float:
    """Return the size of files on disk in MB, of a folder that of all files in it.

    What does not exist yet counts nothing: Snakemake asks again when a job can start.
    """
    total = 0
    for file in map(Path, files):
        parts = file.rglob("*") if file.is_dir() else [file]
        total += sum(os.path.getsize(part) for part in parts if part.is_file())
    return total / 1e6


def megabytes(
    base: float, per_megabyte: float = 0.0, extra: Extra | None = None, of: Iterable[str] = ()
) -> Asked:
    """Memory of a job in MB: ``base + per_megabyte x inputs + extra``, rounded up to 100, doubled with each retry.

    Parameters
    ----------
    base : float
        Memory of the smallest survey: Python, libraries, fixed tables.
    per_megabyte : float
        Memory for each MB of all input files. Those of gridded elements hold compressed float32, 0.8 to 1 MB for
        each MB of values.
    extra : callable, optional
        Memory that follows something else, such as `superpixel_pairs`.
    of : iterable of str, optional
        Files that tell the size of the survey where a job's own inputs do not.
    """
    return _asked(base, per_megabyte, extra, list(of), 100)


def minutes(
    base: float, per_megabyte: float = 0.0, extra: Extra | None = None, of: Iterable[str] = ()
) -> Asked:
    """Time of a job in minutes, in the same way as `megabytes`."""
    return _asked(base, per_megabyte, extra, list(of), 1)


def superpixel_pairs(per_pair: float) -> Extra:
    """Return what grows with the pairs of superpixels: scikit-image works out the distances between all seeds.

    How many an entry like ``1in400`` comes to is at most what a survey of `FEW_ELEMENTS` has.
    """

    def extra(wildcards: Any, inputs: float) -> float:
        asked = wildcards.n_segments
        share = float(asked.removeprefix("1in")) if asked.startswith("1in") else None
        number = inputs * 1e6 / (BYTES_ON_DISK * FEW_ELEMENTS) / share if share else float(asked)
        return per_pair * number**2

    return extra


def _asked(base: float, per_megabyte: float, extra: Extra | None, of: list[str], unit: int) -> Asked:
    def asked(wildcards: Any, attempt: int, input: Iterable[str] = ()) -> int:
        size = input_megabytes(of or input)
        needed = base + per_megabyte * size + (extra(wildcards, size) if extra else 0.0)
        return unit * math.ceil(needed / unit) * 2 ** (attempt - 1)

    return asked
