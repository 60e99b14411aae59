"""Which columns of a cube with covariates a variant of the network and a control see."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from geohalo.files import spectra
from geohalo.files.cells import Survey, read_spectra
from geohalo.network.run import Settings
from geohalo.stages import score_controls as controls_stage
from geohalo.stages import train as train_stage
from layer_files import survey

ELEMENTS, COVARIATES = ["Zn", "Au", "Cu"], ["gravity", "rock: granite"]


@pytest.fixture
def cube(tmp_path):
    """Write a cube of three elements and two covariates."""
    here = survey()
    values = np.random.default_rng(4).normal(size=(5, *here.grid.shape)).astype(np.float32)
    kinds = np.array(["element"] * 3 + ["covariate"] * 2, dtype=object)
    data = here.dataset(kind=("element", kinds)).assign_coords(element=[*ELEMENTS, *COVARIATES])
    data["cube"] = (("element", "y", "x"), np.where(here.mask, values, np.nan).astype(np.float32))
    data.to_netcdf(tmp_path / "cube.nc")
    return str(tmp_path / "cube.nc")


def columns(cube):
    with xr.open_dataset(cube) as data:
        return read_spectra(data, "cube", Survey.of(data))


@pytest.mark.parametrize(
    ("variant", "names", "covariates", "order"),
    [
        ("fusion", [*ELEMENTS, *COVARIATES], 2, [2, 0, 1]),
        ("spectrum", [*ELEMENTS, *COVARIATES], 2, [2, 0, 1]),
        ("geochemistry", ELEMENTS, 0, [2, 0, 1]),
        ("covariates", COVARIATES, 2, []),
    ],
)
@pytest.mark.parametrize("in_memory", [1 << 28, 0])
def test_columns_of_a_variant(cube, tmp_path, monkeypatch, variant, names, covariates, order, in_memory):
    seen = {}

    def noted(values, scales, members, settings, outer, log, keep):
        seen.update(values=np.asarray(values[0 : len(values)]), settings=settings)

    monkeypatch.setattr(spectra, "IN_MEMORY", in_memory)

    monkeypatch.setattr(train_stage, "read_folds", lambda *_: None)
    monkeypatch.setattr(train_stage, "stack_members", lambda _: (None, None))
    monkeypatch.setattr(train_stage, "outer_fold", lambda *_: None)
    monkeypatch.setattr(train_stage, "train_and_predict", noted)
    monkeypatch.setattr(train_stage, "write_results", lambda *given: seen.update(names=given[3]))
    settings = Settings(variant=variant, preset="default", options={}, epochs=1)
    log, outputs = SimpleNamespace(info=lambda _: None), SimpleNamespace(scores=str(tmp_path / "scores.nc"))
    train_stage.train(cube, "", [], [], "atomic_number", ["Au"], settings, outputs, log)
    assert seen["names"] == names
    every = [*ELEMENTS, *COVARIATES]
    np.testing.assert_array_equal(seen["values"], columns(cube)[:, [every.index(name) for name in names]])
    assert seen["settings"].n_covariates == covariates
    # Only elements have an atomic number (Cu 29, Zn 30, Au 79) and are mined.
    assert list(seen["settings"].spectrum_order) == order
    assert list(seen["settings"].sought) == ([1] if "Au" in names else [])


def test_columns_of_a_control(cube, tmp_path, monkeypatch):
    seen = {}

    def noted(name, ground, every, n_jobs):
        seen[name] = ground.cube
        return []

    pd.DataFrame({"x": [0.0], "y": [0.0]}).to_csv(tmp_path / "deposits.csv", index=False)
    monkeypatch.setattr(controls_stage, "score_control", noted)
    monkeypatch.setattr(controls_stage, "surveyed_places", lambda _: (np.zeros((1, 2)), None))
    names = ["logistic", "random_forest", "isolation_forest", "commodity_index"]
    log = SimpleNamespace(info=lambda _: None)
    scores = str(tmp_path / "scores.nc")
    controls_stage.score_controls(cube, "", str(tmp_path), names, 1, scores, log, [], [], ["Au"])
    every = columns(cube)
    for name in ("logistic", "random_forest"):
        np.testing.assert_array_equal(seen[name], every)
    for name in ("isolation_forest", "commodity_index"):
        np.testing.assert_array_equal(seen[name], every[:, :3])
