"""The reduced demo with the layers that a simulated survey has beside its samples."""

import re

import pandas as pd
import pytest
import xarray as xr
import yaml
from geohalo.survey.simulation.signatures import LITHOLOGIES
from workflow_runs import SMALL, planned, snakemake

pytestmark = pytest.mark.workflow

FILES = ["geology.gpkg", "magnetics.tif", "structures.gpkg"]


def laid_over(folder, **settings):
    """Write a config that asks for the layers, with one control."""
    path = folder / "layers.yaml"
    few = {"simulate": {"covariates": True}, "evaluation": {"controls": ["logistic"], "bootstrap": 200}}
    path.write_text(yaml.safe_dump(few | settings), encoding="utf-8")
    return path


def test_the_verdict_says_what_each_kind_of_data_adds(tmp_path):
    overlay = laid_over(tmp_path)
    verdict, figure = "results/small/verdict.md", "results/small/figures/covariates.png"
    result = snakemake(tmp_path, verdict, figure, configs=(SMALL, overlay))
    assert result.returncode == 0, result.stdout
    results = tmp_path / "results" / "small"
    assert sorted(path.name for path in (results / "simulated").glob("*.[gt][pi][kf]*")) == FILES
    with xr.open_dataset(results / "covariates.nc") as data:
        layers = [str(one) for one in data["layer"].to_numpy()]
        units = dict(zip(layers, data["unit"].to_numpy().tolist(), strict=True))
        assert layers == ["geology"] * len(LITHOLOGIES) + ["structures", "magnetics"]
        assert units == {"geology": "", "structures": "m", "magnetics": "nT"}
    # Layers that cover the survey are not doubtful.
    assert pd.read_csv(results / "warnings" / "prepare_covariates.csv").empty
    metrics = pd.read_csv(results / "metrics.csv")
    assert set(metrics["variant"]) == {"fusion", "geochemistry", "covariates", "logistic"}
    (line,) = [one for one in (tmp_path / verdict).read_text().splitlines() if "covariates tell alone" in one]
    held = metrics[(metrics["split"] == "held_out") & (metrics["metric"] == "above_decoys")].set_index(
        "variant"
    )
    alone = [f"{held.loc[name, 'estimate']:.2f}" for name in ("covariates", "geochemistry")]
    assert re.findall(r"tells? alone \((\d\.\d\d)\)", line) == alone
    # Deposits lie on the faults: what knows them and the host rock tells deposits from decoys by itself.
    assert held.loc["covariates", "estimate"] > 0.7
    # Another radius draws folds again and makes no cube.
    radius = laid_over(tmp_path, labels={"radius": 2500})
    jobs = planned(tmp_path, verdict, configs=(SMALL, radius))
    assert jobs["make_folds"] == 1
    assert not {"prepare_covariates", "stack_cube", "segment_superpixels"} & set(jobs)


def test_a_survey_has_no_layers_that_its_config_does_not_ask_for(tmp_path):
    for settings in ({"simulate": {}}, {"simulate": {"covariates": True}, "covariates": {}}):
        jobs = planned(tmp_path, configs=(SMALL, laid_over(tmp_path, **settings)))
        assert "prepare_covariates" not in jobs
        assert jobs["train"] == 1


def test_a_config_can_take_one_of_the_layers(tmp_path):
    own = {"faults": {"file": "simulated/structures.gpkg", "measure": "density", "radius": 5000}}
    jobs = planned(tmp_path, configs=(SMALL, laid_over(tmp_path, covariates=own)))
    assert (jobs["simulate_survey"], jobs["prepare_covariates"], jobs["train"]) == (1, 1, 3)
