"""Methods of interpolation through the real workflow: what is chosen, what is kept, and what is done again."""

import json

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import xarray as xr
from geohalo.cube.inverse_distance import interpolate
from geohalo.cube.kriging import krige
from geohalo.cube.variogram import Variogram
from workflow_runs import SMALL, planned, snakemake, write_config

pytestmark = pytest.mark.workflow

METHODS = ["nearest", "idw", "smooth", "kriging"]
BEST = {"method": "best", "neighbours": 10, "anisotropy": {"ratio": 1.5, "bearing": 45}}
#: All that comes before the cube.
ELEMENTS = "results/small/elements.nc"


@pytest.fixture(scope="module")
def best(tmp_path_factory):
    """Return the folder of a run that takes each element to its best method."""
    folder = tmp_path_factory.mktemp("best")
    overlay = write_config(folder / "best.yaml", {"interpolation": BEST})
    result = snakemake(folder, ELEMENTS, configs=(SMALL, overlay))
    assert result.returncode == 0, result.stdout
    return folder


@pytest.fixture(scope="module")
def results(best):
    """Return the table of all methods, the fits, the maps and the samples of that run."""
    place = best / "results" / "small"
    fits = json.loads((place / "interpolation.json").read_text())
    maps = xr.load_dataset(place / "elements.nc")
    return pd.read_csv(place / "interpolation.csv"), fits, maps, gpd.read_parquet(place / "samples.parquet")


def test_all_candidates_are_kept_and_the_least_error_is_chosen(results):
    table, fits, maps, _ = results
    names = [str(name) for name in maps["element"].to_numpy()]
    assert list(table.groupby("element", sort=False).groups) == names == list(fits["elements"])
    assert (table.groupby("element")["method"].agg(list).map(lambda tried: tried == METHODS)).all()
    assert (table.groupby("element")["chosen"].sum() == 1).all()
    chosen = table[table["chosen"]].set_index("element").loc[names]
    least = table.groupby("element")["cv_error"].min()[names]
    assert (chosen["cv_error"] <= least * 1.001001).all()
    assert list(chosen["method"]) == list(maps["method"].to_numpy())
    np.testing.assert_allclose(chosen["cv_error"], maps["cv_error"], rtol=1e-5)
    np.testing.assert_allclose(chosen["cv_explained"], maps["cv_explained"], rtol=1e-4, atol=1e-6)
    # Averaging many samples beats the nearest one on simulated ground.
    assert "kriging" in set(chosen["method"])
    assert "nearest" not in set(chosen["method"])


def test_the_table_tells_the_variogram(results):
    table, fits, _, _ = results
    kriged = table["method"] == "kriging"
    columns = ["nugget", "sill", "range", "model", "cv_variance_ratio"]
    assert table.loc[~kriged, columns].isna().all(axis=None)
    for row in table[kriged].itertuples():
        own = Variogram(**fits["elements"][row.element]["variogram"])
        assert (row.nugget, row.sill, row.range) == pytest.approx((own.nugget, own.sill, own.range), rel=1e-5)
        assert row.model == own.family == "exponential"
        assert 0 <= row.nugget <= row.sill


def test_maps_are_what_the_fits_say(results):
    """Concentration and variance of a kriged element from the weights of its variogram; none of other methods."""
    _, fits, maps, samples = results
    inside = maps["mask"].to_numpy().astype(bool)
    y, x = np.nonzero(inside)
    cells = np.column_stack([maps["x"].to_numpy()[x], maps["y"].to_numpy()[y]])[::50]
    points = samples.get_coordinates().to_numpy()
    for name, fit in fits["elements"].items():
        values = maps.sel(element=name)
        variance = values["variance"].to_numpy()[inside]
        if fit["method"] != "kriging":
            assert np.isnan(variance).all()
            continue
        there = samples[name].notna().to_numpy()
        model = Variogram(**fit["variogram"]).model(**BEST["anisotropy"])
        logarithms = np.log(samples.loc[there, [name]].to_numpy())
        found, expected = krige(points[there], logarithms, cells, [model], BEST["neighbours"])
        np.testing.assert_allclose(
            np.log(values["concentration"].to_numpy()[inside][::50]), found[:, 0], atol=1e-5
        )
        np.testing.assert_allclose(variance[::50], expected[:, 0], rtol=1e-4, atol=1e-7)
    assert np.isnan(maps["variance"].to_numpy()[:, ~inside]).all()
    assert maps["variance"].attrs["units"] == "(ln ppm)2"


def test_the_default_is_inverse_distance(demo):
    """Twelve samples weighed by the inverse square of the distance; no variance, and one row for each element."""
    place = demo / "results" / "small"
    maps, samples = xr.load_dataset(place / "elements.nc"), gpd.read_parquet(place / "samples.parquet")
    assert "variance" not in maps
    assert set(maps["method"].to_numpy()) == {"idw"}
    inside = maps["mask"].to_numpy().astype(bool)
    y, x = np.nonzero(inside)
    cells = np.column_stack([maps["x"].to_numpy()[x], maps["y"].to_numpy()[y]])
    names = list(maps["element"].to_numpy())
    expected = interpolate(
        samples.get_coordinates().to_numpy(), np.log(samples[names].to_numpy()), cells, 12, 2
    )
    found = maps["concentration"].to_numpy()[:, inside].T
    np.testing.assert_allclose(found, np.exp(expected), rtol=1e-6)
    table = pd.read_csv(place / "interpolation.csv")
    assert list(table["element"]) == names
    assert table["chosen"].all()
    assert (table["method"] == "idw").all()


@pytest.mark.parametrize(
    ("changes", "first"),
    [
        ({"smoothing": 3}, None),
        ({"variogram": "spherical"}, None),
        ({"candidates": ["idw", "nearest"]}, None),
        ({"power": 3}, "fit_interpolation"),
        ({"method": "nearest"}, "fit_interpolation"),
    ],
)
def test_only_keys_of_the_method_in_use_do_it_again(demo, tmp_path, changes, first):
    overlay = write_config(tmp_path / "changed.yaml", {"interpolation": changes})
    jobs = planned(demo, configs=(SMALL, overlay))
    # The report lists all settings.
    assert (first in jobs) if first else (jobs == {"report": 1})
    assert "clean_samples" not in jobs


def test_a_survey_within_one_block_cannot_choose(tmp_path):
    overlay = write_config(
        tmp_path / "far.yaml", {"interpolation": {"method": "best"}, "grid": {"max_distance": 90_000}}
    )
    result = snakemake(tmp_path, ELEMENTS, configs=(SMALL, overlay))
    assert result.returncode != 0
    assert (
        "config key interpolation.method: 'best' compares methods at samples left out in blocks"
        in result.stdout
    )
