"""Seeds and Gaussian random fields of the simulation."""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextvars import ContextVar
from dataclasses import dataclass

import gstools
import numpy as np
from numpy.polynomial import Chebyshev, Polynomial
from scipy.spatial import KDTree

BLOCK_ROWS = 50_000  # samples at once
CACHED_NUMBERS = 20_000  # at once, so that work arrays stay in the processor's cache
#: Coefficients of sin(2 pi v) / v by powers of v squared, for v up to a quarter of a turn.
SINE = (
    Chebyshev.interpolate(lambda squared: 2 * np.pi * np.sinc(2 * np.sqrt(squared)), 7, domain=[0, 1 / 16])
    .convert(kind=Polynomial)
    .coef
)
#: Blocks of places whose fields are evaluated side by side.
THREADS: ContextVar[int] = ContextVar("THREADS", default=1)


def spawn_generators(seed: int, names: Sequence[str]) -> dict[str, np.random.Generator]:
    """Give every part of the simulation a generator of its own.

    Parts spawned from one seed are independent of each other, so that a part which draws more, less
    or nothing leaves all others as they were.

    Parameters
    ----------
    seed : int
        Seed of the survey.
    names : sequence of str
        Names of the parts; the order matters, so append new ones.

    Returns
    -------
    dict of str to numpy.random.Generator
    """
    children = np.random.SeedSequence(seed).spawn(len(names))
    return {name: np.random.default_rng(child) for name, child in zip(names, children, strict=True)}


@dataclass(frozen=True)
class GaussianField:
    """A standard normal random field: a sum of random waves, the same whatever places it is asked for at.

    Attributes
    ----------
    waves : ndarray, shape (2, modes)
        Turns of each wave for a metre of x and of y.
    cosines, sines : ndarray, shape (modes,)
        Heights of its two parts.
    """

    waves: np.ndarray
    cosines: np.ndarray
    sines: np.ndarray

    def at(self, places: np.ndarray) -> np.ndarray:
        """Evaluate at places (n, 2), coordinates (x, y) in metres; returns (n,).

        `THREADS` blocks of places are evaluated at a time.
        """
        field = np.empty(len(places))
        height, phase = np.hypot(self.cosines, self.sines), np.arctan2(self.sines, self.cosines) / (2 * np.pi)
        few = max(1, CACHED_NUMBERS // len(height))

        def evaluate(block: slice) -> None:
            for start in range(block.start, block.stop, few):
                rows = slice(start, min(start + few, block.stop))
                turns = places[rows] @ self.waves
                turns -= phase
                field[rows] = cosines_of(turns) @ height

        blocks = list(row_blocks(len(places), BLOCK_ROWS))
        with ThreadPoolExecutor(min(THREADS.get(), len(blocks))) as pool:
            list(pool.map(evaluate, blocks))
        return field

    def on_grid(self, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        """Evaluate at all crossings of x (columns,) and y (rows,) in metres, row by row; returns (rows * columns,).

        A wave over a grid is a product of one along x and one along y, so that a grid costs a product of matrices.
        """
        along, up = (2 * np.pi * np.outer(axis, wave) for axis, wave in zip((x, y), self.waves, strict=True))
        cosine, sine = np.cos(up), np.sin(up)
        rows = np.hstack(
            [self.cosines * cosine + self.sines * sine, self.sines * cosine - self.cosines * sine]
        )
        return (rows @ np.hstack([np.cos(along), np.sin(along)]).T).ravel()


def cosines_of(turns: np.ndarray) -> np.ndarray:
    """Return the cosines of angles in turns, which are overwritten; to 1e-15, several times as fast as NumPy's."""
    turns -= np.rint(turns)
    np.abs(turns, out=turns)
    np.subtract(0.25, turns, out=turns)
    squared = turns * turns
    value = squared * SINE[-1]
    for coefficient in SINE[-2:0:-1]:
        value += coefficient
        value *= squared
    value += SINE[0]
    value *= turns
    return value


def draw_field(
    rng: np.random.Generator,
    length: float | tuple[float, float],
    azimuth: float = 90.0,
    smooth: bool = False,
    modes: int = 500,
) -> GaussianField:
    """Draw one standard normal random field.

    GSTools' randomisation method draws random Fourier modes, so that a field costs the same at scattered samples as
    anywhere, and no covariance matrix is ever formed.

    Parameters
    ----------
    rng : numpy.random.Generator
        Gives the field's seed (one draw).
    length : float or (float, float)
        Correlation length in metres, or that along and across `azimuth`.
    azimuth : float
        Direction of the longer correlation, degrees clockwise from north.
    smooth : bool
        Gaussian covariance (differentiable) instead of exponential (rough).
    modes : int
        Fourier modes. Fewer are faster and less normal.

    Returns
    -------
    GaussianField

    References
    ----------
    Mueller, Schueler, Zech and Hesse (2022), GSTools v1.3, Geosci. Model Dev. 15, 3161-3182, doi
    10.5194/gmd-15-3161-2022. Hesse, Prykhodko, Schlueter and Attinger (2014), Generating random
    fields with a truncated power-law variogram: A comparison of several numerical methods, Environ.
    Model. Softw. 55 (the randomisation method).
    """
    covariance = gstools.Gaussian if smooth else gstools.Exponential
    # GSTools turns counter-clockwise from east; an azimuth turns clockwise from north.
    model = covariance(dim=2, var=1.0, len_scale=length, angles=np.deg2rad(90.0 - azimuth))
    drawn = gstools.SRF(model, seed=int(rng.integers(2**31 - 1)), mode_no=modes).generator
    # GSTools has no public name for its waves, and sums them far more slowly.
    waves = model.isometrize(np.eye(2)).T @ drawn._cov_sample / (2 * np.pi)
    scale = np.sqrt(1 / modes)
    return GaussianField(waves, scale * drawn._z_1, scale * drawn._z_2)


def gaussian_field(
    places: np.ndarray,
    rng: np.random.Generator,
    length: float | tuple[float, float],
    azimuth: float = 90.0,
    smooth: bool = False,
    modes: int = 500,
) -> np.ndarray:
    """Draw a field as `draw_field` does and evaluate it at places (n, 2) in metres; returns (n,)."""
    return draw_field(rng, length, azimuth, smooth, modes).at(places)


def near_sources(
    places: np.ndarray, sources: np.ndarray, reach: np.ndarray
) -> Iterator[tuple[int, np.ndarray]]:
    """Yield the number of each source with the places within its reach, ascending.

    What has sources of limited reach is then linear in places, however many sources a large survey has.

    Parameters
    ----------
    places : ndarray, shape (n, 2)
        Coordinates (x, y) in metres.
    sources : ndarray, shape (m, 2)
        The same of the sources.
    reach : ndarray, shape (m,)
        Distances in metres.

    Yields
    ------
    number : int
    near : ndarray of int, shape (k,)
        Rows of `places`.
    """
    tree = KDTree(places, balanced_tree=False)
    for number, (source, far) in enumerate(zip(sources, reach, strict=True)):
        yield number, np.asarray(tree.query_ball_point(source, far, return_sorted=True), dtype=np.int64)


def row_blocks(n: int, size: int = BLOCK_ROWS) -> Iterator[slice]:
    """Cut rows into blocks, so that the work arrays of a large survey stay small."""
    for start in range(0, n, size):
        yield slice(start, min(n, start + size))
