"""A small survey: 4 rows of 5 cells of 100 m."""

import numpy as np
import pyproj
import pytest
from geohalo.covariates.bands import Ground
from geohalo.cube.grid import Grid


@pytest.fixture
def ground():
    x = 500_050.0 + 100 * np.arange(5)
    y = 7_000_350.0 - 100 * np.arange(4)
    return Ground(Grid(x, y), np.ones((4, 5), dtype=bool), pyproj.CRS.from_epsg(32635))
