"""Runs of the real Snakefile, each in a folder of its own."""

import os
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pandas as pd
import yaml
from geohalo.settings import check_settings
from geohalo.survey.simulate import simulate_survey
from loaded_snakemake import dry_run

ROOT = Path(__file__).resolve().parents[2]
SMALL = ROOT / "config" / "test" / "small.yaml"
SNAKEFILE, CLAIMS = ROOT / "Snakefile", ROOT / "rules" / "claims" / "Snakefile"
#: What the reduced demo goes by: the keys of its config, and the defaults of all others.
SETTINGS = check_settings(yaml.safe_load(SMALL.read_text(encoding="utf-8")))
#: The controls of the reduced demo, all that there are, and those among them that are scored by one rule.
CONTROLS = set(SETTINGS["evaluation"]["controls"])
SCORED = CONTROLS - {"shuffle"}
#: What every table of evidence measures for every method, in every split.
METRICS = {
    "capture",
    "success_area",
    "found_5",
    "found_10",
    "pa_crossing",
    "contrast_t",
    "decoy_capture",
    "above_decoys",
}
METRICS |= {"leave_pair_out_auc", "opengad_auc", "roc_auc", "pr_auc"}
METRICS |= {"accuracy", "precision", "recall", "f1", "kappa", "brier"}
SPLITS = {"held_out", "inner", "random"}
#: Cores of a run: one each where several processes test at once (pytest-xdist says how many there are).
CORES = 1 if int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1")) > 1 else 2


def snakemake(
    folder: Path,
    *arguments: str,
    configs: tuple[Path, ...] = (SMALL,),
    cores: int = CORES,
    snakefile: Path = SNAKEFILE,
) -> subprocess.CompletedProcess:
    """Run the workflow in ``folder``; output and messages come together in stdout."""
    command = [sys.executable, "-m", "snakemake", "--snakefile", snakefile, "--directory", folder]
    command += ["--cores", cores, "--nolock", *arguments, "--configfile", *configs]
    environment = os.environ | {"PYTHONUNBUFFERED": "1"}
    if "--dry-run" in arguments:
        return dry_run(list(map(str, command[3:])), environment)
    return subprocess.run(
        list(map(str, command)),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env=environment,
        check=False,
    )


def planned(
    folder: Path, *arguments: str, configs: tuple[Path, ...] = (SMALL,), snakefile: Path = SNAKEFILE
) -> dict[str, int]:
    """Return the jobs that a run would start: rule -> number."""
    result = snakemake(folder, "--dry-run", *arguments, configs=configs, snakefile=snakefile)
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


def read_evidence(path: Path) -> pd.DataFrame:
    """Read a table of evidence; a control has no scales, which is no missing value."""
    missing = dict.fromkeys(["estimate", "low", "high", "difference", "p", "p_holm", "detectable"], "")
    return pd.read_csv(path, keep_default_na=False, na_values=missing)


def evidence_rows(methods: Iterable[str]) -> set[tuple[str, str, str]]:
    """Return (variant, split, metric) of every row of metrics; permuted labels are learned held out alone."""
    splits = {"shuffle": {"held_out"}}
    return {
        (name, split, metric) for name in methods for split in splits.get(name, SPLITS) for metric in METRICS
    }


def assert_evidence_rows(metrics: pd.DataFrame, methods: Iterable[str]) -> None:
    """Each method has one row for each split that it was measured in and each metric, and there are no others."""
    found = list(zip(metrics["variant"], metrics["split"], metrics["metric"], strict=True))
    expected = evidence_rows(methods)
    assert set(found) == expected
    assert len(found) == len(expected)


def assert_comparisons_follow(
    comparisons: pd.DataFrame, metrics: pd.DataFrame, groups: int, with_decoys: int | None = None
) -> None:
    """The first variant stands against every other method, by the differences of the two rows of metrics.

    Permuted labels stand against chance alone, elsewhere. So many groups are held out, and so many of them
    (all, if not given) leave room for decoys.
    """
    first = metrics["variant"].iloc[0]
    assert set(comparisons["variant"]) == {first}
    estimates = metrics.set_index(["variant", "split", "metric"])["estimate"]
    keys = list(comparisons[["against", "split", "metric"]].itertuples(index=False, name=None))
    others = [row for row in estimates.index if row[0] not in (first, "shuffle")]
    # The random split is no evidence of anything.
    compared = [row for row in others if row[1] != "random" and row[2] in ("capture", "above_decoys")]
    assert sorted(keys) == sorted(compared)
    expected = [estimates[first, *key[1:]] - estimates[key] for key in keys]
    np.testing.assert_allclose(comparisons["difference"], expected, atol=1e-9)
    assert (comparisons["low"] <= comparisons["difference"]).all()
    assert (comparisons["difference"] <= comparisons["high"]).all()
    assert (comparisons["p_holm"] >= comparisons["p"]).all()
    held_out = comparisons[comparisons["split"] == "held_out"]
    for metric, number in (("capture", groups), ("above_decoys", with_decoys or groups)):
        rows = held_out[held_out["metric"] == metric]
        assert set(rows["groups"]) == {number}
        # Flips of the signs of all groups; a flip and its opposite give the same sum.
        assert rows["p"].between(2 / 2**number, 1).all()
        assert (rows["detectable"] > 0).any() == (number >= 6)


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
