"""Realisations of the interpolated elements, from the config to the map, on the real Snakefile."""

import numpy as np
import pandas as pd
import pytest
import rasterio
import xarray as xr
from workflow_runs import SMALL, planned, snakemake, write_config

pytestmark = pytest.mark.workflow

REALISED = {
    "realise_elements": 2,
    "stack_realisation": 2,
    "train_realisation": 2,
    "average_realisations": 1,
    "measure_realisations": 1,
}
KRIGED = {
    "interpolation": {"method": "kriging", "realisations": 2},
    # As little as will do: one scale, few epochs, one control.
    "superpixels": {"n_segments": [30]},
    "network": {"variants": ["fusion"], "seeds": 2, "epochs": 3},
    "evaluation": {"bootstrap": 100, "controls": ["logistic"]},
}
STREAM = KRIGED | {"simulate": {"medium": "stream"}, "interpolation": {"realisations": 2}}
MAPS = ["maps/score.tif", "maps/interpolation_spread.tif", "realisations.csv", "figures/anomaly_map.png"]


@pytest.fixture(scope="module")
def overlay(tmp_path_factory):
    return write_config(tmp_path_factory.mktemp("config") / "kriged.yaml", KRIGED)


@pytest.fixture(scope="module")
def streams(tmp_path_factory):
    return write_config(tmp_path_factory.mktemp("config") / "streams.yaml", STREAM)


def realised(folder, overlay):
    """Run two realisations; returns the folder of results."""
    files = [f"results/small/{name}" for name in MAPS]
    result = snakemake(folder, *files, configs=(SMALL, overlay))
    assert result.returncode == 0, result.stdout
    assert "of 2 realisations" in result.stdout
    return folder / "results" / "small"


@pytest.fixture(scope="module")
def results(tmp_path_factory, overlay):
    """Folder of results of a run with two realisations."""
    return realised(tmp_path_factory.mktemp("realised"), overlay)


@pytest.fixture(scope="module")
def results_of_streams(tmp_path_factory, streams):
    """Folder of results of a run with two realisations of the ground that sediment of streams came from."""
    return realised(tmp_path_factory.mktemp("streams"), streams)


def image(path):
    with rasterio.open(path) as file:
        return file.read(1)


def scores(path, name, scheme="final"):
    with xr.open_dataset(path) as data:
        return data[f"{name}_{scheme}"].to_numpy()


def run_of(folder):
    return folder / "runs" / "fusion" / "30" / "heldout.nc"


def test_realisations_add_their_own_jobs_and_no_others(tmp_path, overlay):
    settings = {**KRIGED, "interpolation": {"method": "kriging"}}
    without = planned(tmp_path, configs=(SMALL, write_config(tmp_path / "without.yaml", settings)))
    assert not set(REALISED) & set(without)
    assert planned(tmp_path, configs=(SMALL, overlay)) == without | REALISED


def test_streams_are_drawn_by_a_rule_of_their_own(tmp_path, streams):
    without = STREAM | {"interpolation": {}}
    without = planned(tmp_path, configs=(SMALL, write_config(tmp_path / "without.yaml", without)))
    jobs = {name: number for name, number in REALISED.items() if name != "realise_elements"}
    assert planned(tmp_path, configs=(SMALL, streams)) == without | jobs | {"realise_sources": 2}


def test_another_realisation_draws_and_trains_it_alone(results, tmp_path):
    settings = {**KRIGED, "interpolation": {"method": "kriging", "realisations": 3}}
    third = write_config(tmp_path / "third.yaml", settings)
    target = "results/small/maps/interpolation_spread.tif"
    jobs = planned(results.parents[1], target, configs=(SMALL, third))
    assert jobs == {
        "realise_elements": 1,
        "stack_realisation": 1,
        "train_realisation": 1,
        "average_realisations": 1,
        "map_anomalies": 1,
    }


