"""GeoHalo as a module of another workflow: its rules plan and run from a Snakefile elsewhere."""

import re
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
import yaml
from workflow_runs import CORES, ROOT, SMALL, planned, write_config

pytestmark = pytest.mark.workflow

#: The other workflow: it has a config of its own, in which a section is GeoHalo's.
OUTSIDE = """
configfile: "own.yaml"


module geohalo:
    snakefile:
        "{root}/Snakefile"
    config:
        config["geohalo"]


use rule * from geohalo{prefix}


rule best:
    default_target: True
    input:
        "results/small/metrics.csv",
        "results/small/report.html",
    output:
        "best.csv",
    shell:
        "head -n 2 {{input[0]}} > {{output}}"
"""
LEAST = {"network": {"seeds": 1, "epochs": 1}, "evaluation": {"controls": ["logistic"], "bootstrap": 100}}


def run(folder: Path, *arguments: str) -> str:
    command = [sys.executable, "-m", "snakemake", "--directory", folder, "--snakefile", folder / "Snakefile"]
    command += ["--cores", CORES, *arguments]
    result = subprocess.run(list(map(str, command)), capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr + result.stdout
    return result.stderr + result.stdout


def outside(folder: Path, settings: dict, prefix: str = "") -> Path:
    folder.mkdir(exist_ok=True)
    (folder / "Snakefile").write_text(OUTSIDE.format(root=ROOT, prefix=prefix), encoding="utf-8")
    write_config(folder / "own.yaml", {"geohalo": settings, "theirs": 1})
    return folder


@pytest.fixture
def settings() -> dict:
    found = yaml.safe_load(SMALL.read_text(encoding="utf-8"))
    return {
        key: value | LEAST.get(key, {}) if isinstance(value, dict) else value for key, value in found.items()
    }


@pytest.mark.parametrize("prefix", ["", " as geohalo_*"])
def test_the_same_jobs_are_planned_from_outside(tmp_path, settings, prefix):
    text = run(outside(tmp_path / "outside", settings, prefix), "--dry-run")
    jobs = dict(re.findall(r"^(\w+) +(\d+)$", text.split("Job stats:")[1].split("total")[0], re.MULTILINE))
    named = prefix.removeprefix(" as ").removesuffix("*")
    found = {rule.removeprefix(named): int(number) for rule, number in jobs.items() if rule != "best"}
    config = write_config(tmp_path / "same.yaml", settings)
    targets = ("results/small/metrics.csv", "results/small/report.html")
    assert found == planned(tmp_path, *targets, configs=(config,))


def test_a_run_from_outside(tmp_path, settings):
    folder = outside(tmp_path / "outside", settings)
    run(folder)
    assert "GeoHalo" in (folder / "results/small/report.html").read_text(encoding="utf-8")
    best, metrics = pd.read_csv(folder / "best.csv"), pd.read_csv(folder / "results/small/metrics.csv")
    assert best.to_dict("records") == metrics.iloc[:1].to_dict("records")
    assert best.loc[0, "variant"] == "fusion"
    assert {path.name for path in folder.iterdir() if not path.name.startswith(".")} == {
        *("Snakefile", "own.yaml", "best.csv", "results", "logs", "benchmarks"),
    }
    assert "Nothing to be done" in run(folder)
