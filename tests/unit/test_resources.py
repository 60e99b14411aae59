"""What jobs ask for: formulas of memory and time, groups, and the profiles of a workstation and a cluster."""

import csv
import io
import os
import re
import shutil
import sys
from pathlib import Path
from types import SimpleNamespace

import psutil
import pytest
import yaml
from geohalo.workflow.resources import input_megabytes, megabytes, minutes, superpixel_pairs
from hypothesis import given
from hypothesis import strategies as st
from inventory import check_each
from rule_requests import request
from snakemake.profiles import ProfileConfigFileParser
from workflow_runs import SETTINGS

ROOT = Path(__file__).resolve().parents[2]
RULES = {file.stem: file.read_text() for file in sorted((ROOT / "rules").glob("*.smk"))}


@pytest.fixture
def two_megabytes(tmp_path) -> list[str]:
    (tmp_path / "table.csv").write_bytes(bytes(500_000))
    (tmp_path / "folder" / "deeper").mkdir(parents=True)
    (tmp_path / "folder" / "cube.nc").write_bytes(bytes(1_000_000))
    (tmp_path / "folder" / "deeper" / "graph.npz").write_bytes(bytes(500_000))
    return [str(tmp_path / name) for name in ("table.csv", "folder", "not-there-yet.nc")]


def test_inputs_count_with_all_that_is_in_folders(two_megabytes):
    assert input_megabytes(two_megabytes) == 2.0
    assert input_megabytes(two_megabytes[2:]) == 0.0
    assert input_megabytes([]) == 0.0


def test_memory_and_time_follow_the_inputs_and_double_with_each_attempt(two_megabytes):
    memory, time = megabytes(600, 33), minutes(5, 0.2)
    # 600 + 2 x 33 = 666, up to 700; 5 + 2 x 0.2 = 5.4, up to 6.
    assert [memory(None, attempt, two_megabytes) for attempt in (1, 2, 3)] == [700, 1400, 2800]
    assert [time(None, attempt, two_megabytes) for attempt in (1, 2, 3)] == [6, 12, 24]
    assert memory(None, 1, []) == 600
    assert memory(None, 1) == 600
    assert time(None, 1, []) == 5


def test_other_files_can_tell_the_size(two_megabytes, tmp_path):
    assert megabytes(600, 100, of=two_megabytes)(None, 1, [str(tmp_path / "table.csv")]) == 800
    assert minutes(5, 1, of=two_megabytes)(None, 1, []) == 7


def test_pairs_of_superpixels_add_to_both(two_megabytes):
    counted = SimpleNamespace(n_segments="5000")
    assert megabytes(600, extra=superpixel_pairs(8e-6))(counted, 1, two_megabytes) == 600 + 200
    assert minutes(5, extra=superpixel_pairs(2e-7))(counted, 1, two_megabytes) == 10
    # 2 MB hold at most 2e6 / (3.2 bytes x 20 elements) = 31,250 cells: at most 3,125 superpixels of 10 cells.
    share = SimpleNamespace(n_segments="1in10")
    assert megabytes(0, extra=superpixel_pairs(1e-4))(share, 1, two_megabytes) == 1000


@given(
    base=st.floats(100, 1e4),
    slope=st.floats(0, 500),
    sizes=st.lists(st.integers(0, 10**5), min_size=2, max_size=2),
    attempt=st.integers(1, 4),
)
def test_more_input_or_another_attempt_never_asks_for_less(tmp_path_factory, base, slope, sizes, attempt):
    folder = tmp_path_factory.mktemp("sizes")
    asked = []
    for number, size in enumerate(sorted(sizes)):
        (folder / str(number)).write_bytes(bytes(size))
        asked.append(megabytes(base, slope)(None, attempt, [folder / str(number)]))
        needed = base + slope * size / 1e6
        assert needed <= megabytes(base, slope)(None, 1, [folder / str(number)]) < needed + 100 + 1e-6
    assert asked[0] <= asked[1] < megabytes(base, slope)(None, attempt + 1, [folder / "1"])


def test_every_rule_with_a_script_asks_by_a_formula():
    for name, text in RULES.items():
        for rule in re.split(r"^ *(?=rule \w+:)", text, flags=re.MULTILINE)[1:]:
            if "script:" not in rule:
                continue
            title = f"{name}.smk, {rule.split(':')[0]}"
            assert re.search(r"^ +mem_mb=(megabytes\(|training_memory,)", rule, re.MULTILINE), title
            assert re.search(r"^ +runtime=minutes\(", rule, re.MULTILINE), title


