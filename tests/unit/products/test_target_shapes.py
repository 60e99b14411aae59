"""Outlines of labels, the nearest deposits and superpixels."""

import geopandas as gpd
import numpy as np
import pytest
from geohalo.products.target_shapes import (
    degrees,
    drawn_ground,
    nearest_deposits,
    outlines,
    rings,
    superpixels_of,
)
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from pyproj import CRS
from rasterio.features import rasterize
from rasterio.transform import from_origin
from shapely.geometry import Point, Polygon, box

CELL = 500.0
CORNER = from_origin(1000, 9000, CELL, CELL)


@settings(deadline=None)
@given(labels=arrays(np.int32, (9, 11), elements=st.integers(0, 3)))
def test_outlines_are_valid_and_cover_their_cells_and_no_others(labels):
    shapes = outlines(labels, CORNER)
    assert list(shapes) == sorted(set(labels.ravel()) - {0})
    for label, shape in shapes.items():
        assert shape.is_valid
        assert shape.area == pytest.approx((labels == label).sum() * CELL**2)
    if shapes:
        drawn = rasterize([(shape, label) for label, shape in shapes.items()], labels.shape, transform=CORNER)
        np.testing.assert_array_equal(drawn, labels)


def test_nearest_deposit_is_measured_from_the_edge():
    targets = gpd.GeoSeries([box(0, 0, 1000, 1000), box(9000, 0, 10000, 1000)], crs=32648)
    deposits = gpd.GeoDataFrame(
        {"deposit": [0, 1, 2], "name": ['Inside "A"', "", "Far"]},
        geometry=[Point(500, 500), Point(8000, 500), Point(50_000, 0)],
        crs=32648,
    )
    table = nearest_deposits(targets, deposits)
    assert table["nearest_deposit"].tolist() == ['Inside "A"', "deposit 1"]
    assert table["distance_km"].tolist() == [0.0, 1.0]
    none = nearest_deposits(targets, deposits.iloc[:0])
    assert none["nearest_deposit"].tolist() == ["", ""]
    assert none["distance_km"].isna().all()


def test_superpixels_of_targets_are_listed_once():
    rank = np.array([[1, 1, 0], [2, 1, 0]], dtype=np.uint16)
    superpixels = np.array([[12, 12, 3], [7, 5, 3]])
    assert superpixels_of(rank, superpixels) == ["5 12", "7"]
    assert superpixels_of(np.zeros_like(rank), superpixels) == []


def test_degrees_come_longitude_first():
    lon, lat = degrees(np.array([500_000.0]), np.array([0.0]), CRS(32648).to_wkt())
    np.testing.assert_allclose([lon[0], lat[0]], [105, 0], atol=1e-9)


def test_blocks_that_a_figure_shows_hold_at_least_half_of_their_cells():
    inside = np.zeros((3, 5), dtype=bool)
    inside[0, :3] = inside[1, 2] = inside[2, 4] = True
    blocks, extent = drawn_ground(inside, (10.0, 60.0, 40.0, 70.0), most=3)
    # Blocks of 2 x 2 cells; those at the end have a row or a column without any.
    np.testing.assert_array_equal(blocks, [[True, True, False], [False, False, False]])
    assert extent == (10, 70, 30, 70)
    same, whole = drawn_ground(inside, (10.0, 60.0, 40.0, 70.0), most=5)
    assert same is inside
    assert whole == (10, 60, 40, 70)


def test_lines_around_blocks_keep_the_place_and_the_area_of_large_ground():
    rows, columns = np.indices((400, 400))
    disc = (rows - 150) ** 2 + (columns - 250) ** 2 < 100**2
    (ring,) = rings(*drawn_ground(disc, (0.0, 400.0, 0.0, 400.0), most=100))[1]
    drawn = Polygon(ring)
    assert drawn.area == pytest.approx(np.pi * 100**2, rel=0.01)
    assert drawn.centroid.coords[0] == pytest.approx((250.5, 249.5), abs=0.5)
