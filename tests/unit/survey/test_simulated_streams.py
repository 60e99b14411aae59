"""A simulated survey of streams: its relief, where its samples lie, and what they are mixtures of."""

from functools import cache

import numpy as np
import pytest
import rasterio
from geohalo.catchments.waters import SteepestWaters
from geohalo.stages.simulate_survey import simulate_survey as write_survey
from geohalo.survey.simulate import PARTS, SimulatedSurvey, simulate_survey
from geohalo.survey.simulation.fields import spawn_generators
from geohalo.survey.simulation.geology import nugget_shift
from geohalo.survey.simulation.layout import lay_out_samples
from geohalo.survey.simulation.relief import (
    FINER,
    Relief,
    StreamGround,
    draw_relief,
    put_into_streams,
    stream_ground,
)
from geohalo.survey.simulation.signatures import ELEMENTS
from numpy.testing import assert_allclose, assert_array_equal
from scipy.sparse import csr_array
from simulated_surveys import concentrations

SAMPLES, SPACING = 400, 2000.0
STEPS = {1: (0, 1), 2: (1, 1), 4: (1, 0), 8: (1, -1), 16: (0, -1), 32: (-1, -1), 64: (-1, 0), 128: (-1, 1)}


def section(**more) -> dict:
    faults = {"anthropogenic": 0, "overburden": 0, "laboratory": 0}
    return {"seed": 3, "samples": SAMPLES, "spacing": SPACING, "deposits": 6, "faults": faults} | more


@cache
def streams() -> SimulatedSurvey:
    return simulate_survey(section(medium="stream"), SteepestWaters())


@cache
def parts():
    random = spawn_generators(3, PARTS)
    layout = lay_out_samples(SAMPLES, SPACING, random["layout"])
    relief = draw_relief(layout, SteepestWaters(), random["relief"])
    return put_into_streams(layout, relief, random["streams"]), relief


def way_down(relief: Relief, row: int, column: int) -> list[tuple[int, int]]:
    """Return the cells that the water of a cell passes, itself first."""
    passed = [(row, column)]
    while (code := int(relief.codes[row, column])) != 0:
        row, column = row + STEPS[code][0], column + STEPS[code][1]
        passed.append((row, column))
    return passed


def test_water_leaves_the_relief_at_its_edges():
    _, relief = parts()
    row, column = np.nonzero(relief.codes == 0)
    edge = (row == 0) | (column == 0) | (row == relief.y.size - 1) | (column == relief.x.size - 1)
    assert edge.all()
    assert relief.upstream[row, column].sum() == relief.codes.size
    random = np.random.default_rng(0)
    for _ in range(50):
        heights = [
            relief.heights[cell]
            for cell in way_down(
                relief, int(random.integers(relief.y.size)), int(random.integers(relief.x.size))
            )
        ]
        assert (np.diff(heights) < 0).all()  # no hollow was filled


def test_rivers_are_flatter_than_brooks():
    _, relief = parts()
    inner = (relief.codes != 0).ravel()
    drop = np.zeros(relief.codes.size)
    for code, (down, right) in STEPS.items():
        row, column = np.nonzero(relief.codes == code)
        fall = relief.heights[row, column] - relief.heights[row + down, column + right]
        drop[row * relief.x.size + column] = fall / np.hypot(down, right) / relief.cell
    area = relief.upstream.ravel()
    slope = np.polyfit(np.log(area[inner]), np.log(drop[inner]), 1)[0]
    assert -0.6 < slope < -0.3  # -0.45, and noise of the rocks


