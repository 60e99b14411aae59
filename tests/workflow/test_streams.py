"""Surveys of streams: the reduced demo from its relief to the report, and the Cairngorms up to their elements."""

import shutil

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import xarray as xr
from geohalo.cube.inverse_distance import interpolate
from geohalo.files.cells import Survey
from workflow_runs import ROOT, SMALL, planned, snakemake, write_config

pytestmark = pytest.mark.workflow

#: A frame that is only shifted against the national grid (docs/your-survey.md).
LOCAL = "+proj=tmerc +lat_0=49 +lon_0=-2 +k=0.9996012717 +x_0=285000 +y_0=-606300 +ellps=airy +units=m"
STREAM = {"simulate": {"medium": "stream"}}
#: What interpolates soil.
DISCS = {"fit_interpolation", "interpolate_elements"}


def laid_over(folder, **settings):
    """Write a config that makes the reduced demo a survey of streams."""
    return write_config(folder / "stream.yaml", STREAM | settings)


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    """Return the results of a complete run with one control."""
    folder = tmp_path_factory.mktemp("streams")
    overlay = laid_over(folder, evaluation={"controls": ["logistic"], "bootstrap": 200})
    result = snakemake(folder, configs=(SMALL, overlay))
    assert result.returncode == 0, result.stdout
    return folder / "results" / "small"


def test_streams_run_to_the_report(results):
    assert (results / "report.html").exists()
    assert (results / "figures" / "catchments.png").exists()
    maps, table = xr.load_dataset(results / "elements.nc"), pd.read_csv(results / "interpolation.csv")
    assert set(maps["method"].to_numpy()) == {"catchment"}
    assert not (results / "interpolation.json").exists()
    assert list(table["method"]) == ["catchment", "idw", "place"] * maps.sizes["element"]
    chosen = table[table["chosen"]]
    np.testing.assert_allclose(chosen["cv_error"], maps["cv_error"], rtol=1e-5)
    report = (results / "report.html").read_text(encoding="utf-8")
    assert "catchment" in report
    warnings = pd.read_csv(results / "warnings.csv")
    assert "delineate_catchments" in set(warnings["stage"])
    metrics = pd.read_csv(results / "metrics.csv")
    assert set(metrics["variant"]) == {"fusion", "logistic"}
    assert metrics["estimate"].notna().any()


def test_left_out_samples_are_better_predicted_by_their_catchments(results):
    errors = pd.read_csv(results / "interpolation.csv").pivot(
        index="element", columns="method", values="cv_error"
    )
    # Of 39 elements; what is known of the truth says the same below.
    assert (errors["catchment"] < errors["idw"]).mean() > 0.8


def test_the_ground_is_nearer_to_the_truth_than_discs_are(results):
    maps, samples = xr.load_dataset(results / "elements.nc"), gpd.read_parquet(results / "samples.parquet")
    survey = Survey.of(maps)
    names = [str(name) for name in maps["element"].to_numpy()]
    values = np.log(samples[names].to_numpy())
    discs = survey.image(interpolate(samples.get_coordinates().to_numpy(), values, survey.cells, 12, 2).T)
    with xr.open_dataset(results / "simulated" / "truth.nc") as data:
        ground = data["ground"].sel(element=names)
        truth = np.log(ground.reindex(x=maps["x"], y=maps["y"], method="nearest", tolerance=1).to_numpy())
    known = np.isfinite(truth[0]) & survey.mask
    found = np.log(maps["concentration"].to_numpy())
    error, of_discs = (np.sqrt(((one - truth)[:, known] ** 2).mean(axis=1)) for one in (found, discs))
    assert (error < of_discs).mean() > 0.9
    assert np.median(error / of_discs) < 0.98


