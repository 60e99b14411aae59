"""Doubts about samples, each raised by a small terrain, and the table that keeps all samples."""

import math
from dataclasses import replace

import numpy as np
import pytest
from geohalo.catchments.catchment import delineated
from geohalo.catchments.quality import (
    DOUBTS,
    Limits,
    doubts,
    limits,
    outer_fence,
    overlap,
    table,
    warnings_of,
)
from geohalo.catchments.snapping import snapped
from geohalo.catchments.steepest import filled, flow_directions
from geohalo.catchments.survey import survey_catchments
from geohalo.cube.grid import Grid
from geohalo.errors import InputError
from hypothesis import given
from hypothesis import strategies as st
from terrains import NORTH, WEST, WORKED, arrows, drained

GRID = Grid(WEST + 100.0 * (np.arange(4) + 0.5), NORTH - 100.0 * (np.arange(3) + 0.5))
PLAUSIBLE = Limits(reach=60.0, channel=4e4, least=3e4, most=10e4)


def judged(terrain, places, plausible=PLAUSIBLE):
    places = np.asarray(places, dtype=np.float64)
    found, _ = delineated(terrain, snapped(terrain, places, plausible.reach, plausible.channel), GRID)
    return found, doubts(terrain, found, places, plausible)


def at(row, column, east=50.0, south=50.0):
    return [WEST + 100 * column + east, NORTH - 100 * row - south]


#: On the cells 5, 9, 11, again 9, the slope 0, outside, and without coordinates.
PLACES = [at(1, 1), at(2, 1), at(2, 3), at(2, 1, 20), at(0, 0, 10, 10), at(-1, 0), [np.nan, NORTH]]


def test_each_doubt_on_the_worked_network():
    found, doubtful = judged(drained(arrows(WORKED)), PLACES)
    np.testing.assert_array_equal(found.cell, [5, 9, 11, 9, 0, -1, -1])
    expected = {
        "outside": [5, 6],
        "void": [],
        "no_channel": [4],
        "leaves": [0, 1, 2, 3, 4],
        "small": [4],
        "large": [2],
        "twin": [1, 3],
        "same_reach": [],
        "flat": [],
    }
    assert list(doubtful) == [doubt.name for doubt in DOUBTS]
    assert {name: list(np.flatnonzero(flags)) for name, flags in doubtful.items()} == expected


def test_voids_under_samples():
    _, doubtful = judged(drained(arrows("→→x|→→→|→→→")), [at(0, 2), at(1, 1)])
    np.testing.assert_array_equal(doubtful["void"], [True, False])
    np.testing.assert_array_equal(doubtful["outside"], [False, False])


def test_two_samples_on_one_reach():
    # 40 cells in a row: the upper sample sees 38 of the 39 of the lower one.
    codes = np.full((1, 40), 1, dtype=np.uint8)
    _, doubtful = judged(drained(codes), [at(0, 37), at(0, 38), at(0, 10)])
    np.testing.assert_array_equal(doubtful["same_reach"], [True, False, False])


def test_samples_on_a_lake():
    row, column = np.indices((9, 9))
    heights = (10 * np.hypot(row - 4, column - 4)).astype(np.float32)
    heights[2:7, 2:7] = 5
    heights[4, 7:] = [4, 3]
    level = filled(heights)
    terrain = drained(flow_directions(level, 100, 100), heights=heights, level=level)
    _, doubtful = judged(terrain, [at(4, 4), at(4, 8), at(0, 0)])
    np.testing.assert_array_equal(doubtful["flat"], [True, False, False])


def test_overlap_is_what_samples_upstream_see():
    found, _ = judged(drained(arrows(WORKED)), PLACES)
    # Of 4, 8 and 12 cells, 0, 4 and 8 are seen upstream (and the slope's one cell of the first).
    np.testing.assert_allclose(overlap(found), [1 / 4, 4 / 8, 8 / 12, 4 / 8, 0, np.nan, np.nan])


def test_no_sample_is_dropped_from_the_table():
    terrain = drained(arrows(WORKED))
    found, doubtful = judged(terrain, PLACES)
    rows = [str(number) for number in range(2, 9)]
    written = table(terrain, found, np.array(PLACES), doubtful, rows)
    assert list(written["row"]) == rows
    assert list(written["downstream"]) == ["3", "4", "", "4", "2", "", ""]
    assert list(written["twin"]) == ["", "", "", "3", "", "", ""]
    np.testing.assert_allclose(written["area_km2"], [0.04, 0.08, 0.12, 0.08, 0.01, 0, 0])
    np.testing.assert_allclose(written["own_km2"], [0.03, 0.04, 0.04, 0, 0.01, 0, 0])
    np.testing.assert_allclose(written["mapped"][:3], 1)
    assert list(written["doubts"])[3:6] == ["leaves;twin", "no_channel;leaves;small", "outside"]
    np.testing.assert_allclose(written.loc[1, ["channel_x", "channel_y"]].astype(float), at(2, 1))
    assert written.loc[5, ["channel_x", "channel_y"]].isna().all()


