"""Gaussian random fields with a given variogram on a regular grid, and their values at places between its nodes.

Fields come from circulant embedding (Wood and Chan 1994; Dietrich and Newsam 1997): the grid is part of a larger torus,
on which a covariance is diagonal in Fourier space. White noise, multiplied there by the square root of the covariance's
spectrum, is a field with that very covariance, at the cost of two fast Fourier transforms. Several fields are
correlated through their noise.

A sample lies between nodes. The nearest node in its place, or an interpolation between nodes, would lack the variance
that a field has within a cell, just where samples and cells are closest. So the value there is *drawn*, given the nodes
around it (see `PlaceDraw`).
"""

from dataclasses import dataclass

import numpy as np
from gstools import CovModel, Gaussian
from numpy.typing import NDArray
from scipy.fft import irfft2, next_fast_len, rfft2
from scipy.linalg import cho_factor, cho_solve

from geohalo.cube.grid import Grid

Array = NDArray[np.float64]
Field = NDArray[np.float32]

#: Nodes along each side of the square around a place that its value is drawn from.
STENCIL = 4
#: Share of the sill that a variogram has reached where the field counts as independent.
REACHED = 0.99
#: Places in the same cell that are drawn together at most; bounds memory at about places x this x 8 bytes.
TOGETHER = 64
#: Share of the variance added to that of nodes, whose covariance is singular to rounding for very smooth models.
RIDGE = 1e-10


def torus_shape(shape: tuple[int, int], cell: float, models: list[CovModel]) -> tuple[int, int]:
    """Rows and columns of a torus that holds a grid, and on which the grid's opposite edges are far apart.

    Parameters
    ----------
    shape : (int, int)
        Rows and columns of the grid.
    cell : float
        Distance of nodes in metres.
    models : list of gstools.CovModel
        The torus reaches beyond the grid as far as the one with the longest range is correlated, but no farther than
        the grid's own size (the root of its area). It is the same for all of them, since correlated fields share
        their noise.

    Returns
    -------
    (int, int)
        At least `STENCIL` beyond the grid; lengths whose Fourier transform is fast.
    """
    reach = max(_reach(model) * max(1.0, *model.anis) for model in models) / cell
    beyond = max(STENCIL, int(np.ceil(min(reach, np.sqrt(shape[0] * shape[1])))))
    rows, columns = (next_fast_len(max(n, beyond) + beyond, real=True) for n in shape)
    return rows, columns


def _reach(model: CovModel) -> float:
    """Distance in metres, along the first axis of an anisotropic model, beyond which it counts as independent."""
    return float(model.percentile_scale(REACHED))


