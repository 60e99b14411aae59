"""Small synthetic surveys in the three shapes that maps come in."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
import pytest
from geohalo.products.map_ground import MapGround

SHAPES = {"wide": (24, 52), "tall": (50, 30), "square": (40, 40)}


@dataclass
class Scene:
    """A grid of 2 km cells with a round mask, a smooth layer and four deposits, the last of them outside."""

    x: np.ndarray
    y: np.ndarray
    mask: np.ndarray
    layer: np.ndarray
    deposits: pd.DataFrame

    @property
    def ground(self) -> MapGround:
        return MapGround("survey", self.x, self.y, self.mask)


def make_scene(rows: int, columns: int) -> Scene:
    x = 500_000 + 2000.0 * np.arange(columns)
    y = 6_000_000 - 2000.0 * np.arange(rows)
    u, v = np.meshgrid(np.linspace(-1, 1, columns), np.linspace(-1, 1, rows))
    mask = u**2 + v**2 < 1
    layer = np.where(mask, 0.5 + 0.5 * np.sin(3 * u) * np.cos(2 * v), np.nan)
    at = np.array([[0.52, 0.53], [0.3, 0.4], [0.6, 0.7], [0.01, 0.01]])
    deposits = pd.DataFrame(
        {
            "x": x[0] + at[:, 0] * np.ptp(x),
            "y": y[0] - at[:, 1] * np.ptp(y),
            "name": ["Alpha", "Beta", "Gamma", "Delta"],
            "inside": [True, True, True, False],
        }
    )
    return Scene(x, y, mask, layer, deposits)


@pytest.fixture(params=SHAPES)
def scene(request) -> Scene:
    """Return a survey of each shape in turn."""
    return make_scene(*SHAPES[request.param])


@pytest.fixture
def square() -> Scene:
    """Return a square survey."""
    return make_scene(*SHAPES["square"])
