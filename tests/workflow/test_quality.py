"""Rows of quality control in a survey that the workflow runs on."""

import copy

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import xarray as xr
from workflow_runs import TABLES, planned, simulated_survey, snakemake, write_config

pytestmark = pytest.mark.workflow

MARKED = {"column": "type", "survey": ["S"], "reference": ["STD"], "field_duplicate": ["FDUP"]}
NOISY = "As"


def add_control(samples: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Add 40 field duplicates, of which arsenic is noise, and 12 results of a standard; returns its values as well."""
    rng = np.random.default_rng(3)
    columns = [
        name for name in samples if name.endswith("_ppm") and not samples[name].str.startswith("<").all()
    ]
    again = samples.sample(40, random_state=1)
    for name in columns:
        held = pd.to_numeric(again[name], errors="coerce")
        spread = 2.0 if name == f"{NOISY}_ppm" else 0.02
        text = (held * np.exp(rng.normal(0, spread, len(held)))).map("{:.5g}".format)
        again[name] = text.where(held.notna(), again[name])
    middle = samples[columns].apply(pd.to_numeric, errors="coerce").median()
    standard = pd.DataFrame(
        middle.to_numpy() * np.exp(rng.normal(0, 0.02, (12, len(columns)))), columns=columns
    )
    kinds = {"S": samples, "FDUP": again, "STD": standard.map("{:.5g}".format)}
    table = pd.concat([part.assign(type=kind) for kind, part in kinds.items()], ignore_index=True)
    certified = pd.DataFrame(
        {"element": [name.split("_")[0] for name in columns], "value": middle.to_numpy()}
    )
    return table, certified.assign(material="STD", unit="ppm", sd=0.03 * certified["value"])


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    """Return a data folder with a controlled survey."""
    folder = tmp_path_factory.mktemp("data")
    samples, deposits = simulated_survey()
    table, certified = add_control(samples)
    for name, written in (("samples", table), ("certified", certified), ("deposits", deposits)):
        written.to_csv(folder / f"{name}.csv", index=False)
    return folder


def config_of(folder, file, **quality):
    """Write a config with `samples.quality`."""
    config = {"survey": "own", "data": {"folder": str(folder)}} | copy.deepcopy(TABLES)
    config["labels"] = {"folds": 3, "buffer": 8000, "positives": 60, "background": 180}
    config["samples"]["quality"] = MARKED | {"certified": "certified.csv"} | quality
    return write_config(file, config)


def test_noisy_elements_are_weighed_down_in_the_cube(data, tmp_path) -> None:
    config = config_of(data, tmp_path / "own.yaml", failing="weigh")
    results = tmp_path / "results" / "own"
    wanted = [f"results/own/{name}" for name in ("cube.nc", "figures/quality.png")]
    result = snakemake(tmp_path, *wanted, configs=(config,))
    assert result.returncode == 0, result.stdout
    assert f"fail quality control by noise: {NOISY} (" in result.stdout
    samples, rows = (gpd.read_parquet(results / f"{name}.parquet") for name in ("samples", "analyses"))
    assert rows["role"].value_counts().to_dict() == {"survey": 700, "field_duplicate": 40, "reference": 12}
    assert len(samples) <= 700
    quality = pd.read_csv(results / "quality.csv").set_index("element")
    assert quality.index[quality["verdict"] == "fails"].tolist() == [NOISY]
    with xr.open_dataset(results / "cube.nc") as data_set:
        spread = data_set["cube"].std(dim=("y", "x")).to_series()
    # Cut off at five standard deviations, the others have one or hardly less.
    assert spread[NOISY] == pytest.approx(quality["weight"][NOISY], rel=0.1)
    assert spread.drop(NOISY).to_numpy() == pytest.approx(1, abs=0.1)
    assert (results / "figures" / "quality.png").stat().st_size > 20_000
    # With another use of what fails, the cube is made anew; the report asks for the figure.
    jobs = planned(tmp_path, "--quiet", "host", configs=(config_of(data, tmp_path / "own.yaml"),))
    assert {"clean_samples", "stack_cube", "plot_quality", "report"} <= set(jobs)


def test_a_missing_table_of_certified_values_is_named(data, tmp_path) -> None:
    config = config_of(data, tmp_path / "own.yaml", certified="none.csv")
    result = snakemake(tmp_path, "--dry-run", configs=(config,))
    assert result.returncode != 0
    assert "config key samples.quality.certified" in result.stdout
    assert "none.csv does not exist" in result.stdout
