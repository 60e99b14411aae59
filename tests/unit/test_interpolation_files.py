"""How elements are interpolated, as files: read again as written; and the blocks of rows that maps are written in."""

import json

import geopandas as gpd
import numpy as np
import pytest
import xarray as xr
from geohalo.cube.grid import Grid
from geohalo.cube.method_choice import ElementFit, Score
from geohalo.cube.variogram import Variogram
from geohalo.files.cells import Survey
from geohalo.files.interpolation import (
    blocks_of_rows,
    interpolated_frame,
    read_fits,
    read_logarithms,
    write_fits,
)
from geohalo.stages.interpolate_elements import interpolate_elements

FITS = [
    ElementFit("idw", {"nearest": Score(2.0, -0.5), "idw": Score(1.0, 0.5)}),
    ElementFit(
        "kriging", {"kriging": Score(np.nan, np.nan, np.nan)}, Variogram("spherical", 0.1, 0.4, 2500.0)
    ),
]
SETTINGS = {"method": "best", "neighbours": 4, "power": 2, "anisotropy": {"ratio": 1, "bearing": 0}}


@pytest.fixture
def samples(tmp_path):
    """Two elements at 60 places; the second is missing in some."""
    rng = np.random.default_rng(1)
    x, y = rng.uniform(0, 9000, (2, 60))
    columns = {"Cu": rng.lognormal(3, 1, 60), "Zn": rng.lognormal(4, 1, 60)}
    columns["Zn"][::7] = np.nan
    flags = {f"{name}_censored": np.zeros(60, dtype=bool) for name in columns}
    frame = gpd.GeoDataFrame(columns | flags, geometry=gpd.points_from_xy(x, y), crs="EPSG:32648")
    frame.to_parquet(tmp_path / "samples.parquet")
    return frame, str(tmp_path / "samples.parquet")


def test_fits_are_read_as_they_were_written(tmp_path):
    path = tmp_path / "interpolation.json"
    write_fits(["Cu", "Zn"], FITS, SETTINGS, str(path))
    found, settings = read_fits(str(path))
    assert list(found) == ["Cu", "Zn"]
    assert settings == SETTINGS
    for fit, expected in zip(found.values(), FITS, strict=True):
        assert (fit.method, fit.variogram) == (expected.method, expected.variogram)
        assert list(fit.scores) == list(expected.scores)
        for name, score in fit.scores.items():
            np.testing.assert_array_equal(
                [score.error, score.explained, score.variance_ratio],
                [getattr(expected.scores[name], key) for key in ("error", "explained", "variance_ratio")],
            )
    # Strict JSON, which has no NaN.
    json.loads(path.read_text(), parse_constant=pytest.fail)


def test_samples_are_read_as_logarithms(samples):
    frame, path = samples
    points, logarithms, names, crs = read_logarithms(path)
    assert names == ["Cu", "Zn"]
    assert crs == frame.crs
    np.testing.assert_array_equal(points, frame.get_coordinates())
    np.testing.assert_array_equal(logarithms, np.log(frame[["Cu", "Zn"]]))


def test_errors_are_told_in_decades():
    survey = Survey(Grid(np.arange(3) * 10.0, np.arange(2)[::-1] * 10.0), np.ones((2, 3), bool), "EPSG:32648")
    frame = interpolated_frame(survey, ["Cu", "Zn"], FITS)
    assert list(frame["method"].to_numpy()) == ["idw", "kriging"]
    np.testing.assert_allclose(frame["cv_error"], [1 / np.log(10), np.nan])
    np.testing.assert_array_equal(frame["cv_explained"], [0.5, np.nan])


def test_blocks_of_rows_hold_all_cells_and_little_memory(monkeypatch):
    monkeypatch.setattr("geohalo.files.interpolation.BLOCK_BYTES", 8 * 10 * 2 * 3)
    monkeypatch.setattr("geohalo.files.cells.CHUNK_CELLS", 5)
    mask = np.ones((20, 5), bool)
    mask[6:9] = False
    survey = Survey(Grid(np.arange(5.0), np.arange(20.0)[::-1]), mask, "EPSG:32648")
    blocks = list(blocks_of_rows(survey, 10))
    assert max(rows.stop - rows.start for rows in blocks) == 1
    assert [rows.start for rows in blocks] == [k for k in range(20) if mask[k].any()]
    assert next(blocks_of_rows(survey, 2)) == slice(0, 6)


@pytest.mark.parametrize("block", [256e6, 2000])
def test_tiles_are_cut_from_the_whole(tmp_path, samples, monkeypatch, block):
    monkeypatch.setattr("geohalo.files.interpolation.BLOCK_BYTES", block)
    monkeypatch.setattr("geohalo.files.cells.CHUNK_CELLS", 40)
    _, path = samples
    write_fits(["Cu", "Zn"], FITS, SETTINGS, str(tmp_path / "fits.json"))
    grid = {"cell": 500, "max_distance": 1000}
    for band in (None, "1-of-3", "2-of-3", "3-of-3"):
        interpolate_elements(path, str(tmp_path / "fits.json"), grid, str(tmp_path / f"{band}.nc"), band)
    whole = xr.load_dataset(tmp_path / "None.nc")
    parts = [xr.load_dataset(tmp_path / f"{k}-of-3.nc") for k in (1, 2, 3)]
    np.testing.assert_array_equal(np.concatenate([part["y"] for part in parts]), whole["y"])
    for name in ("concentration", "variance", "mask"):
        rows = np.concatenate([part[name].to_numpy() for part in parts], axis=-2)
        np.testing.assert_allclose(rows, whole[name], rtol=1e-6)
    inside = whole["mask"].to_numpy().astype(bool)
    assert np.isfinite(whole["concentration"].to_numpy()[:, inside]).all()
    assert np.isnan(whole["concentration"].to_numpy()[:, ~inside]).all()
    assert np.isnan(whole["variance"].sel(element="Cu")).all()
    assert (whole["variance"].sel(element="Zn").to_numpy()[inside] > 0).all()
