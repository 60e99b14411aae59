"""How many jobs a run hands to Slurm: small ones share. Dry runs, which need no Slurm."""

import re
from pathlib import Path

import pytest
from workflow_runs import CLAIMS, ROOT, SMALL, SNAKEFILE, snakemake, write_config

pytestmark = pytest.mark.workflow

PROFILE = ("--profile", str(ROOT / "profiles" / "slurm"))
DEMO = ROOT / "config" / "config.yaml"
#: Rows of the table in docs/cluster.md: target and configs.
ROWS = {"the demo": ("all", [DEMO])}
ROWS |= {f"its `{target}`": (target, [DEMO]) for target in ("ablation", "sweep", "consensus", "claims")}
FULL = "config/claims-full.yaml"
ROWS |= {f"its `claims` at full size (`{FULL}`)": ("claims", [DEMO, ROOT / FULL])}


@pytest.fixture
def submitted(tmp_path):
    """Return a function that counts what a run would submit: (jobs of the rules, jobs of Slurm)."""

    def count(*arguments: str, configs: tuple[Path, ...] = (SMALL,)) -> tuple[int, int]:
        snakefile = CLAIMS if "claims" in arguments else SNAKEFILE
        run = snakemake(tmp_path, "--dry-run", *PROFILE, *arguments, configs=configs, snakefile=snakefile)
        assert run.returncode == 0, run.stdout
        groups = re.findall(r"^\[.*\] Group job ", run.stdout, re.MULTILINE)
        # The jobs of a group are indented.
        single = re.findall(r"^Job \d+: ", run.stdout, re.MULTILINE)
        in_groups = re.findall(r"^ +Job \d+: ", run.stdout, re.MULTILINE)
        return len(single) + len(in_groups), len(single) + len(groups)

    return count


def documented(row: str) -> tuple[int, int]:
    """Return the counts of a row of the table."""
    text = (ROOT / "docs" / "cluster.md").read_text(encoding="utf-8")
    (found,) = re.findall(rf"^\| {re.escape(row)} \| (\d+) \| (\d+) \|$", text, re.MULTILINE)
    return int(found[0]), int(found[1])


@pytest.mark.parametrize("row", ROWS)
def test_jobs_are_as_many_as_documented(submitted, row):
    target, configs = ROWS[row]
    assert submitted(target, configs=tuple(configs)) == documented(row)


def test_a_sweep_of_200_runs_submits_no_small_jobs(submitted, tmp_path):
    counts = [[n] for n in range(100, 300)]
    config = write_config(tmp_path / "sweep.yaml", {"experiments": {"n_segments": counts}})
    rules, jobs = submitted("sweep", configs=(SMALL, config))
    assert (rules, jobs) == documented("a sweep over 200 superpixel settings")
    # 200 settings and that of the config with its two counts: superpixels, graph and training of each.
    assert rules == 202 + 202 + 201 + 9
    # Each training on its own, 202 counts by 25, and 6 jobs before and after.
    assert jobs == 201 + 9 + 6
    together = ("--groups", "train=training", "--group-components", "training=10", "scales=25")
    rules, jobs = submitted("sweep", *together, configs=(SMALL, config))
    assert (rules, jobs) == documented("the same, ten trainings to a job")
    assert jobs == 21 + 9 + 6
