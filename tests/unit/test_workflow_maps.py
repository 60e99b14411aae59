"""What one workflow comes to, on a map that is known: evidence within a radius of one's own, ranks on another grid."""

import numpy as np
import pandas as pd
import pytest
from geohalo.cube.grid import Grid
from geohalo.evidence.folds import draw_folds
from geohalo.files.cells import Survey
from geohalo.files.folds import write_folds
from geohalo.files.scores import write_scores
from geohalo.stages.shared.consensus import measure_workflow
from pyproj import CRS

LABELS = {
    "radius": 2000.0, "background_distance": 4000.0, "group_distance": 5000.0, "buffer": 9000.0,
    "folds": 4, "positives": 10, "background": 25, "decoys": 2, "seed": 0,
}  # fmt: skip
#: The first two are one group.
DEPOSITS = np.array([[5, 5], [7, 6], [40, 5], [5, 40], [41, 41]]) * 1000.0


@pytest.fixture
def written(tmp_path):
    """Write a workflow whose held-out maps rise eastwards and whose final map rises northwards."""
    axis = np.arange(45) * 1000.0 + 500
    mask = np.ones((45, 45), dtype=bool)
    mask[:3] = False
    survey = Survey(Grid(axis, axis[::-1]), mask, CRS(32648).to_wkt())
    folds = draw_folds("held_out", survey.cells, DEPOSITS, LABELS, 1)
    (tmp_path / "folds").mkdir()
    write_folds(folds, survey, str(tmp_path / "folds/held_out.csv"), str(tmp_path / "folds/held_out.tif"))
    places = pd.DataFrame(DEPOSITS, columns=["x", "y"])
    places.assign(group=folds.deposit_group, fold=folds.deposit_fold).to_csv(
        tmp_path / "folds/deposits.csv", index=False
    )
    east, north = survey.cells.T
    held_out, final = np.tile(east, (folds.n_folds, 1)), north[None]
    scores = {"held_out": (held_out, 0 * held_out), "final": (final, 0 * final)}
    write_scores(survey, scores, str(tmp_path / "fusion.nc"))
    return str(tmp_path / "fusion.nc"), survey


@pytest.mark.parametrize("radius", [1200.0, 2000.0, 3000.0])
def test_evidence_is_measured_within_the_radius_that_is_asked_for(written, radius):
    file, survey = written
    captured, above, _ = measure_workflow(file, radius, survey.cells)
    # 42 cells of each column tie at the middle of their ranks.
    rank = ((survey.cells[:, 0] - 500) / 1000 * 42 + 21) / len(survey.cells)
    near = [np.hypot(*(survey.cells - place).T) <= radius for place in DEPOSITS]
    assert captured == pytest.approx(np.mean([rank[cells].mean() for cells in near]))
    assert 0 <= above <= 1


def test_ranks_are_those_of_the_nearest_cell_where_the_map_reaches(written):
    file, _ = written
    places = (
        np.array([[0.6, 0.6], [20.9, 30.2], [10.5, 41.5], [10.5, 42.4], [10.5, 44.9], [-9.0, 3.0]]) * 1000
    )
    _, _, ranks = measure_workflow(file, 2000.0, places)
    # Rows of 45 cells; the northern three are outside, and so are places more than a cell away.
    rows = np.array([0, 30, 41, 41])
    np.testing.assert_allclose(ranks[:4], (rows * 45 + 22.5) / (42 * 45), rtol=1e-6)
    assert np.isnan(ranks[4:]).all()
