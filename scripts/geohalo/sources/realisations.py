"""Realisations of the sources: maps that the samples leave possible, as rough as the penalty says.

The map of sources is smoother than the ground. A realisation is that map plus an error of the right size and shape
(conditioning by simulation; Journel and Huijbregts 1978): a field z is drawn for which the penalty stands, as if no
sample had been taken. It is mixed by the same ground, noise e of the samples is added, and the sources of what the
samples differ by from it are mapped as ever,

    realisation = z + map of (y - mixtures of z - e).

The map is linear in the values, and the level of z is no matter since that of the map costs nothing. So over many
realisations the mean is the map and the variance is that of `geohalo.sources.variance`, exactly and for all cells
together: where that is computed on blocks of cells, realisations are still those of the cells.

The field is white noise in cosine space times the root of the penalty's inverse (`geohalo.sources.penalty`). It has the
scale of the sources, and noise the strength times that scale. Both are those that the map was made with.
"""

from collections.abc import Sequence
from zlib import crc32

import numpy as np
from numpy.typing import NDArray
from scipy.fft import idctn

from geohalo.sources.mixing import Mixing
from geohalo.sources.penalty import Kind, Penalty, penalty
from geohalo.sources.unmixing import Options, unmix

Array = NDArray[np.float64]

#: Root of the random streams; a realisation is the same however many there are.
STREAM = 8
#: Streams of the fields and of the samples' noise.
FIELD, NOISE = range(2)


def realise_sources(
    mixing: Mixing,
    shape: tuple[int, int],
    cell: float,
    values: Array,
    kind: Kind,
    strength: Array,
    scale: Array,
    names: Sequence[str],
    realisation: int,
) -> Array:
    """Draw one realisation of the sources of all elements, each by itself.

    Memory and time are those of `geohalo.sources.unmixing.unmix` without a choice of strengths.

    Parameters
    ----------
    mixing : Mixing
        Of samples and cells.
    shape : tuple of int
        Rows and columns of the grid.
    cell : float
        Cell size in metres.
    values : ndarray (samples, elements)
        Log concentrations; NaN where missing.
    kind : {'first', 'second'}
        The penalty.
    strength, scale : ndarray (elements,)
        Those of `geohalo.sources.unmixing.Sources`; an element without a scale has its map in every realisation.
    names : sequence of str
        Of the elements: the draws of an element follow its name.
    realisation : int
        Its number. The same number draws the same realisation.

    Returns
    -------
    ndarray (cells, elements)
        Log concentrations.

    Raises
    ------
    InputError
        The sources were not found (`geohalo.sources.solve.require_solved`).
    """
    rough, scale = penalty(shape, kind, cell), np.nan_to_num(scale)
    fields = np.empty((rough.cells, len(names)))
    noise = np.empty_like(values)
    for k, name in enumerate(names):
        fields[:, k] = np.sqrt(scale[k]) * _field(rough, _random(realisation, name, FIELD))
        white = _random(realisation, name, NOISE).standard_normal(len(values))
        noise[:, k] = np.sqrt(scale[k] * strength[k]) * white
    differences = values - mixing.mix(fields) - noise
    options = Options(kind, variance=False)
    found = unmix(mixing, shape, cell, differences, options=options, strength=strength)
    fields += found.estimate
    return fields


def _random(realisation: int, name: str, what: int) -> np.random.Generator:
    key = (realisation, crc32(name.encode()), what)
    return np.random.default_rng(np.random.SeedSequence(STREAM, spawn_key=key))


def _field(rough: Penalty, random: np.random.Generator) -> Array:
    """Draw a field (cells,) whose covariance is the inverse of a penalty."""
    waves = random.standard_normal(rough.inverse.shape)
    waves *= np.sqrt(rough.inverse)
    field = idctn(waves, norm="ortho", overwrite_x=True)
    rows, columns = rough.shape
    return np.asarray(field[:rows, :columns], dtype=np.float64).ravel()