def measured() -> list[dict[str, str]]:
    """Return what jobs took: size of their inputs, peak memory and, if known, time; the largest on a survey."""
    with (Path(__file__).parent / "measured_jobs.csv").open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_a_rule_asks_for_what_its_jobs_took_with_a_margin(tmp_path):
    # The one that some formulas name as the size of the survey.
    given = tmp_path / "cube.nc"
    given.touch()

    def check(row):
        os.truncate(given, round(float(row["input_mb"]) * 1e6))
        # The measured national surveys have a sample in 4 cells, 4 tiles, and 2 GB for features.
        simulate = SETTINGS["simulate"] | {"samples": max(4000, int(row["cells"]) // 4)}
        settings = SETTINGS | {"simulate": simulate, "grid": SETTINGS["grid"] | {"tiles": 4}}
        if int(row["cells"]) >= 100_000:
            settings |= {"network": SETTINGS["network"] | {"memory": 2}}
        memory, runtime = request(row["rule"], [given], results=tmp_path, settings=settings, n_segments="900")
        assert 1.5 < memory / float(row["peak_mb"]) < 6
        assert runtime * 60 > 2 * float(row["seconds"] or 0)

    check_each(check, measured(), lambda row: f"{row['rule']}-{row['cells']}")


def test_measured_are_all_rules_of_a_default_run_and_of_tiles():
    unmeasured = rules_with(r"^ +mem_mb=megabytes\(.*, [0-9.]+") - {row["rule"] for row in measured()}
    # Other surveys, other targets.
    assert unmeasured == {
        "alternative_cube",
        "alternative_elements",
        "alternative_scores",
        "average_realisations",
        "check_survey",
        "judge_map",
        "level_samples",
        "make_class_folds",
        "map_classes",
        "measure_attention",
        "measure_claims",
        "measure_consensus",
        "measure_realisations",
        "plot_ablation",
        "plot_classes",
        "plot_consensus",
        "plot_judged",
        "plot_levelling",
        "plot_quality",
        "plot_sweep",
        "plot_transfer",
        "prepare_covariates",
        "read_effort",
        "read_grids",
        "read_judged",
        "read_labels",
        "realise_elements",
        "realise_sources",
        "transfer_cubes",
        "transfer_metrics",
    }


def rules_with(pattern: str) -> set[str]:
    """Return the rules in whose text a pattern stands."""
    blocks = [
        block
        for text in RULES.values()
        for block in re.split(r"^ *(?=rule \w+:)", text, flags=re.MULTILINE)[1:]
    ]
    return {re.match(r"rule (\w+):", block)[1] for block in blocks if re.search(pattern, block, re.MULTILINE)}


def test_rules_that_train_and_no_others_take_a_gpu():
    assert rules_with(r"^ +\*\*TRAINING,") == {"train", "alternative_scores", "transfer_scores"}
    assert rules_with(r"^ +(gpu|gres)=") == set()


def profile(name: str) -> dict:
    """Return a profile as Snakemake reads it: options of the command line."""
    file = io.StringIO((ROOT / "profiles" / name / "config.yaml").read_text())
    file.name = str(ROOT / "profiles" / name / "config.yaml")
    return ProfileConfigFileParser().parse(file)


@pytest.mark.parametrize("gpu", [True, False])
def test_a_workstation_limits_memory_and_where_there_is_a_gpu_training(monkeypatch, gpu):
    monkeypatch.setattr(sys, "argv", ["snakemake", "--cores", "2"])
    monkeypatch.setattr(shutil, "which", lambda name: f"/usr/bin/{name}" if gpu else None)
    limits = [f"mem_mb={psutil.virtual_memory().total // 10**6}"]
    assert profile("default")["resources"] == limits + (["training=1"] if gpu else [])


@pytest.mark.parametrize("option", ["--profile", "--profile=profiles/slurm", "--executor", "-e"])
def test_limits_of_a_workstation_do_not_reach_a_cluster(monkeypatch, option):
    monkeypatch.setattr(sys, "argv", ["snakemake", option, "slurm"])
    assert "resources" not in profile("default")


def test_the_cluster_s_profile_bundles_every_group_that_can_be_bundled():
    settings = yaml.safe_load((ROOT / "profiles" / "slurm" / "config.yaml").read_text())
    named = set(re.findall(r"^ +group:\n +\"(\w+)\"", "\n".join(RULES.values()), re.MULTILINE))
    assert set(settings["group-components"]) <= named
    # One component of each in a survey: nothing to bundle.
    assert named - set(settings["group-components"]) == {
        "tables",
        "explanation",
        "consensus",
        "judge",
        "claims",
        "transfer",
        "surveys",
    }
    # A site has its own way to ask after jobs, and its own names.
    assert not [key for key in settings if key.startswith("slurm-")]
    assert set(settings["default-resources"]) == {"mem_mb", "runtime"}
    assert settings["cores"] == 2 * settings["max-threads"]