def test_one_warning_for_each_kind_of_doubt():
    terrain = drained(arrows(WORKED))
    _, doubtful = judged(terrain, PLACES)
    warnings = warnings_of(doubtful, PLAUSIBLE, [f"{number}" for number in range(2, 9)], "samples.csv")
    texts = [str(one) for one in warnings]
    assert len(texts) == 6
    assert texts[0].startswith("samples.csv, row 7: 2 samples beyond the edges of the terrain")
    assert "1 sample without a channel of 0.04 km2 upstream within 60 m" in texts[1]
    assert "(row 2, 3, 4, 5, 6)" in texts[2]
    assert "smaller than 0.03 km2 (row 6); check" in texts[3]
    assert "set terrain.most_area" in texts[4]


def test_many_rows_are_counted():
    codes = np.full((1, 40), 1, dtype=np.uint8)
    _, doubtful = judged(drained(codes), [at(-1, 0)] * 9)
    (warning,) = warnings_of(doubtful, PLAUSIBLE, [f"{n}" for n in range(9)], "samples.csv")
    assert "(row 0, 1, 2, 3, 4 and 4 more)" in warning.what


def test_limits_of_the_config():
    section = {"snap": 500, "channel": 0.25, "least_area": 0.5, "most_area": 200}
    assert limits(section) == Limits(500, 250_000, 500_000, 200_000_000)
    assert limits(section | {"most_area": None}) == Limits(500, 250_000, 500_000, None)
    with pytest.raises(InputError, match=r"terrain.least_area .* must be below terrain.most_area"):
        limits(section | {"most_area": 0.5})


def test_the_outer_fence_of_areas():
    # Quartiles 2 and 8, a ratio of 4, and 8 times its third power.
    assert outer_fence(np.array([16.0, 1, 4, 2, 8])) == pytest.approx(512)
    # Catchments of nearly one size: eight times the upper quartile.
    assert outer_fence(np.array([4.0, 4, 4, 5, 5])) == pytest.approx(40)
    assert outer_fence(np.array([])) == np.inf


def test_brooks_and_rivers_are_each_judged_by_their_own():
    random = np.random.default_rng(0)
    brooks = random.lognormal(np.log(2), 0.7, size=400)
    assert (brooks <= outer_fence(brooks)).all()
    # One of them was moved to the river beside its stream.
    assert outer_fence(np.append(brooks, 500)) < 500
    # Rivers of all sizes, the middle one of 500 km2.
    rivers = random.lognormal(np.log(500), 1.2, size=63)
    assert (rivers <= outer_fence(rivers)).all()
    # Sites at random on a drainage network: the area of a catchment exceeds a with a chance of a^-0.43.
    network = 0.25 * random.random(20_000) ** (-1 / 0.43)
    assert (network > outer_fence(network)).mean() == pytest.approx(0.01, abs=0.003)


@given(st.lists(st.floats(1e-3, 1e6), min_size=1, max_size=60))
def test_never_more_than_a_fourth_is_too_large(areas):
    areas = np.array(areas)
    assert (areas > outer_fence(areas)).sum() <= math.ceil((areas.size - 1) / 4)


def test_a_limit_of_the_survey_is_round_and_is_named():
    # Brooks that run southwards into a river, 32 samples with 5 cells upstream in them, and one at its end.
    codes = np.full((31, 200), 4, dtype=np.uint8)
    codes[:, 5::6] = 247
    codes[-1] = 1
    places = [at(4, column) for column in range(0, 190, 6)] + [at(30, 199)]
    small = Limits(reach=60.0, channel=4e4, least=3e4, most=None)
    found = survey_catchments(drained(codes), np.array(places), GRID, small)
    # All of 0.05 km2 but the last: eight times as much is still plausible.
    assert found.plausible == Limits(60.0, 4e4, 3e4, 400_000.0, stated=False)
    np.testing.assert_array_equal(np.flatnonzero(found.doubts["large"]), [len(places) - 1])
    rows = [f"{number}" for number in range(len(places))]
    texts = [str(one) for one in warnings_of(found.doubts, found.plausible, rows, "samples.csv")]
    (told,) = [text for text in texts if "larger than" in text]
    assert "whose catchment is larger than 0.4 km2 (far beyond most catchments of the survey) (row" in told
    stated = survey_catchments(drained(codes), np.array(places), GRID, replace(small, most=1e9))
    assert stated.plausible.most == 1e9
    assert not stated.doubts["large"].any()
