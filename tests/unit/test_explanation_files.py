"""Files that explain a map: attributions that add up to its logits, and tables of its targets."""

import numpy as np
import pandas as pd
import pytest
import torch
import xarray as xr
from geohalo.cube.grid import Grid
from geohalo.errors import InputError
from geohalo.files.cells import Survey, netcdf_by_rows, read_geotiff, write_geotiff
from geohalo.files.network import MapNetwork
from geohalo.network.engine import initial_members
from geohalo.network.prediction import predict_logits
from geohalo.network.presets import PRESETS
from geohalo.network.run import Settings
from geohalo.stages.explain_map import explain_map
from geohalo.stages.explain_targets import elements_table, superpixels_table
from geohalo.stages.shared.explanation_figures import attribution_figure
from geohalo.stages.shared.plots import map_ground
from geohalo.superpixels.graph import build_graph
from PIL import Image
from pyproj import CRS

ROWS, COLUMNS, SCALES = 14, 12, ("3", "7")
NAMES = ["Cu", "Zn", "Au", "Pb", "As", "U"]
STEPS = 2


@pytest.fixture
def folder(tmp_path):
    """Return a folder with what a survey's earlier stages write: held-out members and, of other seeds, final ones."""
    mask = np.ones((ROWS, COLUMNS), bool)
    mask[0, :5] = False
    grid = Grid(1000.0 * np.arange(COLUMNS), 1000.0 * np.arange(ROWS)[::-1])
    survey = Survey(grid, mask, CRS.from_epsg(32648).to_wkt())
    values = np.random.default_rng(0).normal(size=(len(NAMES), mask.sum())).astype(np.float32)
    with netcdf_by_rows(
        survey.dataset().assign_coords(element=NAMES), {"cube": {}}, str(tmp_path / "cube.nc")
    ) as write:
        write("cube", slice(0, ROWS), survey.image(values))
    y, x = np.mgrid[:ROWS, :COLUMNS]
    for scale in SCALES:
        size = int(scale)
        labels = np.zeros(mask.shape, int)
        labels[mask] = np.unique((y // size * 10 + x // size)[mask], return_inverse=True)[1] + 1
        np.savez(tmp_path / f"{scale}.npz", **build_graph(labels).arrays())
        write_geotiff(
            survey, labels[None].astype(np.int32), str(tmp_path / f"{scale}.tif"), 0, ["superpixel"]
        )
    members = initial_members([5, 6, 7, 8], len(NAMES), len(SCALES), PRESETS["default"], "fusion", 2)
    members["linear.weight"][:, 2], members["gate"][:, 4] = 0.5, 0
    torch.save(members, tmp_path / "members.pt")
    schemes, temperature = ["held_out", "held_out", "final", "final"], [9.0, 9.0, 0.5, 2.0]
    history = pd.DataFrame({"member": range(4), "scheme": schemes, "temperature": temperature})
    pd.concat([history, history]).assign(epoch=1).to_csv(tmp_path / "history.csv", index=False)
    rank = np.zeros(mask.shape, np.uint16)
    rank[2:5, 2:7], rank[10:12, 8:11] = 1, 2
    write_geotiff(survey, rank[None], str(tmp_path / "targets.tif"), 0, ["target"])
    return tmp_path


def test_a_history_of_an_earlier_version_says_what_to_do(folder):
    history = pd.read_csv(folder / "history.csv")
    history.drop(columns="temperature").to_csv(folder / "history.csv", index=False)
    with pytest.raises(InputError, match=r"history.csv: no column 'temperature'.*snakemake --forcerun train"):
        read_network(folder)


@pytest.fixture
def network(folder):
    return read_network(folder)


def read_network(folder):
    graphs = [str(folder / f"{scale}.npz") for scale in SCALES]
    files = (str(folder / "cube.nc"), graphs, str(folder / "members.pt"), str(folder / "history.csv"))
    return MapNetwork.read(*files, Settings(device="cpu"))


@pytest.fixture(params=[COLUMNS, 5 * COLUMNS, 1 << 17], ids=["row", "five rows", "whole"])
def attribution(request, folder, network, monkeypatch):
    """Return the file, in chunks of several sizes."""
    monkeypatch.setattr("geohalo.files.cells.CHUNK_CELLS", request.param)
    told = explain_map(network, STEPS, str(folder / "fusion.nc"))
    assert told.startswith("2 members; elements and branches add up to the logit within ")
    return folder / "fusion.nc"


@pytest.fixture
def rank(folder, network):
    return read_geotiff(str(folder / "targets.tif"))[0][network.survey.mask].astype(np.int64)


def test_members_of_the_map_are_read_with_their_temperature(folder, network):
    assert network.scheme == "final"
    assert network.elements == NAMES
    assert network.trained.temperature.tolist() == [0.5, 2.0]
    everyone = torch.load(folder / "members.pt", weights_only=True)
    for name, value in network.trained.state.items():
        assert torch.equal(value, everyone[name][2:])


def test_the_file_adds_up_to_the_logits_of_the_map(attribution, network):
    with xr.open_dataset(attribution) as data:
        data.load()
    assert data["attribution"].dims == ("branch", "element", "y", "x")
    assert data["attribution"].dtype == np.float32
    assert data["branch"].to_numpy().tolist() == ["internal", "external", "spectrum", "linear"]
    assert data["element"].to_numpy().tolist() == NAMES
    assert data["attribution"].attrs["units"] == "log-odds"
    assert Survey.of(data).grid.shape == (ROWS, COLUMNS)
    total = data["attribution"].sum(("branch", "element"), skipna=False)
    np.testing.assert_allclose(total, data["logit"] - data["baseline"], atol=1e-5)
    assert np.isfinite(total.to_numpy()).sum() == network.survey.mask.sum()
    logits = predict_logits(network.trained)
    expected = ((logits[:, 1] - logits[:, 0]) / network.trained.temperature[:, None]).mean(0)
    np.testing.assert_allclose(data["logit"].to_numpy()[network.survey.mask], expected, atol=1e-6)


def test_targets_have_the_mean_of_their_cells(attribution, network, rank):
    table = elements_table(network, str(attribution), rank)
    assert table.columns.tolist() == ["rank", "branch", "element", "attribution"]
    assert table["rank"].tolist() == [1] * 24 + [2] * 24
    with xr.open_dataset(attribution) as data:
        image = data["attribution"].load()
    for row in table.itertuples():
        cells = image.sel(branch=row.branch, element=row.element).to_numpy()[network.survey.mask]
        assert row.attribution == pytest.approx(cells[rank == row.rank].mean(), abs=1e-6)


def test_superpixels_are_numbered_as_in_their_files(folder, network, rank):
    table = superpixels_table(network, list(SCALES), rank, STEPS)
    assert table.columns.tolist() == [
        "rank", "n_segments", "superpixel", "cells", "attribution", "weight", "direction", "distance_km",
    ]  # fmt: skip
    np.testing.assert_allclose(table.groupby("rank")["weight"].sum(), [1, 1])
    for (number, scale), part in table.groupby(["rank", "n_segments"]):
        labels = read_geotiff(str(folder / f"{scale}.tif"))[0][network.survey.mask]
        own = pd.Series(labels[rank == number]).value_counts()
        inside = part[part["cells"] > 0].set_index("superpixel")["cells"]
        assert inside.to_dict() == own.to_dict()
        cells = network.survey.cells
        for row in part.itertuples():
            away = cells[labels == row.superpixel].mean(0) - cells[rank == number].mean(0)
            assert row.distance_km == pytest.approx(np.hypot(*away) / 1e3)
            if row.distance_km > 0:
                assert np.cos(np.radians(row.direction)) == pytest.approx(away[1] / np.hypot(*away), abs=1e-6)
    weights = table.groupby("rank")["weight"]
    assert all(part.is_monotonic_decreasing for _, part in weights)


def test_without_targets_the_tables_have_columns_alone(attribution, network, rank):
    nothing = np.zeros_like(rank)
    for table in (
        elements_table(network, str(attribution), nothing),
        superpixels_table(network, list(SCALES), nothing, STEPS),
    ):
        assert len(table) == 0
        assert "attribution" in table


def test_the_elements_that_carry_the_map_are_drawn(attribution, folder):
    with xr.open_dataset(attribution) as data:
        changed = data.load()
    changed["attribution"].loc[{"element": "Pb"}] *= 1e6
    ground = map_ground("survey", Survey.of(changed))
    deposits = pd.DataFrame({"name": ["A"], "inside": [True], "x": [4000.0], "y": [4000.0]})
    changed.drop_vars("spatial_ref").assign_coords(spatial_ref=data["spatial_ref"]).to_netcdf(folder / "b.nc")
    paths = (str(folder / name) for name in ("b.nc", "targets.tif", "attribution.png"))
    attribution_figure(ground, deposits, *paths)
    with Image.open(folder / "attribution.png") as picture:
        told = " ".join(picture.text["Title"].split())
    # Beside it the others carry nothing.
    assert told == "survey: Pb move the anomaly score most, 100 % of all attribution"
