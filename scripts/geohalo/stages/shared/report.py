"""Read what the report of a survey shows; what a config does not make is left out."""

import fnmatch
import hashlib
import json
import platform
from collections.abc import Iterable
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq

from geohalo.files.tables import read_csv
from geohalo.survey.table_files import table_files

#: Programs whose versions the report names, where they are installed.
PROGRAMS = (
    *(
        "numpy",
        "scipy",
        "pandas",
        "xarray",
        "geopandas",
        "rasterio",
        "pyproj",
        "scikit-image",
        "scikit-learn",
    ),
    *("gstools", "matplotlib", "torch", "torch-geometric", "snakemake"),
)


class Results:
    """Files of a survey, by their path below its folder.

    Parameters
    ----------
    files : iterable of str
        Files below the folder, and others, which have no name here.
    folder : str
    threads : int
        Pictures that are packed side by side.
    """

    def __init__(self, files: Iterable[str], folder: str, threads: int = 1) -> None:
        self.survey, self.threads = Path(folder).name, threads
        inside = (Path(file) for file in files)
        self.paths = {
            file.relative_to(folder).as_posix(): str(file)
            for file in inside
            if file.is_relative_to(folder) and file.is_file()
        }

    def __contains__(self, name: str) -> bool:
        return name in self.paths

    def __getitem__(self, name: str) -> str:
        """Return the path of a file."""
        return self.paths[name]

    def matching(self, pattern: str) -> list[str]:
        """Return the names that match a pattern like ``maps/*.tif``."""
        return fnmatch.filter(self.paths, pattern)

    def table(self, name: str) -> pd.DataFrame | None:
        """Read a CSV file; nothing where there is none, or no row in it."""
        if name not in self:
            return None
        frame = self.needed(name)
        return None if frame.empty else frame

    def needed(self, name: str) -> pd.DataFrame:
        """Read a CSV file that every config makes.

        Only an empty field is missing, not a deposit that is called None.
        """
        return read_csv(self[name], keep_default_na=False, na_values=[""])

    def made(self, name: str) -> datetime:
        """Return when a file was written."""
        return datetime.fromtimestamp(Path(self[name]).stat().st_mtime, UTC)

    def rows(self, name: str) -> int:
        """Return the number of rows of a Parquet file; 0 where there is none."""
        return pq.read_metadata(self[name]).num_rows if name in self else 0

    def text(self, name: str) -> str:
        """Read a text; empty where there is none."""
        return Path(self[name]).read_text(encoding="utf-8") if name in self else ""


def sources(files: Iterable[str]) -> list[tuple[str, int, str]]:
    """Return name, bytes and SHA-256 of files that went in; of an absolute path the end.

    Those of a folder are of all files in it, one after the other by name.
    """
    rows = []
    for path in dict.fromkeys(files):
        name = path if not Path(path).is_absolute() else "/".join(Path(path).parts[-2:])
        digest, size = hashlib.sha256(), 0
        for part in table_files(path) if Path(path).is_dir() else [path]:
            with open(part, "rb") as file:
                while block := file.read(1 << 20):
                    digest.update(block)
            size += Path(part).stat().st_size
        rows.append((name, size, digest.hexdigest()))
    return rows


def versions() -> dict[str, str]:
    """Return the versions of Python and of the `PROGRAMS` that are installed where this runs."""
    found = {"Python": platform.python_version()}
    for name in PROGRAMS:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return found


def run_times(logs: str) -> pd.DataFrame:
    """Return rule, seconds, cpu_seconds and megabytes (peak memory) of every finished job whose log is in a folder."""
    rows = []
    for file in sorted(Path(logs).glob("*.log")):
        lines = file.read_text(encoding="utf-8").splitlines()
        job = json.loads(lines[-1]) if lines and lines[-1].startswith('{"rule"') else None
        if job:
            processor, peak = (job.get(key, np.nan) for key in ("processor", "peak"))
            rows.append((job["rule"], job["end"] - job["start"], processor, peak / 1e6))
    return pd.DataFrame(rows, columns=["rule", "seconds", "cpu_seconds", "megabytes"])
