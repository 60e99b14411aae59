"""Attention by direction and the order along the spectrum: what they add to a run, and what they leave alone."""

import shutil

import numpy as np
import pandas as pd
import pytest
import torch
import xarray as xr
from PIL import Image
from workflow_runs import SMALL, planned, snakemake, write_config

pytestmark = pytest.mark.workflow

ADDED = {"measure_attention", "plot_attention"}


@pytest.fixture
def jobs(demo, tmp_path):
    """Return a function that tells the jobs of the demo with changed settings of the network."""

    def plan(folder=demo, **network) -> dict[str, int]:
        overlay = write_config(tmp_path / "changed.yaml", {"network": network})
        return planned(folder, configs=(SMALL, overlay))

    return plan


@pytest.fixture(scope="module")
def attending(demo, tmp_path_factory):
    """Return a copy of the complete run and its config, trained with attention and another order."""
    folder = tmp_path_factory.mktemp("attending") / "run"
    shutil.copytree(demo, folder)
    network = {"preset": "attention", "spectrum_order": "similarity", "epochs": 3}
    config = write_config(folder.parent / "attention.yaml", {"network": network})
    result = snakemake(folder, "results/small/figures/attention.png", configs=(SMALL, config))
    assert result.returncode == 0, result.stdout
    return folder, config


@pytest.mark.parametrize("settings", [{"preset": "attention"}, {"options": {"attention": True}}])
def test_attention_adds_its_table_and_figure(jobs, settings):
    assert set(jobs(**settings)) >= ADDED | {"train", "evaluate", "map_anomalies"}


@pytest.mark.parametrize(
    "settings",
    [
        {"preset": "attention", "options": {"attention": False}},
        {"preset": "attention", "variants": ["internal"]},
    ],
)
def test_without_attention_or_an_external_branch_there_is_none(jobs, settings):
    assert not ADDED & set(jobs(**settings))


def test_an_order_trains_again_what_has_a_spectrum(jobs):
    planned_jobs = jobs(spectrum_order="atomic_number")
    # Permuted labels are learned by the same network.
    assert planned_jobs["train"] == 2
    assert planned_jobs["evaluate"] == 1


def test_an_order_leaves_the_spatial_branch_alone(attending, tmp_path):
    folder, members = attending[0], "results/small/runs/spatial/30-90/members.pt"
    result = snakemake(folder, members)
    assert result.returncode == 0, result.stdout
    config = write_config(tmp_path / "ordered.yaml", {"network": {"spectrum_order": "atomic_number"}})
    assert planned(folder, members, configs=(SMALL, config)) == {}
    assert planned(folder, members.replace("spatial", "fusion"), configs=(SMALL, config)) == {"train": 1}


def test_table_has_every_scale_and_direction(attending):
    run = attending[0] / "results" / "small" / "runs" / "fusion" / "30-90"
    table = pd.read_csv(run / "attention.csv")
    found = {}
    for asked in (30, 90):
        with np.load(attending[0] / f"results/small/graph/{asked}.npz") as graph:
            found[int(graph["assignment"].max()) + 1] = graph["external_edges"].shape[1]
    assert table["scale"].tolist() == [count for count in found for _ in range(24)]
    assert table["bearing"].tolist() == [15.0 * k for k in range(24)] * 2
    assert set(table["scheme"]) == {"final"}
    assert set(table["members"]) == {2}
    assert (table["attention"].isna() == (table["edges"] == 0)).all()
    for scale, part in table.groupby("scale"):
        assert part["edges"].sum() == found[scale]
        # Every pair is stored both ways: as many neighbours lie on one side as on the other.
        edges = part["edges"].to_numpy()
        assert abs(edges[:12] - edges[12:]).max() <= 2
        # Attention is shared, and some stays with the superpixel itself.
        mean = np.average(part["attention"].fillna(0), weights=part["edges"])
        assert 0.5 < mean < 1.5


def test_members_and_log_keep_the_order(attending):
    folder = attending[0]
    run = folder / "results" / "small" / "runs" / "fusion" / "30-90"
    state = torch.load(run / "members.pt", weights_only=True)
    with xr.open_dataset(folder / "results" / "small" / "cube.nc") as cube:
        names = [str(name) for name in cube["element"].to_numpy()]
    order = state["spectrum.order"]
    assert (order == order[0]).all()
    assert sorted(order[0].tolist()) == list(range(len(names)))
    told = " ".join(names[k] for k in order[0])
    (log,) = (folder / "logs" / "small").glob("train_fusion_*.log")
    assert f"similarity order: {told}\n" in log.read_text()


def test_figure_is_a_picture_that_names_what_it_shows(attending):
    with Image.open(attending[0] / "results" / "small" / "figures" / "attention.png") as picture:
        assert min(picture.size) > 500
        assert "attention learned by fusion" in picture.text["Title"].replace("\n", " ")
