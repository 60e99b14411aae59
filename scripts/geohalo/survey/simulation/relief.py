"""A relief that water made, samples in its streams, and the ground that these are mixtures of.

The slope of a river falls with the area that it drains, as its -0.45th power (Flint 1974, doi 10.1029/WR010i005p00969;
the steady state of erosion by rivers). So a rough surface is drained, heights are added up again from the edges along
the rivers with such slopes, and after a few rounds the valleys are where the rivers are.
"""

from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array, csr_array

from geohalo.survey.simulation.fields import draw_field
from geohalo.survey.simulation.layout import SampleLayout

Codes = NDArray[np.uint8]
Integers = NDArray[np.int64]

#: Cells of the relief along a truth cell.
FINER = 4
#: Of the surface that is drained first: correlation length in sample spacings, and the rounds of erosion.
ROUGHNESS_LENGTH, ROUNDS = 8.0, 5
#: Slope of a river that drains one square of the survey, the power of the drained area, and how rocks differ (ln).
SLOPE, CONCAVITY, HARDNESS = 0.02, 0.45, 0.3
#: Spread (ln) of the areas of catchments about the square that a sample stands for.
CATCHMENT_SPREAD = 0.5
#: Share of a square's side that a sample stays away from its edge, and of a cell of the relief that it is moved by.
INSIDE, OFF = 0.1, 0.3


class Waters(Protocol):
    """What finds the ways of water on a relief."""

    def directions(self, heights: NDArray[np.float32], cell: float) -> Codes:
        """Return where each cell drains to: 1 east, 2 southeast, ... 128 northeast, 0 where water leaves."""
        ...

    def upstream(self, codes: Codes) -> NDArray[np.int32]:
        """Count the cells that drain through each, itself included."""
        ...

    def increments(self, codes: Codes, outlets: Integers) -> tuple[NDArray[np.int32], Integers]:
        """Return the first outlet that each cell drains through (-1 for none), and the next one below each outlet."""
        ...


@dataclass(frozen=True)
class Relief:
    """Heights of a survey and their rivers.

    Attributes
    ----------
    x, y : ndarray
        Centres of the cells in metres; y descends.
    heights : ndarray of float32, shape (y, x)
        Metres.
    codes : ndarray of uint8, shape (y, x)
        Flow directions (`Waters.directions`).
    upstream : ndarray of int, shape (y, x)
        Cells that drain through each.
    """

    x: np.ndarray
    y: np.ndarray
    heights: NDArray[np.float32]
    codes: Codes
    upstream: NDArray[np.int32]

    @property
    def cell(self) -> float:
        """Side of a cell in metres."""
        return float(self.x[1] - self.x[0])


@dataclass(frozen=True)
class StreamGround:
    """What ground stream samples are mixtures of.

    Attributes
    ----------
    shares : csr_array, shape (samples, truth cells)
        Cells of the relief of the ground that a sample sees before any other, in each truth cell.
    parent : ndarray of int, shape (samples,)
        The next sample downstream, -1 without one; of a second sample in one cell of the relief, the first there.
    """

    shares: csr_array
    parent: Integers

    def mix(self, ground: np.ndarray) -> np.ndarray:
        """Return the mean of the whole catchment of each sample (samples, elements) of ground (cells, elements)."""
        load = self.shares @ ground
        area = np.asarray(self.shares.sum(axis=1), dtype=float)
        first = area > 0
        for sample in _upstream_first(self.parent):
            below = self.parent[sample]
            if below >= 0:
                load[below] += load[sample]
                area[below] += area[sample]
        mean = load / np.where(area > 0, area, 1)[:, None]
        # A second sample in a cell has no ground before the first.
        return np.where(first[:, None], mean, mean[np.maximum(self.parent, 0)])


def draw_relief(layout: SampleLayout, waters: Waters, rng: np.random.Generator) -> Relief:
    """Draw the relief of a survey, whose water leaves at the edges.

    Parameters
    ----------
    layout : SampleLayout
        The survey.
    waters : Waters
        What finds the ways of water.
    rng : numpy.random.Generator
        Source of the draws.

    Returns
    -------
    Relief
        On cells of a `FINER`-th of the truth cells, without hollows.
    """
    x, y = _finer(layout.x), _finer(layout.y)
    cell = float(x[1] - x[0])
    surface = draw_field(rng, ROUGHNESS_LENGTH * layout.spacing, modes=300).on_grid(x, y)
    heights = (100.0 * (surface - surface.min())).reshape(y.size, x.size).astype(np.float32)
    hardness = np.exp(HARDNESS * rng.standard_normal(heights.size))
    for _ in range(ROUNDS):
        codes = waters.directions(heights, cell)
        drained = waters.upstream(codes).ravel() * (cell / layout.spacing) ** 2
        slope = SLOPE * hardness * drained**-CONCAVITY
        heights = _added_up(codes, slope, cell).reshape(codes.shape).astype(np.float32)
    codes = waters.directions(heights, cell)
    return Relief(x, y, heights, codes, waters.upstream(codes))


