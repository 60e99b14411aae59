"""Where things are: sample sites, truth cells, structures and deposits."""

from dataclasses import dataclass

import numpy as np
from scipy.spatial import KDTree

from geohalo.errors import InputError
from geohalo.simulated_region import south_west
from geohalo.survey.simulation.fields import draw_field

HEIGHT_TO_WIDTH = 1.115
SPARE_SQUARES = 1.08  # squares to choose from for each sample, so that the outline can be irregular
STRUCTURE_STEP = 0.25  # times the sample spacing
NEAR_SAMPLE = 0.75  # times the sample spacing: structures and deposits farther from samples are left out
CAMP_SEPARATION = 10_000.0
CAMP_RADIUS = 6_000.0
DEPOSIT_SEPARATION = 1_500.0
DEPOSITS_PER_CAMP = 1.8
TAKEN = -1.0  # in place of the distance of a point that has a deposit


@dataclass(frozen=True)
class SampleLayout:
    """Sample sites and the truth cells around them.

    Attributes
    ----------
    sites : ndarray, shape (samples, 2)
        Coordinates (x, y) in metres.
    squares : ndarray of int, shape (samples, 2)
        Column and row (from the south-west) of the square that each sample stands for.
    x, y : ndarray
        Centres of the truth cells in metres; y descends.
    """

    sites: np.ndarray
    squares: np.ndarray
    x: np.ndarray
    y: np.ndarray

    @property
    def spacing(self) -> float:
        """Side in metres of the square that each sample stands for."""
        return float(2 * (self.x[1] - self.x[0]))

    @property
    def area(self) -> float:
        """Ground that the samples stand for, in square metres."""
        return len(self.sites) * self.spacing**2

    @property
    def cells(self) -> np.ndarray:
        """Cell centres row by row, shape (y * x, 2)."""
        return np.stack(np.meshgrid(self.x, self.y), axis=-1).reshape(-1, 2)


@dataclass(frozen=True)
class Structures:
    """Points every `STRUCTURE_STEP` sample spacings along faults.

    Attributes
    ----------
    points : ndarray, shape (n, 2)
        Coordinates (x, y) in metres.
    azimuth : ndarray, shape (n,)
        Local direction of the structure, degrees clockwise from north.
    fertile : ndarray of bool, shape (n,)
        Whether deposits may form here; barren structures only carry alteration.
    line : ndarray of int, shape (n,)
        Number of the fault, from 0.
    """

    points: np.ndarray
    azimuth: np.ndarray
    fertile: np.ndarray
    line: np.ndarray

    def select(self, chosen: np.ndarray) -> "Structures":
        """Keep the points of a mask or an index array."""
        return Structures(self.points[chosen], self.azimuth[chosen], self.fertile[chosen], self.line[chosen])


def lay_out_samples(n_samples: int, spacing: float, rng: np.random.Generator) -> SampleLayout:
    """Put one sample at random in each of `n_samples` squares with an irregular outline.

    Parameters
    ----------
    n_samples : int
        Number of samples.
    spacing : float
        Side of a square in metres; truth cells are half of it.
    rng : numpy.random.Generator
        Source of the draws.

    Returns
    -------
    SampleLayout
        Samples stay 0.1 `spacing` away from their square's edges, hence 0.2 `spacing` from each
        other.
    """
    n_columns = int(np.ceil(np.sqrt(SPARE_SQUARES * n_samples / HEIGHT_TO_WIDTH)))
    n_rows = int(np.ceil(SPARE_SQUARES * n_samples / n_columns))
    column, row = (axis.ravel() for axis in np.meshgrid(np.arange(n_columns), np.arange(n_rows)))
    unit = [(np.arange(n) + 0.5) / n * 2 - 1 for n in (n_columns, n_rows)]
    wobble = draw_field(rng, length=0.25, smooth=True).on_grid(*unit)
    outwardness = np.add.outer(unit[1] ** 4, unit[0] ** 4).ravel() + 0.15 * wobble
    chosen = np.sort(np.argsort(outwardness, kind="stable")[:n_samples])
    squares = np.column_stack([column, row])[chosen]
    corner = np.array(south_west(n_samples, spacing, (n_columns * spacing, n_rows * spacing)))
    sites = corner + (squares + rng.uniform(0.1, 0.9, size=squares.shape)) * spacing
    cell = spacing / 2
    x = corner[0] + (np.arange(2 * n_columns) + 0.5) * cell
    y = (corner[1] + (np.arange(2 * n_rows) + 0.5) * cell)[::-1]
    return SampleLayout(sites, squares, x, y)


