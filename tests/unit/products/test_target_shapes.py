"""Outlines of labels, the nearest deposits and superpixels."""

import geopandas as gpd
import numpy as np
import pytest
from geohalo.products.target_shapes import degrees, nearest_deposits, outlines, superpixels_of
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from pyproj import CRS
from rasterio.features import rasterize
from rasterio.transform import from_origin
from shapely.geometry import Point, box

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