def errors_of(results):
    """Return what each realisation of ln ppm differs by from the map, and its variance (elements, cells)."""
    with xr.open_dataset(results / "elements.nc") as data:
        inside = data["mask"].to_numpy().astype(bool)
        mapped, variance = (
            data[name].to_numpy()[:, inside].astype(float) for name in ("concentration", "variance")
        )
        names = data["element"].to_numpy().tolist()
    errors = []
    for number in (1, 2):
        with xr.open_dataset(results / "realisations" / str(number) / "elements.nc") as data:
            assert data["element"].to_numpy().tolist() == names
            assert (data["mask"].to_numpy() == inside).all()
            assert data["concentration"].attrs["units"] == "ppm"
            drawn = data["concentration"].to_numpy()
        assert np.isnan(drawn[:, ~inside]).all()
        errors.append(np.log(drawn[:, inside]) - np.log(mapped))
    return errors, variance


def test_elements_differ_by_what_kriging_does_not_know(results):
    errors, variance = errors_of(results)
    ratio = np.mean(np.square(errors) / variance, axis=(0, 2))
    # Some thousand cells, correlated over a few of them.
    np.testing.assert_allclose(ratio, 1, atol=0.25)
    assert np.mean(ratio) == pytest.approx(1, abs=0.04)
    assert abs(np.corrcoef(errors[0].ravel(), errors[1].ravel())[0, 1]) < 0.1


def test_elements_of_streams_differ_by_what_samples_leave_open(results_of_streams):
    errors, variance = errors_of(results_of_streams)
    ratio = np.mean(np.square(errors) / variance, axis=(0, 2))
    # As of kriged elements; between 0.94 and 1.07 they were.
    np.testing.assert_allclose(ratio, 1, atol=0.25)
    assert np.mean(ratio) == pytest.approx(1, abs=0.04)
    assert abs(np.corrcoef(errors[0].ravel(), errors[1].ravel())[0, 1]) < 0.1
    # Elements are drawn apart from each other.
    between = np.corrcoef(errors[0])[np.triu_indices(len(ratio), 1)]
    assert np.abs(between).max() < 0.2
    assert abs(between.mean()) < 0.02


def test_maps_are_of_all_members_of_all_realisations(results):
    runs = [run_of(results / "realisations" / str(number)) for number in (1, 2)]
    for scheme in ("final", "held_out"):
        mean, spread = (np.stack([scores(run, name, scheme) for run in runs]) for name in ("score", "spread"))
        averaged = results / "realisations" / "heldout.nc"
        np.testing.assert_allclose(scores(averaged, "score", scheme), mean.mean(axis=0), atol=1e-6)
        # Two members of each of two realisations.
        members = np.concatenate([mean - spread, mean + spread])
        np.testing.assert_allclose(scores(averaged, "spread", scheme), members.std(axis=0), atol=1e-6)
    mean = np.stack([scores(run, "score")[0] for run in runs])
    np.testing.assert_allclose(image(results / "maps/score.tif"), mean.mean(axis=0), atol=1e-6)
    between = image(results / "maps/interpolation_spread.tif")
    np.testing.assert_allclose(between, np.abs(mean[0] - mean[1]) / 2, atol=1e-6)
    assert (between <= image(results / "maps/spread.tif") + 1e-6)[np.isfinite(between)].all()
    assert np.nanmax(between) > 0
    # The map's own run is that of the interpolated elements, and another one.
    assert np.nanmax(np.abs(scores(run_of(results), "score")[0] - mean[0])) > 0


def test_evidence_of_the_realisations_stands_beside_the_headline(results):
    table = pd.read_csv(results / "realisations.csv", dtype={"scales": str, "realisation": str})
    assert list(table["realisation"].unique()) == ["interpolated", "mean", "1", "2"]
    assert set(table["split"]) == {"held_out"}
    assert set(table["variant"]) == {"fusion"}
    headline = pd.read_csv(results / "metrics.csv", keep_default_na=False, na_values={"estimate": ""})
    headline = headline[(headline["variant"] == "fusion") & (headline["split"] == "held_out")]
    own = table[table["realisation"] == "interpolated"].set_index("metric")["estimate"]
    pd.testing.assert_series_equal(own, headline.set_index("metric")["estimate"], check_dtype=False)


def test_kriging_is_needed(tmp_path):
    wrong = write_config(tmp_path / "wrong.yaml", {"interpolation": {"realisations": 2}})
    result = snakemake(tmp_path, "--dry-run", configs=(SMALL, wrong))
    assert result.returncode != 0
    assert "interpolation.realisations" in result.stdout
    assert "interpolation.method is idw" in result.stdout