def amplitudes(model: CovModel, shape: tuple[int, int], cell: float) -> Field:
    """Square root of the spectrum of a covariance on a torus.

    A model that reaches farther than half of the torus is replaced by one that does not and by which near places differ
    alike (see `_ended`): kriging from neighbours sees their differences alone.

    Parameters
    ----------
    model : gstools.CovModel
        Its nugget is no part of the field.
    shape : (int, int)
        See `torus_shape`.
    cell : float
        Distance of nodes in metres.

    Returns
    -------
    ndarray (rows, columns // 2 + 1) of float32
        For `filtered`.
    """
    # Lags by rows (southwards) and columns, the shorter way round.
    rows, columns = ((np.arange(n) + n // 2) % n - n // 2 for n in shape)
    end, reach = cell * min(shape) / 2 / max(1.0, *model.anis), _reach(model)
    covariance = np.empty(shape)
    for row, north in enumerate(-cell * rows):
        lag = np.linalg.norm(model.isometrize((cell * columns, np.full(len(columns), north))), axis=0)
        covariance[row] = model.covariance(lag) if reach <= end else _ended(model, lag, end, reach)
    spectrum = rfft2(covariance, overwrite_x=True).real
    return np.sqrt(np.maximum(spectrum, 0.0)).astype(np.float32)


def _ended(model: CovModel, lag: Array, end: float, reach: float) -> Array:
    """Covariance that has died away at ``end``, and by which near places have the model's differences.

    A Gaussian model becomes one of shorter range and less variance, of the same curvature at the origin. Others are
    shifted by a constant, and from half of ``end`` on continued by a parabola (cutoff and intrinsic embedding; Stein
    2002, Gneiting and others 2006): up to there the variogram is the same.
    """
    if isinstance(model, Gaussian):
        shorter = end / reach
        return shorter**2 * model.covariance(lag / shorter)
    start = end / 2
    step = 1e-4 * start
    slope = np.diff(model.covariance(np.array([start - step, start + step])))[0] / (2 * step)
    parabola = -slope / (2 * (end - start)) * np.maximum(end - lag, 0.0) ** 2
    shift = -slope * (end - start) / 2 - float(model.covariance(start))
    return np.where(lag <= start, model.covariance(lag) + shift, parabola)


def correlated_noise(mixing: Array, shape: tuple[int, ...], stream: tuple[int, ...]) -> Field:
    """White noise that is correlated with that of other elements.

    The independent noise of each column is drawn again for every element, so that memory does not grow with their
    number; a draw costs much less than kriging does.

    Parameters
    ----------
    mixing : ndarray (elements,)
        The element's row of a Cholesky factor of the correlation.
    shape : tuple of int
        Of the noise.
    stream : tuple of int
        Which noise; the same for all elements that are correlated.

    Returns
    -------
    ndarray ``shape`` of float32
        Standard normal.
    """
    out, drawn = np.zeros(shape, dtype=np.float32), np.empty(shape, dtype=np.float32)
    for column in np.flatnonzero(mixing):
        seed = np.random.SeedSequence(stream[0], spawn_key=(*stream[1:], int(column)))
        np.random.default_rng(seed).standard_normal(out=drawn, dtype=np.float32)
        drawn *= np.float32(mixing[column])
        out += drawn
    return out


def filtered(noise: Field, amplitude: Field) -> Field:
    """Make a field of white noise on a torus; both of float32, as is the result (rows, columns)."""
    spectrum = rfft2(noise, overwrite_x=True)
    spectrum *= amplitude
    return irfft2(spectrum, s=noise.shape, overwrite_x=True)


@dataclass(frozen=True)
class PlaceDraw:
    """What is needed to draw a field's values at places, given its values at the nodes.

    The value is the simple kriging of the `STENCIL` x `STENCIL` nodes around the place, plus a random part with the
    kriging covariance, which places in the same cell share. So variances are those of the model exactly, and so are
    covariances within a cell and with the nodes around it. Places in different cells know each other by the nodes
    alone, which is too little by a tenth of the sill at most, for two beside each other across a border.

    Attributes
    ----------
    nodes : (ndarray (places, 16), ndarray (places, 16))
        Rows and columns on the torus.
    weights : ndarray (places, 16)
        Of the nodes.
    groups : list of (ndarray (groups, size), ndarray (groups, size, size))
        Places in the same cell, and a root of the covariance of their random parts.
    """

    nodes: tuple[NDArray[np.intp], NDArray[np.intp]]
    weights: Array
    groups: list[tuple[NDArray[np.intp], Array]]

    @classmethod
    def of(cls, model: CovModel, grid: Grid, torus: tuple[int, int], points: Array) -> "PlaceDraw":
        """Prepare for one model and places.

        Parameters
        ----------
        model : gstools.CovModel
        grid : Grid
            Its first node is the torus's first.
        torus : (int, int)
            See `torus_shape`.
        points : ndarray (places, 2)
            In metres.

        Returns
        -------
        PlaceDraw
        """
        column, row = (points - [grid.x[0], grid.y[0]]).T / grid.cell * [[1], [-1]]
        west, north = np.floor(column).astype(np.intp), np.floor(row).astype(np.intp)
        down, right = (side.ravel() for side in np.indices((STENCIL, STENCIL)) - (STENCIL // 2 - 1))
        nodes = (north[:, None] + down) % torus[0], (west[:, None] + right) % torus[1]
        # East and north of the cell's north-western node, in metres.
        corners = grid.cell * np.column_stack([right, -down])
        places = grid.cell * np.column_stack([column - west, north - row])
        between = _covariance(model, corners[:, None] - corners)
        between[np.diag_indices_from(between)] += RIDGE * model.var
        known = _covariance(model, places[:, None] - corners)
        weights = cho_solve(cho_factor(between), known.T).T
        groups = []
        for members in _groups(north, west):
            here = places[members]
            covariance = _covariance(model, here[:, :, None] - here[:, None, :])
            covariance -= weights[members] @ known[members].swapaxes(1, 2)
            values, vectors = np.linalg.eigh(covariance)
            groups.append((members, vectors * np.sqrt(np.maximum(values, 0.0))[:, None, :]))
        return cls(nodes, weights, groups)

    def values(self, field: Field, noise: Field) -> Array:
        """Draw the values (places,) of a field on the torus, from white noise (places,) of their own."""
        drawn = (self.weights * field[self.nodes]).sum(axis=1)
        for members, root in self.groups:
            drawn[members] += np.einsum("gij,gj->gi", root, noise[members])
        return drawn


def _covariance(model: CovModel, lags: Array) -> Array:
    """Covariance without nugget at lags (..., 2), east and north in metres; returns (...)."""
    return model.cov_spatial((lags[..., 0].ravel(), lags[..., 1].ravel())).reshape(lags.shape[:-1])


def _groups(rows: NDArray[np.intp], columns: NDArray[np.intp]) -> list[NDArray[np.intp]]:
    """Gather places in the same cell, at most `TOGETHER` of them; groups of one size in one array (groups, size)."""
    _, cell = np.unique(np.stack([rows, columns]), axis=1, return_inverse=True)
    order = np.argsort(cell.ravel(), kind="stable")
    first = np.flatnonzero(np.diff(cell.ravel()[order], prepend=-1))
    within = np.arange(len(order)) - np.repeat(first, np.diff(first, append=len(order)))
    starts = np.flatnonzero(within % TOGETHER == 0)
    sizes = np.diff(starts, append=len(order))
    return [order[starts[sizes == size][:, None] + np.arange(size)] for size in np.unique(sizes)]
