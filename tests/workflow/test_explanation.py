"""Why here: attribution of the reduced demo's map and targets, and what its settings make run."""

import re

import numpy as np
import pandas as pd
import pytest
import rasterio
import xarray as xr
from PIL import Image
from workflow_runs import SMALL, planned, write_config

pytestmark = pytest.mark.workflow

ADDED = {"explain_map", "explain_targets"}


@pytest.fixture(scope="module")
def results(demo):
    return demo / "results" / "small"


@pytest.fixture(scope="module")
def attribution(results):
    return xr.load_dataset(results / "attribution" / "fusion.nc")


@pytest.fixture(scope="module")
def rank(results):
    with rasterio.open(results / "maps" / "targets.tif") as file:
        return file.read(1)


@pytest.fixture
def jobs(demo, tmp_path):
    """Return a function that tells the jobs of the demo with other settings of the explanation."""

    def plan(**explanation) -> dict[str, int]:
        overlay = write_config(tmp_path / "changed.yaml", {"explanation": explanation})
        return planned(demo, configs=(SMALL, overlay))

    return plan


def test_attributions_add_up_to_the_logits(demo, attribution):
    inside = attribution["mask"].to_numpy().astype(bool)
    assert attribution["branch"].to_numpy().tolist() == ["internal", "external", "spectrum", "linear"]
    assert attribution["attribution"].dims == ("branch", "element", "y", "x")
    total = attribution["attribution"].sum(("branch", "element"), skipna=False).to_numpy()
    change = (attribution["logit"] - attribution["baseline"]).to_numpy()
    np.testing.assert_allclose(total[inside], change[inside], atol=1e-4)
    assert np.isnan(total[~inside]).all()
    assert np.abs(change[inside]).mean() > 0.01
    log = (demo / "logs" / "small" / "explain_map.log").read_text()
    told = re.search(r"2 members; elements and branches add up to the logit within (\S+) log-odds", log)
    assert float(told[1]) < 1e-4


def test_logits_are_those_of_the_map(results, attribution):
    """The score is the mean of two members' probabilities, between those of their mean logit and of the lesser one."""
    inside = attribution["mask"].to_numpy().astype(bool)
    with rasterio.open(results / "maps" / "score.tif") as file:
        score = file.read(1)[inside]
    with rasterio.open(results / "maps" / "spread.tif") as file:
        spread = file.read(1)[inside]
    each = np.stack([score - spread, score + spread])  # of two members
    expected = np.log(each / (1 - each)).mean(axis=0)
    np.testing.assert_allclose(attribution["logit"].to_numpy()[inside], expected, atol=1e-3)


def test_members_of_the_map_share_a_temperature(results):
    history = pd.read_csv(results / "runs" / "fusion" / "30-90" / "history.csv")
    assert history.groupby("member")["temperature"].nunique().max() == 1
    final = history.loc[history["scheme"] == "final", "temperature"].unique()
    inner = history[history["scheme"] == "inner"].drop_duplicates("member")["temperature"]
    assert final == pytest.approx([np.exp(np.log(inner).mean())])


def test_targets_have_the_mean_of_their_cells(results, attribution, rank):
    table = pd.read_csv(results / "target_attribution.csv")
    targets = pd.read_csv(results / "targets.csv")
    assert table["rank"].unique().tolist() == targets["rank"].tolist()
    assert len(table) == len(targets) * attribution["attribution"][..., 0, 0].size
    for number, part in table.groupby("rank"):
        cells = attribution["attribution"].to_numpy()[..., rank == number].mean(axis=-1)
        found = part.pivot(index="branch", columns="element", values="attribution")
        expected = pd.DataFrame(cells, attribution["branch"].to_numpy(), attribution["element"].to_numpy())
        np.testing.assert_allclose(found.loc[expected.index, expected.columns], expected, atol=1e-5)


def test_superpixels_around_targets_are_those_of_the_files(results, attribution, rank):
    table = pd.read_csv(results / "target_neighbours.csv")
    by_element = pd.read_csv(results / "target_attribution.csv").query("branch == 'external'")
    np.testing.assert_allclose(table.groupby("rank")["weight"].sum(), 1)
    # What superpixels add is what elements add in the same branch.
    totals = table.groupby("rank")["attribution"].sum()
    np.testing.assert_allclose(totals, by_element.groupby("rank")["attribution"].sum(), atol=1e-4)
    for count in (30, 90):
        with rasterio.open(results / "superpixels" / f"{count}.tif") as file:
            labels = file.read(1)
        rows = table[table["n_segments"] == count]
        assert rows["superpixel"].between(1, labels.max()).all()
        for row in rows.itertuples():
            assert row.cells == ((labels == row.superpixel) & (rank == row.rank)).sum()


@pytest.mark.parametrize("figure", ["attribution", "fingerprints"])
def test_figures_are_pictures(results, figure):
    with Image.open(results / "figures" / f"{figure}.png") as picture:
        assert picture.width >= 800
        assert picture.text["Title"].startswith("small")


def test_without_attribution_nothing_of_it_is_made(jobs):
    assert not ADDED & set(jobs(attribution=False))


def test_steps_attribute_again_and_train_nothing(jobs):
    assert jobs(steps=9) == dict.fromkeys([*ADDED, "plot_targets", "report"], 1)