def _trace(
    centre: np.ndarray, azimuth: float, length: float, step: float, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Follow one gently winding fault; return its points and their local azimuths."""
    distance = np.arange(-length / 2, length / 2, step)
    wave = 2 * np.pi * distance / rng.uniform(25_000, 45_000) + rng.uniform(0, 2 * np.pi)
    heading = azimuth + 9 * np.sin(wave)
    radians = np.deg2rad(heading)
    path = np.cumsum(step * np.column_stack([np.sin(radians), np.cos(radians)]), axis=0)
    return centre + path - path[len(path) // 2], heading


def draw_structures(layout: SampleLayout, strike: float, rng: np.random.Generator) -> Structures:
    """Draw faults along a dominant strike, evenly spread across it, and a barren set that crosses them.

    Parameters
    ----------
    layout : SampleLayout
        The survey; structures are cut to where a sample is within `NEAR_SAMPLE`.
    strike : float
        Dominant strike, degrees clockwise from north.
    rng : numpy.random.Generator
        Source of the draws.

    Returns
    -------
    Structures
    """
    corners = np.array([[layout.x[0], layout.y[-1]], [layout.x[-1], layout.y[0]]])
    middle, extent = corners.mean(axis=0), np.ptp(corners, axis=0)
    radians = np.deg2rad(strike)
    along = np.array([np.sin(radians), np.cos(radians)])
    across = np.array([np.cos(radians), -np.sin(radians)])
    reach_along, reach_across = np.abs(along) @ extent, np.abs(across) @ extent
    n_main = max(4, round(reach_across / 12_000))
    n_cross = max(1, n_main // 3)
    offsets = (np.arange(n_main) + rng.uniform(0.2, 0.8, n_main)) / n_main - 0.5
    fertile_lines = rng.permutation(n_main) < max(2, int(np.ceil(0.5 * n_main)))
    parts = []
    for line in range(n_main + n_cross):
        is_main = line < n_main
        offset = 0.85 * offsets[line] * reach_across if is_main else rng.uniform(-0.4, 0.4) * reach_across
        centre = middle + across * offset + along * rng.uniform(-0.2, 0.2) * reach_along
        azimuth = strike + (rng.normal(0, 5) if is_main else rng.uniform(55, 75))
        length = rng.uniform(0.5, 0.9) * reach_along
        points, heading = _trace(centre, azimuth, length, STRUCTURE_STEP * layout.spacing, rng)
        is_fertile = is_main and fertile_lines[line]
        parts.append((points, heading, np.full(len(points), is_fertile), np.full(len(points), line)))
    structures = Structures(*(np.concatenate(columns) for columns in zip(*parts, strict=True)))
    to_sample, _ = KDTree(layout.sites).query(structures.points)
    return structures.select(to_sample < NEAR_SAMPLE * layout.spacing)


def place_deposits(structures: Structures, n_deposits: int, rng: np.random.Generator) -> np.ndarray:
    """Choose structure points for deposits: camps far apart, each with one or a few deposits.

    Parameters
    ----------
    structures : Structures
        Points to choose from; the fertile ones are taken, and the others only if these are too few.
    n_deposits : int
        Number of deposits.
    rng : numpy.random.Generator
        Source of the draws.

    Returns
    -------
    ndarray of int, shape (n_deposits,)
        Indices into `structures`.

    Raises
    ------
    InputError
        If the structures have fewer points than deposits are asked for.
    """
    candidates = np.flatnonzero(structures.fertile)
    if len(candidates) < n_deposits:
        candidates = np.arange(len(structures.fertile))
    if len(candidates) < n_deposits:
        raise InputError(
            f"simulate.deposits: {n_deposits} deposits do not fit on the structures of so "
            f"small a survey ({len(candidates)} places). Lower simulate.deposits or raise simulate.samples."
        )
    points = structures.points[candidates]
    n_camps = min(n_deposits, max(2, round(n_deposits / DEPOSITS_PER_CAMP)))
    # Camps grow in turn, some twice as fast as others.
    order = np.concatenate([rng.permutation(n_camps), rng.permutation(n_camps)[: n_camps // 2]])
    order = rng.permutation(order)
    chosen: list[int] = []
    to_chosen = np.full(len(points), np.inf)
    for number in range(n_deposits):
        near, low = np.ones(len(points), dtype=bool), CAMP_SEPARATION
        if number >= n_camps:
            camp = chosen[order[(number - n_camps) % len(order)]]
            near, low = _distance(points, camp) <= CAMP_RADIUS, DEPOSIT_SEPARATION
        chosen.append(_pick(to_chosen, near, low, rng))
        to_chosen = np.minimum(to_chosen, _distance(points, chosen[-1]))
        to_chosen[chosen[-1]] = TAKEN
    return candidates[chosen]


def _distance(points: np.ndarray, one: int) -> np.ndarray:
    """Return the distance of all points to one of them."""
    return np.sqrt(((points - points[one]) ** 2).sum(axis=1))


def _pick(to_chosen: np.ndarray, near: np.ndarray, low: float, rng: np.random.Generator) -> int:
    """Pick a free point of a mask ``low`` away from those chosen, giving up distance where there is no room."""
    free = to_chosen > TAKEN
    if (near & free).any():
        free &= near
    farthest = to_chosen[free].max()
    if farthest < low:
        low = 0.8 * farthest
    return int(rng.choice(np.flatnonzero(free & (to_chosen >= low))))
