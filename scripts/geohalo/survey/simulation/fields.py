"""Seeds and Gaussian random fields of the simulation."""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextvars import ContextVar

import gstools
import numpy as np
from scipy.spatial import KDTree

BLOCK_ROWS = 50_000  # samples at once
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


def gaussian_field(
    places: np.ndarray,
    rng: np.random.Generator,
    length: float | tuple[float, float],
    azimuth: float = 90.0,
    smooth: bool = False,
    modes: int = 500,
) -> np.ndarray:
    """Evaluate one standard normal random field at places.

    GSTools' randomisation method sums random Fourier modes, so that it costs the same at scattered
    samples as on a grid, the value at a place does not depend on which other places are asked for,
    and no covariance matrix is ever formed. `THREADS` blocks of places are evaluated at a time.

    Parameters
    ----------
    places : ndarray, shape (n, 2)
        Coordinates (x, y) in metres.
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
    ndarray, shape (n,)

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
    modes_of = gstools.SRF(model, seed=int(rng.integers(2**31 - 1)), mode_no=modes).generator
    field = np.empty(len(places))

    def evaluate(rows: slice) -> None:
        field[rows] = modes_of(model.isometrize(places[rows].T))

    blocks = list(row_blocks(len(places), BLOCK_ROWS))
    with ThreadPoolExecutor(min(THREADS.get(), len(blocks))) as pool:
        list(pool.map(evaluate, blocks))
    return field


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
