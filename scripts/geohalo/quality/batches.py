"""Levels of batches as a network: what compares two batches ties them, and the levels follow by robust adjustment.

A batch is what was analysed together: a laboratory job, a map sheet, a survey. Its level is the bias (ln) that all its
values of an element share. Only differences between levels can be known, so levels of batches that nothing ties
together cannot be compared.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components
from statsmodels.robust.norms import HuberT
from statsmodels.robust.scale import mad

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]

#: Rounds of reweighting at most, and the change of levels (ln) at which they end.
MOST_ROUNDS, CHANGE = 100, 1e-10
#: Least scatter (ln) of comparisons: a millionth, which no laboratory reports.
LEAST_SCATTER = 1e-6


@dataclass(frozen=True)
class Levels:
    """Levels of the batches in one element.

    Attributes
    ----------
    level : ndarray (batches,)
        In ln; in each network they are known up to one number, and their plain mean is 0. NaN where nothing compares
        the batch.
    precision : ndarray (batches, batches)
        Inverse of the levels' covariance: the equations of the adjustment over the variance of a comparison. Its rows
        sum to 0 where batches are compared with one another. Rows of batches that nothing compares are 0.
    network : ndarray of int (batches,)
        Batches of one number are tied by comparisons; the largest network is 0. -1 where nothing compares the batch.
    compared : ndarray of int (batches,)
        Comparisons that the batch takes part in, such as pairs of neighbours.
    freedom : float
        Degrees of freedom of the variance; infinite where it is known.
    rest : ndarray (comparisons,)
        What the levels leave of each comparison, over its scatter and cut off where it is an outlier.
    stretches : ndarray of int (batches,)
        Squares of ground in which the batch is compared, where comparisons have a place; else 0.
    """

    level: FloatArray
    precision: FloatArray
    network: IntArray
    compared: IntArray
    freedom: float
    rest: FloatArray
    stretches: IntArray


def unknown_levels(n_batches: int, compared: IntArray) -> Levels:
    """Return levels of which nothing is known."""
    nothing = np.zeros((n_batches, n_batches))
    level, network = np.full(n_batches, np.nan), np.full(n_batches, -1, dtype=np.int64)
    return Levels(level, nothing, network, compared, 0.0, np.zeros(0), np.zeros_like(network))


def batch_codes(batch: pd.Series) -> tuple[IntArray, list[str]]:
    """Number batches in the order of their names; -1 for a row without a batch."""
    text = batch.astype("str").str.strip()
    missing = (batch.isna() | (text == "")).to_numpy()
    names = sorted(set(text[~missing]))
    codes = pd.Index(names, dtype=object).get_indexer(pd.Index(text, dtype=object)).astype(np.int64)
    codes[missing] = -1
    return codes, names


def networks(precision: FloatArray) -> IntArray:
    """Number the networks of tied batches, the largest first; -1 for a batch that nothing compares.

    Parameters
    ----------
    precision : ndarray (batches, batches)
        Not 0 where two batches are compared.
    """
    tied = np.abs(precision) > 0
    np.fill_diagonal(tied, False)
    _, label = connected_components(csr_array(tied), directed=False)
    sizes = np.bincount(label)
    order = np.argsort(np.argsort(-sizes, kind="stable"))
    number = order[label].astype(np.int64)
    number[sizes[label] == 1] = -1
    return number


def adjust(design: csr_array, values: FloatArray, compared: IntArray, lost: int = 0) -> Levels:
    """Find the levels that agree best with all comparisons, by Huber's M-estimator.

    Iteratively reweighted least squares (Huber 1964, doi 10.1214/aoms/1177703732) with the tuning constant 1.345 and
    the median absolute deviation as scale. Covariance as in Huber and Ronchetti (2009, Robust Statistics, Wiley,
    section 7.6), the first of their three.

    Parameters
    ----------
    design : csr_array (comparisons, batches)
        What each comparison has of each batch's level. Rows sum to 0.
    values : ndarray (comparisons,)
        Differences in ln, of equal variance and independent of each other.
    compared : ndarray of int (batches,)
        See `Levels`.
    lost : int
        Further degrees of freedom that the comparisons have used up.

    Returns
    -------
    Levels
    """
    equations = np.asarray((design.T @ design).todense())
    network = networks(equations)
    used = network >= 0
    free = len(values) - lost - (used.sum() - len(np.unique(network[used])))
    if free <= 0 or not used.any():
        return unknown_levels(len(network), compared)
    part, norm = csr_array(design[:, np.flatnonzero(used)]), HuberT()
    found = np.zeros(used.sum())
    weight = np.ones(len(values))
    for _ in range(MOST_ROUNDS):
        weighted = part.T.multiply(weight)
        before, found = (
            found,
            np.linalg.pinv((weighted @ part).toarray(), hermitian=True) @ (weighted @ values),
        )
        rest = values - part @ found
        scatter = max(_scatter(rest), LEAST_SCATTER)
        weight = norm.weights(rest / scatter)
        if np.abs(found - before).max() < CHANGE:
            break
    psi, slope = norm.psi(rest / scatter), norm.psi_deriv(rest / scatter)
    mean = slope.mean()
    correction = 1 + used.sum() / len(values) * slope.var() / mean**2
    variance = correction**2 * scatter**2 * (psi**2).sum() / free / mean**2
    level = np.full(len(network), np.nan)
    level[used] = found
    return Levels(level, equations / variance, network, compared, float(free), psi, np.zeros_like(network))


def _scatter(rest: FloatArray) -> float:
    """Median absolute deviation from 0 as a standard deviation; plain where most are 0, as where values are rounded."""
    robust = float(mad(rest, center=0.0))
    return robust if robust > 0 else float(np.sqrt((rest**2).mean()))
