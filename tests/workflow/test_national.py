"""The national survey at a small size: its config runs to the end, and the benchmark tells what every stage took."""

import sys
from pathlib import Path

import netCDF4
import pandas as pd
import pytest
import rasterio
from workflow_runs import CORES

BENCHMARKS = str(Path(__file__).resolve().parents[1] / "benchmarks")
pytestmark = pytest.mark.workflow


@pytest.fixture(scope="module")
def national():
    """Return the benchmark's module, with sizes that a test has time for."""
    sys.path.insert(0, BENCHMARKS)
    try:
        import national
    finally:
        sys.path.remove(BENCHMARKS)
    small = {"network": {"epochs": 2}, "labels": {"buffer": 8000}, "evaluation": {"bootstrap": 100}}
    size_of = national.size_of
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(national, "size_of", lambda cells: size_of(cells) | small)
        yield national


@pytest.fixture(scope="module")
def measured(national, tmp_path_factory):
    folder = tmp_path_factory.mktemp("national")
    return folder, national.run(6000, CORES, folder)


def test_from_samples_to_map_with_held_out_evidence(measured):
    folder, found = measured
    results = folder / "results" / "national"
    with netCDF4.Dataset(results / "elements.nc") as file:
        inside = int(file["mask"][:].sum())
        assert file["concentration"].shape[0] == 39
    assert found["total"]["cells"] == inside == pytest.approx(6000, rel=0.2)
    with rasterio.open(results / "maps" / "score.tif") as file:
        score = file.read(1, masked=True)
    assert score.count() == inside
    assert 0 <= score.min() < score.max() <= 1
    metrics = pd.read_csv(results / "metrics.csv")
    capture = metrics[(metrics["metric"] == "capture") & (metrics["split"] == "held_out")]
    controls = {"logistic", "mahalanobis", "sampling_density", "background_absence"}
    assert set(capture["variant"]) == controls | {"fusion"}
    assert capture["estimate"].between(0, 1).all()


def test_every_stage_is_measured(measured):
    _, found = measured
    stages = {
        "simulate_survey",
        "interpolate_elements",
        "segment_tile",
        "train",
        "score_controls",
        "map_anomalies",
    }
    assert stages <= set(found["seconds"]) == set(found["memory"])
    assert all(value > 0 for value in found["seconds"].values())
    # Jobs that end within a second may be gone before their memory is looked at.
    assert found["memory"]["train"] > 0.3
    assert {"elements.nc", "cube.nc", "runs", "maps"} <= set(found["disk"])
    assert sum(found["disk"].values()) == pytest.approx(1e3 * found["total"]["disk"])
    assert found["total"]["work"] < found["total"]["wall"]
