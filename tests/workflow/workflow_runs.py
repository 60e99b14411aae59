"""Runs of the real Snakefile, each in a folder of its own."""

import os
import subprocess
import sys
from pathlib import Path

import pandas as pd
import yaml
from geohalo.survey.simulate import simulate_survey

ROOT = Path(__file__).resolve().parents[2]
SMALL = ROOT / "config" / "test" / "small.yaml"


def snakemake(
    folder: Path, *arguments: str, configs: tuple[Path, ...] = (SMALL,)
) -> subprocess.CompletedProcess:
    """Run the workflow in ``folder``; output and messages come together in stdout."""
    command = [sys.executable, "-m", "snakemake", "--snakefile", ROOT / "Snakefile", "--directory", folder]
    command += ["--cores", "2", "--nolock", *arguments, "--configfile", *configs]
    environment = os.environ | {"PYTHONUNBUFFERED": "1"}
    return subprocess.run(
        list(map(str, command)),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env=environment,
        check=False,
    )


def planned(folder: Path, *arguments: str, configs: tuple[Path, ...] = (SMALL,)) -> dict[str, int]:
    """Return the jobs that a run would start: rule -> number."""
    result = snakemake(folder, "--dry-run", *arguments, configs=configs)
    assert result.returncode == 0, result.stdout
    if "Nothing to be done" in result.stdout:
        return {}
    table = result.stdout.split("Job stats:")[1].split("total")[0].splitlines()[3:]
    counts = dict(line.split() for line in table if line.strip())
    return {rule: int(number) for rule, number in counts.items() if rule != "all"}


def write_config(path: Path, settings: dict) -> Path:
    """Write a config as a user would (``--config`` on the command line would turn numbers into text)."""
    path.write_text(yaml.safe_dump(settings, sort_keys=False), encoding="utf-8")
    return path


def simulated_survey(samples: int = 700, deposits: int = 12) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the tables of a small survey, as text cells and places in EPSG:32648."""
    faults = {"anthropogenic": 1, "overburden": 1, "laboratory": 1}
    section = {"seed": 7, "samples": samples, "spacing": 2000, "deposits": deposits, "faults": faults}
    survey = simulate_survey(section)
    return survey.samples, survey.deposits


#: Sections of a config that reads the simulated survey from CSV files.
TABLES = {
    "samples": {
        "file": "samples.csv",
        "x": "x",
        "y": "y",
        "crs": "EPSG:32648",
        "elements": "^(?P<element>[A-Z][A-Za-z0-9]*)_(?P<unit>ppm|ppb|pct)$",
    },
    "deposits": {"file": "deposits.csv", "x": "x", "y": "y", "crs": "EPSG:32648", "name": "name"},
}
