"""A changed setting re-runs what depends on it, and nothing else."""

import shutil

import pytest
import yaml
from workflow_runs import ROOT, SETTINGS, SMALL, planned

pytestmark = pytest.mark.workflow

SEGMENTATION = {"segment_superpixels", "build_graph"}
BEFORE = {
    "simulate_survey",
    "clean_samples",
    "clean_deposits",
    "fit_interpolation",
    "interpolate_elements",
    "stack_cube",
}
CONTROLS = SETTINGS["evaluation"]["controls"]
# Targets are cut by what held-out deposits say of the map's own variant, whatever it is compared with.
FOLLOWING = {"evaluate", "plot_anomalies", "report"}
OF_TARGETS = {"evaluate_map", "rank_targets", "explain_targets", "plot_targets"}
# Elements are shown in the order in which they carry the map.
AFTER = FOLLOWING | OF_TARGETS | {"map_anomalies", "explain_map", "show_pathfinders", "plot_survey"}


@pytest.fixture
def changed(demo, tmp_path):
    """Return a function that tells the jobs of a run with changed settings."""

    def jobs(settings: dict) -> dict[str, int]:
        overlay = tmp_path / "changed.yaml"
        overlay.write_text(yaml.safe_dump(settings))
        return planned(demo, configs=(SMALL, overlay))

    return jobs


def test_nothing_is_left_to_do(demo):
    assert planned(demo) == {}


def test_another_superpixel_count_segments_that_scale_alone(changed):
    jobs = changed({"superpixels": {"n_segments": [30, 60]}})
    assert jobs["segment_superpixels"] == 1
    assert jobs["build_graph"] == 1
    # With true labels, and with permuted ones; a control contrasts superpixels.
    assert jobs["train"] == 2
    assert jobs["score_controls"] == 1
    assert not (BEFORE | {"make_folds"}) & set(jobs)


@pytest.mark.parametrize(
    ("variants", "trained"),
    [
        (["fusion", "spectrum"], 1),
        # Permuted labels are learned by the first variant.
        (["spectrum"], 2),
    ],
)
def test_another_variant_trains_it_alone(variants, trained, changed):
    jobs = changed({"network": {"variants": variants}})
    assert jobs["train"] == trained
    assert set(jobs) <= {"train"} | AFTER


@pytest.mark.parametrize(("left_out", "first"), [("shuffle", "evaluate"), ("autoencoder", "score_controls")])
def test_another_choice_of_controls_trains_nothing(left_out, first, changed):
    jobs = changed({"evaluation": {"controls": [name for name in CONTROLS if name != left_out]}})
    assert set(jobs) == {first} | FOLLOWING


def test_touched_deposits_interpolate_and_segment_nothing(demo, tmp_path):
    folder = tmp_path / "run"
    shutil.copytree(demo, folder, symlinks=True)
    table = folder / "results" / "small" / "simulated" / "deposits.csv"
    # Snakemake compares checksums of small files, so that only a change of content counts.
    table.write_text(table.read_text() + "Late,404000,3850000,\n")
    jobs = planned(folder)
    assert {"clean_deposits", "make_folds", "train", "score_controls"} <= set(jobs)
    assert not (SEGMENTATION | {"clean_samples", "interpolate_elements", "stack_cube"}) & set(jobs)


@pytest.mark.parametrize(
    ("setting", "first", "spared"),
    [
        ({"grid": {"cell": 1500}}, "interpolate_elements", {"clean_samples"}),
        ({"cube": {"transform": "log"}}, "stack_cube", {"interpolate_elements", "make_folds"}),
        ({"superpixels": {"compactness": 0.2}}, "segment_superpixels", {"stack_cube", "make_folds"}),
        ({"labels": {"radius": 2500}}, "make_folds", {"stack_cube"} | SEGMENTATION),
        ({"network": {"epochs": 9}}, "train", {"score_controls", "make_folds"} | SEGMENTATION),
        ({"evaluation": {"bootstrap": 300}}, "evaluate", {"train", "score_controls", "map_anomalies"}),
    ],
)
def test_a_setting_reruns_its_stage_and_what_follows(changed, setting, first, spared):
    jobs = changed(setting)
    assert first in jobs
    assert {"plot_anomalies", "report"} <= set(jobs)
    assert not spared & set(jobs)


def test_an_edited_library_module_reruns_the_rules_that_use_it(demo, tmp_path):
    """Snakemake does not follow imports: the content hash among the parameters does."""
    copy = tmp_path / "workflow"
    copy.mkdir()
    for name in ("Snakefile", "rules", "scripts", "config", "envs", "resources", "profiles"):
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(
                source,
                copy / name,
                copy_function=shutil.copy2,
                ignore=shutil.ignore_patterns("surveys", "__pycache__"),
            )
        else:
            shutil.copy2(source, copy / name)
    module = copy / "scripts" / "geohalo" / "cube" / "logratio.py"
    module.write_text(module.read_text() + "\n# edited\n")
    arguments = ("--snakefile", str(copy / "Snakefile"))
    jobs = planned(demo, *arguments, "--rerun-triggers", "params", "mtime", "input")
    assert "stack_cube" in jobs
    assert not {"simulate_survey", "clean_samples", "interpolate_elements", "make_folds"} & set(jobs)
