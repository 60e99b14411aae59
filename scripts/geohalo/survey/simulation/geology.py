"""The natural part: lithologies, regional factors, halos of deposits and of barren zones, sampling noise."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from scipy.ndimage import gaussian_filter, map_coordinates
from scipy.spatial import KDTree

from geohalo.survey.simulation.fields import gaussian_field, near_sources, row_blocks
from geohalo.survey.simulation.layout import SampleLayout, Structures
from geohalo.survey.simulation.signatures import (
    BARREN_TYPES,
    ELEMENTS,
    HALO_TYPES,
    LITHOLOGIES,
    NUGGET,
    NUGGET_DEFAULT,
    REGIONAL_FACTORS,
    as_matrix,
)

# Stretch (along, across the structure) of each zone of a halo against its main one.
ZONES = {"core": (0.7, 0.7), "main": (1.0, 1.0), "front": (1.25, 1.3), "depleted": (1.4, 0.9)}
HALO_HALF_LENGTH = (4_000.0, 6_000.0)
HALO_HALF_WIDTH = (1_500.0, 2_500.0)
MIXTURE_SPREAD = 0.5  # natural log, of each element in the mixture of one deposit
BARREN_ZONE_AREA = 300e6  # one barren zone for so many square metres
FARTHEST = 6.1  # half lengths: exp(-6.1^2) is below the rounding of 1
CATCHMENT = 1.0  # cells: how far sediments carry the composition of one rock over the next


@dataclass(frozen=True)
class Halos:
    """Elliptical halos, of deposits or of barren zones.

    Attributes
    ----------
    centres : ndarray, shape (n, 2)
        Coordinates (x, y) in metres.
    azimuth : ndarray, shape (n,)
        Direction of the long axis, degrees clockwise from north.
    half_length, half_width : ndarray, shape (n,)
        Distances in metres at which the shape has fallen to 1/e = 0.37 of its height.
    strength : ndarray, shape (n,)
        Height, 0 to 1.
    shifts : dict of str to ndarray, shape (n, elements)
        For each zone, log shifts of the elements at strength 1.
    """

    centres: np.ndarray
    azimuth: np.ndarray
    half_length: np.ndarray
    half_width: np.ndarray
    strength: np.ndarray
    shifts: dict[str, np.ndarray]

    def shape(self, one: int, places: np.ndarray, along: float = 1.0, across: float = 1.0) -> np.ndarray:
        """Evaluate the shape (0 to 1, without its strength) of one halo at places (n, 2); returns (n,)."""
        east, north = np.sin(np.deg2rad(self.azimuth[one])), np.cos(np.deg2rad(self.azimuth[one]))
        x, y = (places - self.centres[one]).T
        u = (x * east + y * north) / (along * self.half_length[one])
        v = (x * north - y * east) / (across * self.half_width[one])
        return np.exp(-(u**2 + v**2))

    def reach(self, zones: Iterable[str]) -> np.ndarray:
        """Distances in metres (halos,) beyond which these zones add nothing that a number could hold."""
        along, across = (max(ZONES[zone][axis] for zone in zones) for axis in (0, 1))
        return FARTHEST * np.maximum(along * self.half_length, across * self.half_width)

    def share(self, places: np.ndarray) -> np.ndarray:
        """Joint strength (0 to 1) of all halos at places: one minus the product of what each leaves."""
        left = np.ones(len(places))
        for one, near in near_sources(places, self.centres, self.reach(["main"])):
            left[near] *= 1.0 - self.strength[one] * self.shape(one, places[near])
        return 1.0 - left

    def log_shift(self, places: np.ndarray) -> np.ndarray:
        """Sum of the log shifts of all halos and zones at places; returns (places, elements)."""
        total = np.zeros((len(places), len(ELEMENTS)))
        for one, near in near_sources(places, self.centres, self.reach(self.shifts)):
            for zone, by_halo in self.shifts.items():
                shape = self.strength[one] * self.shape(one, places[near], *ZONES[zone])
                total[near] += shape[:, None] * by_halo[one]
        return total


def draw_lithologies(layout: SampleLayout, strike: float, rng: np.random.Generator) -> np.ndarray:
    """Draw lithology blocks by truncating three random fields (a plurigaussian simulation).

    The first field separates carbonate and mafic volcanic belts from the rest, the second one
    divides the rest, and granites, roundish, cut through all. Thresholds are quantiles, so that the
    shares of the rocks are the same in every survey.

    Returns
    -------
    ndarray of int, shape (y, x)
        Position in `LITHOLOGIES`.

    References
    ----------
    Armstrong et al. (2011), Plurigaussian Simulations in Geosciences, 2nd ed., Springer.
    """
    cells, codes = layout.cells, {name: code for code, name in enumerate(LITHOLOGIES)}
    belt = gaussian_field(cells, rng, (30_000.0, 10_000.0), strike, smooth=True, modes=300)
    facies = gaussian_field(cells, rng, (25_000.0, 8_000.0), strike, smooth=True, modes=300)
    pluton = gaussian_field(cells, rng, 8_000.0, smooth=True, modes=300)
    rock = np.full(len(cells), codes["clastic"])
    rock[facies > np.quantile(facies, 0.62)] = codes["metamorphic"]
    rock[facies < np.quantile(facies, 0.17)] = codes["black shale"]
    rock[belt < np.quantile(belt, 0.2)] = codes["carbonate"]
    rock[belt > np.quantile(belt, 0.83)] = codes["mafic volcanic"]
    rock[pluton > np.quantile(pluton, 0.88)] = codes["granite"]
    return rock.reshape(len(layout.y), len(layout.x))


def lithology_shift(lithology: np.ndarray, layout: SampleLayout) -> np.ndarray:
    """Log shifts at the samples from the rocks around them, (samples, elements); blurred as sediments are."""
    cell = layout.x[1] - layout.x[0]
    position = np.stack(
        [(layout.y[0] - layout.sites[:, 1]) / cell, (layout.sites[:, 0] - layout.x[0]) / cell]
    )
    shares = [
        map_coordinates(
            gaussian_filter((lithology == code).astype(float), CATCHMENT),
            position,
            order=1,
            mode="nearest",
        )
        for code in range(len(LITHOLOGIES))
    ]
    return np.column_stack(shares) @ as_matrix(list(LITHOLOGIES.values()))


def regional_shift(sites: np.ndarray, strike: float, rng: np.random.Generator) -> np.ndarray:
    """Log shifts from correlated regional factors and from shorter fields that all elements share.

    Each factor is one rough random field, longer along strike, times the loadings of
    `REGIONAL_FACTORS`. The shorter fields give every element some pattern of its own without a
    field for each.

    Returns
    -------
    ndarray, shape (samples, elements)
    """
    total = np.zeros((len(sites), len(ELEMENTS)))
    for loading in as_matrix(list(REGIONAL_FACTORS.values())):
        across = rng.uniform(6_000, 14_000)
        field = gaussian_field(
            sites, rng, (across * rng.uniform(1.5, 2.5), across), strike + rng.normal(0, 12)
        )
        _add(total, field, loading)
    n_short = 8
    scatter = np.array([NUGGET.get(element, NUGGET_DEFAULT) for element in ELEMENTS])
    mixing = rng.normal(size=(n_short, len(ELEMENTS))) / np.sqrt(n_short) * 0.8 * scatter
    for loading in mixing:
        _add(total, gaussian_field(sites, rng, (6_000.0, 3_500.0), strike, modes=300), loading)
    return total


def _add(total: np.ndarray, field: np.ndarray, loading: np.ndarray) -> None:
    """Add the values of a field (samples,) times the loadings of the elements, in place."""
    for rows in row_blocks(len(total)):
        total[rows] += field[rows, None] * loading


def nugget_shift(n_samples: int, rng: np.random.Generator) -> np.ndarray:
    """Log shifts of sampling and analysis: white noise, part of it shared by all elements (grain size)."""
    scatter = np.array([NUGGET.get(element, NUGGET_DEFAULT) for element in ELEMENTS])
    shift = rng.normal(size=(n_samples, len(ELEMENTS)))
    shared = rng.normal(size=(n_samples, 1))
    for rows in row_blocks(n_samples):
        shift[rows] = scatter * (0.9 * shift[rows] + 0.44 * shared[rows])
    return shift


def draw_deposit_halos(
    centres: np.ndarray, azimuth: np.ndarray, rng: np.random.Generator
) -> tuple[Halos, np.ndarray]:
    """Give each deposit a genetic type, a strength and its own mixture of the type's elements.

    Returns
    -------
    Halos
        A fifth of the deposits is weak (strength under 0.4).
    ndarray of str, shape (deposits,)
        Key of `HALO_TYPES`.
    """
    n = len(centres)
    types = np.array(list(HALO_TYPES))[(np.arange(n) * len(HALO_TYPES)) // n]
    types = types[rng.permutation(n)]
    strength = rng.uniform(0.5, 1.0, n)
    weak = rng.permutation(n) < round(0.2 * n)
    strength[weak] = rng.uniform(0.2, 0.4, weak.sum())
    shifts = {}
    for zone in ZONES:
        by_type = as_matrix([HALO_TYPES[name][zone] for name in types])
        shifts[zone] = by_type * rng.lognormal(-(MIXTURE_SPREAD**2) / 2, MIXTURE_SPREAD, by_type.shape)
    halos = Halos(
        centres,
        azimuth + rng.normal(0, 6, n),
        rng.uniform(*HALO_HALF_LENGTH, n),
        rng.uniform(*HALO_HALF_WIDTH, n),
        strength,
        shifts,
    )
    return halos, types


def draw_barren_zones(
    layout: SampleLayout, structures: Structures, deposits: np.ndarray, rng: np.random.Generator
) -> Halos:
    """Draw altered zones that hold no deposit and show only part of a deposit's signature.

    Two thirds lie on structures, the others anywhere in the survey; none within 5 km of a deposit
    where there is room.

    Returns
    -------
    Halos
        All in the zone `main`.
    """
    n = max(3, round(min(layout.area / BARREN_ZONE_AREA, len(layout.sites) / 20)))
    points = np.concatenate([structures.points, layout.sites])
    azimuth = np.concatenate([structures.azimuth, rng.uniform(0, 180, len(layout.sites))])
    sizes = np.array([len(structures.points), len(layout.sites)])
    weight = np.repeat(np.array([2 / 3, 1 / 3]) / sizes, sizes)
    to_deposit, _ = KDTree(deposits).query(points)
    far = to_deposit > 5_000
    if far.sum() >= n:
        weight = np.where(far, weight, 0)
    chosen = rng.choice(len(points), n, replace=False, p=weight / weight.sum())
    kinds = rng.integers(len(BARREN_TYPES), size=n)
    shifts = as_matrix(list(BARREN_TYPES.values()))[kinds] * rng.lognormal(0, 0.35, (n, len(ELEMENTS)))
    half_width = rng.uniform(1_200, 2_800, n)
    return Halos(
        points[chosen],
        azimuth[chosen],
        half_width * rng.uniform(1.0, 2.5, n),
        half_width,
        rng.uniform(0.4, 1.0, n),
        {"main": shifts},
    )
