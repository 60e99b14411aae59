"""The ground up-ice of samples of till."""

import numpy as np
import pytest
from geohalo.cube.grid import Grid
from geohalo.errors import InputError
from geohalo.sources.covariance import covariance
from geohalo.sources.mixing import Mixing
from geohalo.sources.penalty import penalty
from geohalo.sources.till import REACH, till_shares
from geohalo.sources.unmixing import Options, unmix
from numpy.testing import assert_allclose

CELL = 100.0
GRID = Grid(CELL * (np.arange(60) + 0.5), CELL * (np.arange(60) + 0.5)[::-1])
MIDDLE = np.array([[3000.0, 3000.0]])


def ground(*arguments, points=MIDDLE, **keywords):
    """Return the weights as maps (samples, rows, columns)."""
    return till_shares(points, GRID, *arguments, **keywords).toarray().reshape(-1, 60, 60)


def test_ice_that_moved_south_brought_ground_from_the_north():
    weights = ground(180.0, length=500.0, width=200.0)[0]
    row, column = np.nonzero(weights)
    assert set(column) == {29, 30}  # 100 m to each side
    assert row.max() == 29  # the first row above 3,000 m
    assert_allclose(weights[29 - np.arange(20), 29], weights[29 - np.arange(20), 30])
    # Each row of 100 m is exp(-1/5) of the one below, and the first has 1 - exp(-1/5) of length times width.
    share = weights.sum(axis=1)
    assert_allclose(share[28:8:-1] / share[29:9:-1], np.exp(-0.2), rtol=1e-9)
    assert_allclose(share[29], (1 - np.exp(-0.2)) * 500 * 200, rtol=1e-9)
    assert_allclose(weights.sum(), (1 - np.exp(-REACH)) * 500 * 200, rtol=1e-9)


@pytest.mark.parametrize(("bearing", "east", "north"), [(0, 0, -1), (90, -1, 0), (270, 1, 0), (360, 0, -1)])
def test_the_centre_of_the_ground_lies_up_ice(bearing, east, north):
    weights = ground(float(bearing), length=300.0, width=300.0)[0]
    x, y = np.meshgrid(GRID.x, GRID.y)
    mean = [(weights * axis).sum() / weights.sum() - 3000 for axis in (x, y)]
    # Of an exponential that ends after five lengths, on cells of a third of a length.
    expected = 300 * (1 - REACH * np.exp(-REACH) / (1 - np.exp(-REACH)))
    assert_allclose(mean, [east * expected, north * expected], atol=15)


def test_a_raster_of_bearings_is_followed():
    """Ice that moved south in the north and east in the south: the strip turns to the north."""

    def flow(places):
        return np.where(places[:, 0] < 2500, 180.0, 90.0)

    weights = ground(flow, length=1000.0, width=20.0)[0]
    row, column = np.nonzero(weights)
    assert set(row[column >= 25]) <= {29, 30}
    assert (column >= 24).all()
    assert row.min() < 10


def test_a_strip_ends_where_the_flow_is_unknown():
    weights = ground(lambda places: np.where(places[:, 0] < 2500, np.nan, 90.0), length=1000.0, width=100.0)[
        0
    ]
    assert np.nonzero(weights)[1].min() >= 24


def test_ground_beyond_the_grid_is_left_out():
    points = np.array([[3000.0, 5900.0], [3000.0, 6500.0]])
    weights = ground(180.0, length=500.0, width=200.0, points=points).sum(axis=(1, 2))
    assert_allclose(weights, [(1 - np.exp(-0.2)) * 500 * 200, 0.0])


def test_many_samples_in_parts(monkeypatch):
    points = np.random.default_rng(0).uniform(1000, 5000, (40, 2))
    whole = ground(200.0, length=300.0, width=150.0, points=points)
    monkeypatch.setattr("geohalo.sources.till.MOST_POINTS", 1)
    assert_allclose(ground(200.0, length=300.0, width=150.0, points=points), whole)


def test_a_source_lies_up_ice_of_its_train():
    """A sheet of till with a train of 1 km: the map has its peak at the source, not where samples are richest."""
    points = np.random.default_rng(1).uniform(300, 5700, (400, 2))
    mixing = Mixing.of(till_shares(points, GRID, 90.0, 1000.0, 200.0), np.full(400, -1))
    x, y = np.meshgrid(GRID.x, GRID.y)
    sources = np.exp(-((x - 2000) ** 2 + (y - 3000) ** 2) / (2 * 250**2)).reshape(-1, 1)
    values = mixing.mix(sources)
    found = unmix(mixing, GRID.shape, CELL, values, options=Options(shares=[1e-3], variance=False))
    peak = np.argmax(found.estimate[:, 0])
    assert np.hypot(x.ravel()[peak] - 2000, y.ravel()[peak] - 3000) < 300
    richest = points[np.argmax(values[:, 0])]
    assert richest[0] > 2100


@pytest.mark.parametrize(
    ("keywords", "message"),
    [
        ({"bearing": 361.0}, "ice.bearing: 361 is no bearing. Give degrees"),
        ({"bearing": -1.0}, "ice.bearing: -1 is no bearing"),
        ({"bearing": np.nan}, "ice.bearing: nan is no bearing"),
        ({"length": 0.0}, "ice.length: 0 is no distance. Give metres"),
        ({"width": np.nan}, "ice.width: nan is no distance"),
        ({"bearing": lambda places: np.full(len(places), 400.0)}, "not within 0 to 360 at samples in rows 7"),
        ({"bearing": lambda places: np.full(len(places), np.nan)}, "has no value at samples in rows 7"),
    ],
)
def test_what_is_no_bearing_or_distance_is_named(keywords, message):
    arguments = {"bearing": 10.0, "length": 500.0, "width": 100.0} | keywords
    with pytest.raises(InputError, match=message):
        till_shares(MIDDLE, GRID, rows=[7], **arguments)


def test_left_out_samples_cannot_tell_the_way_of_the_ice_from_its_opposite():
    """Far from the borders, strips turned round make the same covariance among samples; across they do not."""
    grid = Grid(np.arange(90) * 100.0, np.arange(90)[::-1] * 100.0)
    points = 100.0 * np.random.default_rng(0).integers(35, 56, (20, 2))
    centred = np.eye(20) - 1 / 20

    def among(bearing):
        mixing = Mixing.of(till_shares(points, grid, bearing, 300.0, 100.0), np.full(20, -1))
        return centred @ covariance(mixing, penalty(grid.shape, "first", 100.0), np.ones(20)) @ centred

    size = np.abs(among(40.0)).max()
    # Measured: 3e-3 and 0.15.
    assert np.abs(among(40.0) - among(220.0)).max() < 0.01 * size
    assert np.abs(among(40.0) - among(130.0)).max() > 0.1 * size
