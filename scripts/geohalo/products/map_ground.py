"""The ground that maps are drawn on."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from geohalo.products.styles import plain

#: Ratio of the longer side of a map to its shorter one.
MOST_STRETCHED = 4.0
#: Rows and columns of a grid that stands for ground without one.
LINES = 50


@dataclass(frozen=True)
class MapGround:
    """What every map of a survey shares: its name, its grid and the cells that are mapped.

    Attributes
    ----------
    survey : str
        Name of the survey.
    x : ndarray (columns,)
        Eastings of the cell centres in metres, ascending.
    y : ndarray (rows,)
        Northings in metres, descending.
    mask : ndarray (rows, columns) of bool
        Interpolated cells.
    crs : str
        Name of the coordinate system, such as ``EPSG:2157``; may be empty.
    """

    survey: str
    x: NDArray[np.float64]
    y: NDArray[np.float64]
    mask: NDArray[np.bool_]
    crs: str = ""

    def __post_init__(self) -> None:
        """Check that the parts fit."""
        if self.mask.shape != (self.y.size, self.x.size):
            raise ValueError(f"mask has shape {self.mask.shape}; expected {(self.y.size, self.x.size)}")
        if self.x.size < 2 or self.y.size < 2:
            raise ValueError("a map needs at least 2 x 2 cells")

    @classmethod
    def around(cls, survey: str, points: NDArray[np.float64], crs: str = "") -> "MapGround":
        """Return the rectangle around points (n, 2) in metres, with a margin; all of it counts as mapped."""
        low, high = points.min(axis=0), points.max(axis=0)
        margin = 0.02 * max(float((high - low).max()), 1.0)
        x = np.linspace(low[0] - margin, high[0] + margin, LINES)
        y = np.linspace(high[1] + margin, low[1] - margin, LINES)
        return cls(survey, x, y, np.ones((LINES, LINES), dtype=bool), crs)

    def part(self, rows: slice, columns: slice) -> "MapGround":
        """Return some rows and columns of the ground."""
        return MapGround(self.survey, self.x[columns], self.y[rows], self.mask[rows, columns], self.crs)

    @property
    def cell(self) -> tuple[float, float]:
        """Width and height of a cell in km."""
        return abs(self.x[1] - self.x[0]) / 1e3, abs(self.y[1] - self.y[0]) / 1e3

    @property
    def extent(self) -> tuple[float, float, float, float]:
        """Outer edges of the cells in km: left, right, bottom, top."""
        width, height = self.cell
        west, east = self.x.min() / 1e3 - width / 2, self.x.max() / 1e3 + width / 2
        return west, east, self.y.min() / 1e3 - height / 2, self.y.max() / 1e3 + height / 2

    @property
    def frame(self) -> tuple[float, float, float, float]:
        """Edges of the drawn rectangle in km, like `extent`; a strip is padded to `MOST_STRETCHED`."""
        west, east, south, north = self.extent
        width, height = east - west, north - south
        padding_x = max(0.0, height / MOST_STRETCHED - width) / 2
        padding_y = max(0.0, width / MOST_STRETCHED - height) / 2
        return west - padding_x, east + padding_x, south - padding_y, north + padding_y

    @property
    def size(self) -> tuple[float, float]:
        """Width and height of the frame in km."""
        west, east, south, north = self.frame
        return east - west, north - south

    @property
    def area(self) -> float:
        """Interpolated area in km²."""
        return float(self.mask.sum()) * math.prod(self.cell)

    @property
    def caption(self) -> str:
        """Sentence that names the coordinate system, with a leading blank; empty when it has no name."""
        return f" Map grid: {plain(self.crs)}." if self.crs else ""

    def masked(self, values: ArrayLike) -> np.ma.MaskedArray:
        """Return values (rows, columns) with cells masked that are outside or have no finite value.

        Raises
        ------
        ValueError
            If the shape is not the grid's.
        """
        array = np.asarray(values)
        if array.shape != self.mask.shape:
            raise ValueError(f"a layer has shape {array.shape}; the grid has {self.mask.shape}")
        return np.ma.masked_where(~self.mask | ~np.isfinite(array), array)

    def inside(self, points: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Tell which points (n, 2) in metres lie in the frame."""
        west, east, south, north = (edge * 1e3 for edge in self.frame)
        x, y = points.T
        return (x >= west) & (x <= east) & (y >= south) & (y <= north)