def test_samples_lie_in_streams_of_about_their_square():
    layout, relief = parts()
    column = ((layout.sites[:, 0] - relief.x[0]) / relief.cell).round().astype(int)
    row = ((relief.y[0] - layout.sites[:, 1]) / relief.cell).round().astype(int)
    squares = np.column_stack([column // (2 * FINER), (relief.y.size - 1 - row) // (2 * FINER)])
    assert_array_equal(squares, layout.squares)
    area = relief.upstream[row, column] * relief.cell**2 / SPACING**2
    assert 0.5 < np.median(area) < 2
    assert (area > 0.1).mean() > 0.95


def test_ground_is_what_a_walk_down_from_each_cell_says():
    layout, relief = parts()
    ground = stream_ground(layout, relief, SteepestWaters())
    column = ((layout.sites[:, 0] - relief.x[0]) / relief.cell).round().astype(int)
    row = ((relief.y[0] - layout.sites[:, 1]) / relief.cell).round().astype(int)
    outlets = {
        place: k for k, place in reversed(list(enumerate(zip(row.tolist(), column.tolist(), strict=True))))
    }
    truth = np.random.default_rng(0).uniform(1, 10, (layout.y.size * layout.x.size, 2))
    load, count = np.zeros((SAMPLES, 2)), np.zeros(SAMPLES)
    for r in range(relief.y.size):
        for c in range(relief.x.size):
            for cell in way_down(relief, r, c):
                if cell in outlets:
                    load[outlets[cell]] += truth[(r // FINER) * layout.x.size + c // FINER]
                    count[outlets[cell]] += 1
    first = np.array([outlets[place] for place in zip(row.tolist(), column.tolist(), strict=True)])
    assert_allclose(ground.mix(truth), (load / np.maximum(count, 1)[:, None])[first], rtol=1e-12)


def test_a_mixture_worked_by_hand():
    """Samples 0 and 1 above 2; 3 is a second sample in the cell of 2."""
    shares = csr_array(np.array([[3.0, 0, 0], [0, 1.0, 0], [0, 0, 4.0], [0, 0, 0]]))
    mixed = StreamGround(shares, np.array([2, 2, -1, 2])).mix(np.array([[10.0], [2.0], [5.0]]))
    assert_allclose(mixed[:, 0], [10.0, 2.0, 6.5, 6.5])


def test_samples_are_mixtures_of_the_true_ground():
    survey = streams()
    ground = survey.truth["ground"]
    assert list(ground["element"].to_numpy()) == list(ELEMENTS)
    assert ground.dims == ("element", "y", "x")
    layout, relief = parts()
    assert_array_equal(relief.heights, survey.relief.heights)
    assert_allclose(layout.sites, survey.samples[["x", "y"]], atol=0.051)  # rounded
    mixing, numbers = stream_ground(layout, relief, SteepestWaters()), concentrations(survey)
    nugget = nugget_shift(SAMPLES, spawn_generators(3, PARTS)["nugget"])
    for element in ("Cu", "Ni", "Zr"):  # no oxide is closed
        mixed = mixing.mix(ground.sel(element=element).to_numpy().reshape(-1, 1).astype(float))[:, 0]
        expected = np.log(mixed) + nugget[:, ELEMENTS.index(element)]
        # The laboratory reports three digits.
        assert_allclose(np.log(numbers[element]), expected, atol=0.006)


def test_a_soil_survey_does_not_change():
    plain, named = simulate_survey(section()), simulate_survey(section(medium="soil"))
    assert plain.samples.equals(named.samples)
    assert plain.relief is None
    assert "ground" not in plain.truth
    assert not plain.samples[["x", "y"]].equals(streams().samples[["x", "y"]])
    assert_array_equal(plain.truth.x, streams().truth.x)


def test_the_relief_is_written_as_a_user_would_have_it(tmp_path):
    files = {name: str(tmp_path / name) for name in ("samples.csv", "deposits.csv", "truth.nc")}
    write_survey(section(medium="stream"), *files.values(), relief=str(tmp_path / "relief.tif"))
    with rasterio.open(tmp_path / "relief.tif") as file:
        assert file.crs.to_epsg() == 32648
        assert file.res == (SPACING / 2 / FINER,) * 2
        assert_array_equal(file.read(1), streams().relief.heights)


def test_streams_need_ways_of_water():
    with pytest.raises(ValueError, match="ways of water"):
        simulate_survey(section(medium="stream"))