def test_plans(tmp_path):
    jobs = planned(tmp_path, configs=(SMALL, laid_over(tmp_path)))
    assert jobs["unmix_elements"] == jobs["delineate_catchments"] == 1
    assert not DISCS & set(jobs)
    tiled = planned(tmp_path, configs=(SMALL, laid_over(tmp_path, grid={"tiles": 2})))
    assert tiled["unmix_elements"] == 1
    assert "gather_elements" not in tiled
    assert tiled["segment_tile"] > 1
    discs = laid_over(tmp_path, simulate={"medium": "stream", "discs": True})
    jobs = planned(tmp_path, configs=(SMALL, discs))
    assert set(jobs) >= DISCS
    assert not {"unmix_elements", "delineate_catchments"} & set(jobs)
    demo = planned(tmp_path, configs=(ROOT / "config" / "demo-stream.yaml",))
    assert demo["unmix_elements"] == 1


def test_other_ways_of_working_are_refused(tmp_path):
    result = snakemake(tmp_path, "--dry-run", "consensus", configs=(SMALL, laid_over(tmp_path)))
    assert result.returncode != 0
    assert "maps samples as discs, and those of this survey are stream" in result.stdout


@pytest.mark.real_data
def test_the_cairngorms(tmp_path, survey_data):
    """63 nested samples on a raster of flow directions; places of deposits are made up, since none are known."""
    for name in ("d8.tif", "samples.csv"):
        shutil.copy(survey_data / "cairngorms-stream" / name, tmp_path / name)
    places = pd.read_csv(tmp_path / "samples.csv")[::8].rename(
        columns={"x_coordinate": "x", "y_coordinate": "y"}
    )
    places[["x", "y"]].to_csv(tmp_path / "places.csv", index=False)
    config = {
        "survey": "cairngorms",
        "data": {"folder": str(tmp_path)},
        "samples": {
            "file": "samples.csv",
            "medium": "stream",
            **{"x": "x_coordinate", "y": "y_coordinate", "crs": LOCAL},
            "elements": "^(?P<element>[A-Z][a-z]?)$",
            **{"unit": "ppm", "implausible": "report"},
        },
        "terrain": {"file": "d8.tif", "codes": "esri", "crs": LOCAL, "snap": 0},
        "deposits": {"file": "places.csv", "x": "x", "y": "y", "crs": LOCAL},
        "grid": {"max_distance": 10_000},
        "labels": {"folds": 2},
    }
    results = "results/cairngorms"
    wanted = [f"{results}/{name}" for name in ("elements.nc", "figures/catchments.png", "check.csv")]
    result = snakemake(tmp_path, *wanted, configs=(write_config(tmp_path / "survey.yaml", config),))
    assert result.returncode == 0, result.stdout
    table = pd.read_csv(tmp_path / results / "interpolation.csv")
    errors = table.pivot(index="element", columns="method", values="cv_error")
    assert len(errors) == 53
    assert set(table["samples"]) == {49}
    # In natural logs 0.361 and 0.396, geometric means over elements; 47 are better predicted by their catchments.
    means = np.exp(np.log(errors * np.log(10)).mean())
    assert means["catchment"] == pytest.approx(0.361, abs=0.005)
    assert means["idw"] == pytest.approx(0.396, abs=0.005)
    # What catchments gain is of their ground: with the same penalty, places do no better than discs.
    assert means["place"] > means["catchment"] + 0.02
    assert (errors["catchment"] < errors["idw"]).sum() >= 45
    assert "each stands for its catchment on d8.tif" in (tmp_path / results / "check.md").read_text()
    told = pd.read_csv(tmp_path / results / "warnings" / "unmix_elements.csv")["what"]
    assert told.str.contains("of the ground that samples of stream came from lies beyond the map").sum() == 1
    # Nothing is doubtful about the catchments of a good survey of rivers, half of which are larger than 500 km2.
    assert pd.read_csv(tmp_path / results / "warnings" / "delineate_catchments.csv").empty
    checked = pd.read_csv(tmp_path / results / "check.csv")
    assert not (checked["stage"] == "delineate_catchments").any()
    assert "| Samples with a catchment | 63 of 63 |" in (tmp_path / results / "check.md").read_text()
