"""Conditional realisations: maps that the samples leave possible, as rough as the variogram says.

A kriged map is smoother than the ground, and by how much it may be wrong differs from place to place. A realisation is
the kriged map plus an error of the right size and shape (conditioning by kriging; Journel and Huijbregts 1978): a field
S is simulated with the same variogram but without regard to the samples, and what kriging makes of its values at the
sample places is subtracted from it,

    realisation = kriged + (S - kriged S) = S + W (z - S at the samples),

with samples z and kriging weights W of the estimate, its neighbours included. Over many realisations the mean is the
kriged map and the variance the kriging variance.

**Nugget.** It is taken as noise of sampling and analysis, which is no property of the ground. So maps have none, while
the simulated samples have it as the real ones do. Where it is 0, realisations run through the samples exactly; else
they differ from a sample by as much as the sample may be wrong.

**Elements** err together: where a cell's copper is higher than kriged, its zinc tends to be. Fields and noise of the
elements have the correlation of what samples differ by from kriging without them (`left_out_residuals`).
"""

import numpy as np
import pandas as pd
from gstools import CovModel
from numpy.typing import NDArray

from geohalo.cube.grid import Grid
from geohalo.cube.kriging import krige
from geohalo.cube.random_fields import (
    Field,
    PlaceDraw,
    amplitudes,
    correlated_noise,
    filtered,
    torus_shape,
)

Array = NDArray[np.float64]

#: Root of the random streams; a realisation is the same however many there are.
STREAM = 5
#: Streams of the fields, of what fields have at samples beside what their nodes tell, and of the samples' noise.
FIELDS, PLACES, NOISE = range(3)
#: Parts that samples are left out in, and samples left out at most.
PARTS, LEFT_OUT = 5, 20_000
#: Smallest eigenvalue of a correlation between elements.
SMALLEST = 1e-3
#: Cells conditioned at a time; bounds memory at about chunk x elements x 16 bytes beside that of kriging.
CHUNK = 200_000


def left_out_residuals(points: Array, values: Array, models: list[CovModel], neighbours: int) -> Array:
    """What samples differ by from kriging without them.

    They are left out at random in `PARTS` parts, not in blocks: as far from the next sample as cells of the map are.

    Parameters
    ----------
    points : ndarray (samples, 2)
        In metres, distinct.
    values : ndarray (samples, elements)
        Log concentrations; NaN where missing.
    models : list of gstools.CovModel
        For each element, all with the same anisotropy.
    neighbours : int
        Of kriging.

    Returns
    -------
    ndarray (samples, elements)
        Of `LEFT_OUT` samples at most; NaN where missing.
    """
    chosen = np.random.default_rng([STREAM]).permutation(len(points))[:LEFT_OUT]
    residuals = np.full((len(chosen), values.shape[1]), np.nan)
    for part in np.array_split(np.arange(len(chosen)), PARTS):
        test, train = chosen[part], np.delete(np.arange(len(points)), chosen[part])
        known = np.flatnonzero(~np.isnan(values[train]).all(axis=0))
        if len(test) and known.size:
            own = [models[k] for k in known]
            kriged, _ = krige(points[train], values[np.ix_(train, known)], points[test], own, neighbours)
            residuals[np.ix_(part, known)] = values[np.ix_(test, known)] - kriged
    return residuals


def error_correlation(residuals: Array) -> Array:
    """Correlation between elements of residuals, positive definite.

    Rank correlations, which a few outliers do not move, as those of the normal distribution that has them (2 sin of
    pi/6 times Spearman's). Each pair is taken from the samples that have both. As that need not be positive definite,
    all are shrunk towards 0, by no more than makes the smallest eigenvalue `SMALLEST`.

    Parameters
    ----------
    residuals : ndarray (samples, elements)
        NaN where missing.

    Returns
    -------
    ndarray (elements, elements)
        Ones on the diagonal; 0 for a pair that no three samples have both of, or of which one does not vary.
    """
    ranks = pd.DataFrame(residuals).corr(method="spearman", min_periods=3).fillna(0.0).to_numpy()
    correlation = 2 * np.sin(np.pi / 6 * ranks)
    np.fill_diagonal(correlation, 1.0)
    smallest = np.linalg.eigvalsh(correlation)[0]
    shrinkage = max(0.0, (SMALLEST - smallest) / (1 - smallest)) if smallest < 1 else 0.0
    return (1 - shrinkage) * correlation + shrinkage * np.eye(len(correlation))


def realise(
    points: Array,
    values: Array,
    grid: Grid,
    mask: NDArray[np.bool_],
    models: list[CovModel],
    correlation: Array,
    neighbours: int,
    realisation: int,
) -> Field:
    """Draw one realisation of all elements.

    Beside what kriging takes, time grows with cells x the square of the number of elements for the noise that these
    share. Memory holds the result and one element on a torus of about four times the grid at most.

    Parameters
    ----------
    points : ndarray (samples, 2)
        In metres.
    values : ndarray (samples, elements)
        Log concentrations; NaN where missing.
    grid : Grid
    mask : ndarray (rows, columns) of bool
        Cells to return.
    models : list of gstools.CovModel
        Variogram of each element, in the squared unit of ``values``, all with the same anisotropy; the nugget is noise
        of the samples.
    correlation : ndarray (elements, elements)
        Positive definite, see `error_correlation`. Fields of elements with the same variogram have just this
        correlation; with different ranges somewhat less.
    neighbours : int
        Samples that each cell is kriged from.
    realisation : int
        Its number. The same number draws the same realisation.

    Returns
    -------
    ndarray (elements, cells) of float32
        Log concentrations.
    """
    torus = torus_shape(grid.shape, grid.cell, models)
    differences = np.full_like(values, np.nan)
    drawn = np.empty((len(models), int(mask.sum())), dtype=np.float32)
    for k, (model, mixing) in enumerate(zip(models, np.linalg.cholesky(correlation), strict=True)):
        field_noise = correlated_noise(mixing, torus, (STREAM, realisation, FIELDS))
        field = filtered(field_noise, amplitudes(model, torus, grid.cell))
        drawn[k] = field[: mask.shape[0], : mask.shape[1]][mask]
        present = ~np.isnan(values[:, k])
        within, noise = (
            correlated_noise(mixing, (len(points),), (STREAM, realisation, kind))[present]
            for kind in (PLACES, NOISE)
        )
        simulated = PlaceDraw.of(model, grid, torus, points[present]).values(field, within)
        differences[present, k] = values[present, k] - simulated - np.sqrt(model.nugget) * noise
    cells = grid.centres(mask)
    for start in range(0, len(cells), CHUNK):
        chunk = slice(start, start + CHUNK)
        drawn[:, chunk] += krige(points, differences, cells[chunk], models, neighbours)[0].T
    return drawn
