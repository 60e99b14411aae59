"""The natural part: lithologies, regional factors, halos of deposits and of barren zones, sampling noise."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from scipy.cluster.hierarchy import fcluster, linkage
from scipy.ndimage import gaussian_filter, map_coordinates
from scipy.spatial import KDTree

from geohalo.simulated_deposits import COMMODITIES
from geohalo.survey.simulation.fields import draw_field, gaussian_field, near_sources, row_blocks
from geohalo.survey.simulation.layout import SampleLayout, Structures
from geohalo.survey.simulation.signatures import (
    ALONG,
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
HALO_HALF_LENGTH = (2_800.0, 4_200.0)
HALO_HALF_WIDTH = (1_000.0, 1_750.0)
MIXTURE_SPREAD = 0.9  # natural log, of each element in the mixture of one camp
LACKS = {True: 0.15, False: 0.6}  # share of camps without an element, by whether it is mined
CAMP_LINK = 8_000.0
ALONG_SCALE, FACTOR_SPREAD = 3.0, 0.5  # mean and spread (natural log) of how far camps move along the factor
HOSTED = 0.65  # share of camps that lie in the host rock of their type
HOST_RADIUS = 7_000.0
LITHOLOGY_SCALE = 1.1
# Of regional factors: width across strike in metres, scale of the loadings, and share that changes within a spacing.
FACTOR_WIDTH = (6_000.0, 14_000.0)
FACTOR_SCALE, WHITE_SHARE = 2.2, 0.72
SHORT_SCALE = 0.5
# Of provinces: length as a share of the survey's extent, and standard deviation of levels and of loadings in nuggets.
PROVINCE_LENGTH, PROVINCE_LEVEL, PROVINCE_DRIFT = 0.4, 0.7, 0.6
TAIL, FARTHEST_TAIL = 3.0, 5.0  # degrees of freedom of Student's t; deviations at which it is cut off
BARREN_ZONE_AREA = 250e6  # one barren zone for so many square metres
LOOK_ALIKE = 1 / 3  # share of barren zones with elements of the deposits' own type
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


def draw_lithologies(
    layout: SampleLayout,
    strike: float,
    rng: np.random.Generator,
    hosted: np.ndarray | None = None,
    host: str = "",
) -> np.ndarray:
    """Draw lithology blocks by truncating three random fields (a plurigaussian simulation).

    The first field separates carbonate and mafic volcanic belts from the rest, the second one
    divides the rest, and granites, roundish, cut through all. Thresholds are quantiles, so that the
    shares of the rocks are the same in every survey. The field that a host rock is cut from is lifted
    around the deposits that it hosts.

    Parameters
    ----------
    layout : SampleLayout
        The survey.
    strike : float
        Dominant strike, degrees clockwise from north.
    rng : numpy.random.Generator
        Source of the draws.
    hosted : ndarray, shape (n, 2), optional
        Coordinates (x, y) in metres of deposits that lie in their host rock.
    host : str
        That rock, one of `HOSTS`.

    Returns
    -------
    ndarray of int, shape (y, x)
        Position in `LITHOLOGIES`.

    References
    ----------
    Armstrong et al. (2011), Plurigaussian Simulations in Geosciences, 2nd ed., Springer.
    """
    cells, codes = layout.cells, {name: code for code, name in enumerate(LITHOLOGIES)}
    grid = (layout.x, layout.y)
    belt = draw_field(rng, (30_000.0, 10_000.0), strike, smooth=True, modes=300).on_grid(*grid)
    facies = draw_field(rng, (25_000.0, 8_000.0), strike, smooth=True, modes=300).on_grid(*grid)
    pluton = draw_field(rng, 8_000.0, smooth=True, modes=300).on_grid(*grid)
    if hosted is not None and len(hosted):
        near = np.exp(-((KDTree(hosted).query(cells)[0] / HOST_RADIUS) ** 2))
        belt *= 1 - near
        belt += {"mafic volcanic": 2.0, "carbonate": -2.0}.get(host, 0.0) * near
        facies -= 2.0 * (host == "black shale") * near
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
    return np.column_stack(shares) @ (LITHOLOGY_SCALE * as_matrix(list(LITHOLOGIES.values())))


def regional_shift(
    sites: np.ndarray, strike: float, rng: np.random.Generator, provinces: np.random.Generator
) -> np.ndarray:
    """Log shifts from correlated regional factors and from shorter fields that all elements share.

    Each factor is one rough random field, longer along strike, and white noise (what changes within a
    sample spacing), times the loadings of `REGIONAL_FACTORS`. The shorter fields give every element some
    pattern of its own without a field for each. Over the survey one province passes into another: levels
    of elements change, and which elements a factor moves.

    Parameters
    ----------
    sites : ndarray, shape (samples, 2)
        Coordinates (x, y) in metres.
    strike : float
        Dominant strike, degrees clockwise from north.
    rng, provinces : numpy.random.Generator
        Sources of the draws, the second of what changes from province to province.

    Returns
    -------
    ndarray, shape (samples, elements)
    """
    total = np.zeros((len(sites), len(ELEMENTS)))
    scatter = np.array([NUGGET.get(element, NUGGET_DEFAULT) for element in ELEMENTS])
    extent = float(np.ptp(sites, axis=0).mean())
    province = gaussian_field(sites, provinces, PROVINCE_LENGTH * extent, smooth=True, modes=100)
    _add(total, province, PROVINCE_LEVEL * scatter * provinces.normal(size=len(ELEMENTS)))
    for loading in as_matrix(list(REGIONAL_FACTORS.values())):
        across = rng.uniform(*FACTOR_WIDTH)
        field = gaussian_field(
            sites, rng, (across * rng.uniform(1.5, 2.5), across), strike + rng.normal(0, 12)
        )
        field *= np.sqrt(1 - WHITE_SHARE)
        field += np.sqrt(WHITE_SHARE) * _heavy_noise(len(sites), rng)
        _add(total, field, FACTOR_SCALE * loading)
        field *= province
        _add(total, field, PROVINCE_DRIFT * scatter * provinces.normal(size=len(ELEMENTS)))
    n_short = 8
    mixing = rng.normal(size=(n_short, len(ELEMENTS))) / np.sqrt(n_short) * SHORT_SCALE * scatter
    for loading in mixing:
        _add(total, gaussian_field(sites, rng, (6_000.0, 3_500.0), strike, modes=300), loading)
    return total


def _heavy_noise(shape: int | tuple[int, int], rng: np.random.Generator) -> np.ndarray:
    """Draw white noise of variance 1 with the tails of Student's t."""
    noise = rng.standard_t(TAIL, size=shape)
    noise *= np.sqrt((TAIL - 2) / TAIL)
    return np.clip(noise, -FARTHEST_TAIL, FARTHEST_TAIL, out=noise)