def put_into_streams(layout: SampleLayout, relief: Relief, rng: np.random.Generator) -> SampleLayout:
    """Move each sample to the stream of its square whose catchment is nearest in size to one that is drawn.

    Parameters
    ----------
    layout : SampleLayout
    relief : Relief
    rng : numpy.random.Generator
        Source of the draws.

    Returns
    -------
    SampleLayout
        With other sites, a little off the middle of their cells.
    """
    squares, cell = layout.squares, relief.cell
    wanted = np.exp(CATCHMENT_SPREAD * rng.standard_normal(len(squares))) * (layout.spacing / cell) ** 2
    off = rng.uniform(-OFF, OFF, (len(squares), 2)) * cell
    side = 2 * FINER
    margin = max(1, int(INSIDE * side)) if side > 2 else 0
    inner = np.arange(margin, side - margin)
    # Squares count from the southwest, rows of the relief from the north.
    column = squares[:, 0, None, None] * side + inner[None, None, :]
    row = relief.y.size - 1 - (squares[:, 1, None, None] * side + inner[None, :, None])
    row, column = np.broadcast_arrays(row, column)
    miss = np.abs(np.log(relief.upstream[row, column] / wanted[:, None, None])).reshape(len(squares), -1)
    best = miss.argmin(axis=1)
    one = np.arange(len(squares))
    rows, columns = (axis.reshape(len(squares), -1)[one, best] for axis in (row, column))
    return replace(layout, sites=np.column_stack([relief.x[columns], relief.y[rows]]) + off)


def stream_ground(layout: SampleLayout, relief: Relief, waters: Waters) -> StreamGround:
    """Find the ground of each sample; see `StreamGround`."""
    west, north, cell = relief.x[0] - relief.cell / 2, relief.y[0] + relief.cell / 2, relief.cell
    column = ((layout.sites[:, 0] - west) // cell).astype(np.int64)
    row = ((north - layout.sites[:, 1]) // cell).astype(np.int64)
    outlets = row * relief.x.size + column
    label, parent = waters.increments(relief.codes, outlets)
    known, first = np.unique(outlets, return_index=True)
    owner = first[np.searchsorted(known, outlets)]
    parent = np.where(owner == np.arange(owner.size), parent, owner)
    truth = np.repeat(np.arange(layout.y.size), FINER)[:, None] * layout.x.size
    truth = (truth + np.repeat(np.arange(layout.x.size), FINER)[None, :]).ravel()
    seen = label.ravel() >= 0
    pairs = (label.ravel()[seen], truth[seen])
    shape = (len(outlets), layout.x.size * layout.y.size)
    return StreamGround(csr_array(coo_array((np.ones(seen.sum()), pairs), shape=shape)), parent)


def _finer(axis: np.ndarray) -> np.ndarray:
    """Cut each step of an axis into `FINER`."""
    step = axis[1] - axis[0]
    return (axis[:, None] + step * ((np.arange(FINER) + 0.5) / FINER - 0.5)).ravel()


def _added_up(codes: Codes, slope: np.ndarray, cell: float) -> np.ndarray:
    """Add up slopes from where water leaves, along its way; heights (cells,)."""
    columns = codes.shape[1]
    below, length = np.arange(codes.size), np.zeros(codes.size)
    steps = ((0, 1), (1, 1), (1, 0), (1, -1), (0, -1), (-1, -1), (-1, 0), (-1, 1))
    for power, (down, right) in enumerate(steps):
        there = np.flatnonzero(codes.ravel() == 1 << power)
        below[there] = there + down * columns + right
        length[there] = cell * np.hypot(down, right)
    heights = slope * length
    for _ in range(codes.size.bit_length()):
        ahead = heights[below]
        if not ahead.any():
            break
        heights, below = heights + ahead, below[below]
    return heights


def _upstream_first(parent: Integers) -> Integers:
    """Order samples so that each stands after all upstream of it."""
    outlet = parent.size
    jump = np.append(np.where(parent >= 0, parent, outlet), outlet)
    depth = np.append(parent >= 0, False).astype(np.int64)
    for _ in range(outlet.bit_length()):
        depth += depth[jump]
        jump = jump[jump]
    return np.argsort(-depth[:outlet], kind="stable")
