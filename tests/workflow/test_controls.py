"""Controls in the whole workflow: what is made, what is measured, and what a config without them leaves out."""

import re

import numpy as np
import pandas as pd
import pytest
import xarray as xr
import yaml
from geohalo.evidence.controls import CONTROLS, LABEL_FREE
from workflow_runs import SMALL, planned, snakemake, write_config

pytestmark = pytest.mark.workflow


def test_every_control_is_scored_in_every_scheme(demo):
    with xr.open_dataset(demo / "results" / "small" / "runs" / "controls" / "heldout.nc") as data:
        assert set(data["method"].to_numpy()) == set(CONTROLS)
        for name in CONTROLS:
            scores = [
                data[f"score_{scheme}"].sel({"method": name}) for scheme in ("held_out", "random", "final")
            ]
            maps = np.concatenate([score.to_numpy()[:, data["mask"].to_numpy() > 0] for score in scores])
            assert np.isfinite(maps).all()
            assert (maps == maps[0]).all() == (name in LABEL_FREE)


def test_the_commodity_of_simulated_deposits_is_that_of_their_type(demo):
    """Gold, by the seed of the reduced demo: the control is the map of its standardised values."""
    results = demo / "results" / "small"
    with xr.open_dataset(results / "cube.nc") as data:
        gold = data["cube"].sel(element="Au").to_numpy()
    with xr.open_dataset(results / "runs" / "controls" / "heldout.nc") as data:
        scores = data["score_final"].sel({"method": "commodity_index"}).to_numpy()[0]
    np.testing.assert_allclose(scores, gold, rtol=1e-6)
    assert set(pd.read_csv(results / "simulated" / "deposits.csv")["type"]) == {"gold"}


def test_shuffled_labels_are_a_run_of_the_held_out_scheme_alone(demo):
    run = demo / "results" / "small" / "runs" / "shuffle" / "30-90"
    with xr.open_dataset(run / "heldout.nc") as data:
        assert {name for name in data if str(name).startswith("score")} == {"score_held_out"}
        shuffled = data["score_held_out"].to_numpy()
    with xr.open_dataset(demo / "results" / "small" / "runs" / "fusion" / "30-90" / "heldout.nc") as data:
        assert shuffled.shape == data["score_held_out"].shape
        assert not np.array_equal(shuffled, data["score_held_out"].to_numpy(), equal_nan=True)
    assert set(pd.read_csv(run / "history.csv")["scheme"]) == {"held_out"}


def test_every_control_is_in_the_table(demo):
    metrics = pd.read_csv(demo / "results" / "small" / "metrics.csv")
    held_out = metrics[(metrics["split"] == "held_out") & (metrics["metric"] == "capture")]
    assert set(held_out["variant"]) == {"fusion", "shuffle", *CONTROLS}
    assert held_out["estimate"].between(0, 1).all()
    # Permuted labels are measured where they were trained.
    assert set(metrics.loc[metrics["variant"] == "shuffle", "split"]) == {"held_out"}


def test_controls_that_a_config_leaves_out_are_not_made(tmp_path):
    overlay = tmp_path / "few.yaml"
    overlay.write_text(yaml.safe_dump({"evaluation": {"controls": ["logistic"]}}))
    assert planned(tmp_path, configs=(SMALL, overlay))["train"] == 1
    assert planned(tmp_path)["train"] == 2


def test_the_random_split_can_be_left_out(tmp_path):
    overlay = tmp_path / "without.yaml"
    overlay.write_text(yaml.safe_dump({"evaluation": {"random": False}}))
    result = snakemake(tmp_path, "--dry-run", "--quiet", "host", configs=(SMALL, overlay))
    assert result.returncode == 0, result.stdout
    assert "folds/inner.csv" in result.stdout
    assert "folds/random.csv" not in result.stdout
    assert "folds/random.csv" in snakemake(tmp_path, "--dry-run", "--quiet", "host").stdout


@pytest.mark.parametrize(
    ("controls", "cores"),
    [(["logistic"], 4), (["logistic", "shuffle"], 2), (["logistic", "gradient_boosting_context"], 2)],
)
def test_a_training_takes_all_cores_where_nothing_else_takes_long(tmp_path, controls, cores):
    config = write_config(tmp_path / "controls.yaml", {"evaluation": {"controls": controls}})
    run = snakemake(tmp_path, "--dry-run", "--quiet", "host", configs=(SMALL, config), cores=4)
    (found,) = re.findall(r"Train fusion.*, with (\d) of 4 cores", run.stdout)
    assert int(found) == cores