def _add(total: np.ndarray, field: np.ndarray, loading: np.ndarray) -> None:
    """Add the values of a field (samples,) times the loadings of the elements, in place."""
    for rows in row_blocks(len(total)):
        total[rows] += field[rows, None] * loading


def nugget_shift(n_samples: int, rng: np.random.Generator) -> np.ndarray:
    """Log shifts of sampling and analysis: white noise, part of it shared by all elements (grain size)."""
    scatter = np.array([NUGGET.get(element, NUGGET_DEFAULT) for element in ELEMENTS])
    shift = _heavy_noise((n_samples, len(ELEMENTS)), rng)
    shared = _heavy_noise((n_samples, 1), rng)
    for rows in row_blocks(n_samples):
        shift[rows] = scatter * (0.9 * shift[rows] + 0.44 * shared[rows])
    return shift


def camps_of(centres: np.ndarray) -> np.ndarray:
    """Number the camps (deposits,) that deposits (deposits, 2) form, from 0: single linkage at `CAMP_LINK`."""
    if len(centres) < 2:
        return np.zeros(len(centres), dtype=int)
    return fcluster(linkage(centres, "single"), CAMP_LINK, "distance") - 1


def hosted_deposits(centres: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Choose the deposits (n, 2) of those camps that lie in the host rock, `HOSTED` of all camps."""
    camp = camps_of(centres)
    order = rng.permutation(camp.max() + 1)
    return centres[np.isin(camp, order[: round(HOSTED * len(order))])]


def draw_deposit_halos(
    centres: np.ndarray, azimuth: np.ndarray, kind: str, rng: np.random.Generator
) -> Halos:
    """Give each deposit a strength, and each camp its own mixture of the elements of the type.

    What one camp is rich in the next one may lack altogether (`LACKS`). All of its ground moves along the regional
    factor of the type as well (`ALONG`), which moves many elements a little.

    Parameters
    ----------
    centres : ndarray, shape (deposits, 2)
        Coordinates (x, y) in metres.
    azimuth : ndarray, shape (deposits,)
        Direction of the structure, degrees clockwise from north.
    kind : str
        Key of `HALO_TYPES`.
    rng : numpy.random.Generator
        Source of the draws.

    Returns
    -------
    Halos
        A fifth of the deposits is weak (strength under 0.4).
    """
    n = len(centres)
    strength = rng.uniform(0.5, 1.0, n)
    weak = rng.permutation(n) < round(0.2 * n)
    strength[weak] = rng.uniform(0.2, 0.4, weak.sum())
    camp = camps_of(centres)
    size = (camp.max() + 1, len(ELEMENTS))
    lacks = np.array([LACKS[element in COMMODITIES[kind]] for element in ELEMENTS])
    mixture = rng.lognormal(-(MIXTURE_SPREAD**2) / 2, MIXTURE_SPREAD, size) * (rng.uniform(size=size) > lacks)
    zones = as_matrix([HALO_TYPES[kind][zone] for zone in ZONES])
    shifts = {zone: mixture[camp] * row for zone, row in zip(ZONES, zones, strict=True)}
    moved = rng.lognormal(-(FACTOR_SPREAD**2) / 2, FACTOR_SPREAD, (size[0], 1))
    shifts["main"] += ALONG_SCALE * as_matrix([REGIONAL_FACTORS[ALONG[kind]]]) * moved[camp]
    return Halos(
        centres,
        azimuth + rng.normal(0, 6, n),
        rng.uniform(*HALO_HALF_LENGTH, n),
        rng.uniform(*HALO_HALF_WIDTH, n),
        strength,
        shifts,
    )


def draw_barren_zones(
    layout: SampleLayout, structures: Structures, deposits: np.ndarray, kind: str, rng: np.random.Generator
) -> Halos:
    """Draw altered zones that hold no deposit and show only part of a deposit's signature.

    A third has one or two of the elements that the survey's own type of deposits (``kind``) is rich in, the
    others are of `BARREN_TYPES`. Two thirds lie on structures, the others anywhere in the survey; none within
    5 km of a deposit where there is room.

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
    alike = rng.uniform(size=n) < LOOK_ALIKE
    own = as_matrix(list(HALO_TYPES[kind].values())).sum(axis=0)
    kept = rng.uniform(size=(n, len(ELEMENTS))) < 0.4
    shifts[alike] = (own * kept)[alike]
    half_width = rng.uniform(1_200, 2_800, n)
    return Halos(
        points[chosen],
        azimuth[chosen],
        half_width * rng.uniform(1.0, 2.5, n),
        half_width,
        rng.uniform(0.4, 1.0, n),
        {"main": shifts},
    )
