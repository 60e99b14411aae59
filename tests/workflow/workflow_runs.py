"""Runs of the real Snakefile, each in a folder of its own."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SMALL = ROOT / "config" / "test" / "small.yaml"


def snakemake(
    folder: Path, *arguments: str, configs: tuple[Path, ...] = (SMALL,)
) -> subprocess.CompletedProcess:
    """Run the workflow in ``folder``; output and messages come together in stdout."""
    command = [sys.executable, "-m", "snakemake", "--snakefile", ROOT / "Snakefile", "--directory", folder]
    command += ["--cores", "2", "--nolock", "--configfile", *configs, *arguments]
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
