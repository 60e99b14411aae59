"""Results that were damaged, and runs that were killed: each stops with a message, and goes on when it is followed."""

import os
import shutil
import subprocess
import sys

import pytest
from workflow_runs import ROOT, SMALL, snakemake

pytestmark = pytest.mark.workflow

#: A damaged file, what to make that reads it, and the rule that makes it anew.
DAMAGED = [
    ("samples.parquet", "deposits.parquet", "clean_deposits"),
    ("superpixels/30.tif", "graph/30.npz", "build_graph"),
    ("folds/held_out.csv", "maps/applicability.tif", "measure_applicability"),
    ("runs/fusion/30-90/members.pt", "attribution/fusion.nc", "explain_map"),
    ("maps/score.tif", "thresholds.csv", "rank_targets"),
]


@pytest.mark.parametrize(("damaged", "made", "rule"), DAMAGED)
def test_a_damaged_intermediate_is_named_and_made_anew(demo, tmp_path, damaged, made, rule):
    folder = tmp_path / "run"
    shutil.copytree(demo, folder, symlinks=True)
    path = folder / "results" / "small" / damaged
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    (folder / "results" / "small" / made).unlink()
    target = f"results/small/{made}"
    stopped = snakemake(folder, target, "--rerun-triggers", "mtime", "--allowed-rules", rule)
    assert stopped.returncode == 1
    assert f"GeoHalo stopped (survey small, {rule}):" in stopped.stdout
    assert f"results/small/{damaged}: not as GeoHalo wrote it" in stopped.stdout
    assert not (folder / target).exists()


def test_following_the_message_makes_it_anew(demo, tmp_path):
    folder = tmp_path / "run"
    shutil.copytree(demo, folder, symlinks=True)
    survey = folder / "results" / "small"
    before = (survey / "superpixels" / "30.tif").read_bytes()
    (survey / "superpixels" / "30.tif").unlink()
    (survey / "graph" / "30.npz").unlink()
    done = snakemake(folder, "results/small/graph/30.npz", "--rerun-triggers", "mtime")
    assert done.returncode == 0, done.stdout
    assert (survey / "superpixels" / "30.tif").read_bytes() == before
    assert (survey / "graph" / "30.npz").read_bytes() == (demo / "results/small/graph/30.npz").read_bytes()


def test_the_lock_of_a_killed_run_is_told_with_what_to_type(tmp_path):
    locks = tmp_path / ".snakemake" / "locks"
    locks.mkdir(parents=True)
    target = "results/small/simulated/samples.csv"
    (locks / "0.output.lock").write_text(f"{target}\n")
    words = [sys.executable, "-m", "snakemake", "--snakefile", ROOT / "Snakefile", "--directory", tmp_path]
    words += ["--cores", "1", "--configfile", SMALL]

    def run(*further: str) -> subprocess.CompletedProcess:
        command = [*map(str, words), *further]
        told = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True}
        return subprocess.run(command, **told, env=os.environ | {"PYTHONUNBUFFERED": "1"}, check=False)

    stopped = run("--", target)
    assert stopped.returncode == 1
    assert stopped.stdout.count("An earlier run in this folder was killed and has left its lock") == 1
    assert f"--unlock --snakefile {ROOT / 'Snakefile'}" in stopped.stdout
    unlocked = run("--unlock")
    assert unlocked.returncode == 0, unlocked.stdout
    assert "was killed" not in unlocked.stdout
    done = run("--", target)
    assert done.returncode == 0, done.stdout
    assert "was killed" not in done.stdout
