"""Levels of batches from reference materials that several of them analysed."""

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.sparse import csr_array

from geohalo.quality.batches import FloatArray, IntArray, Levels, adjust


def reference_levels(
    values: FloatArray, codes: IntArray, n_batches: int, material: npt.NDArray[np.object_]
) -> Levels:
    """Find the levels of batches in one element: a material's results differ by the levels of their batches.

    The additive model of two factors, ln(result) = material + batch + error, fitted robustly. Batches are compared
    through a material that each has analysed; what varies from run to run inside a batch is the error.

    Parameters
    ----------
    values : ndarray (analyses,)
        ln of the results; NaN where missing or below the detection limit.
    codes : ndarray of int (analyses,)
        Batch of each analysis; -1 for none.
    n_batches : int
    material : ndarray of str (analyses,)
        Reference material of each analysis.

    Returns
    -------
    Levels
        `compared` counts analyses of materials that other batches analysed, too.
    """
    known = ~np.isnan(values) & (codes >= 0)
    number = pd.factorize(pd.Series(material[known]))[0]
    batch, results = codes[known], values[known]
    shared = _batches_of(number, batch)[number] > 1 if number.size else np.zeros(0, dtype=bool)
    number, batch, results = pd.factorize(number[shared])[0], batch[shared], results[shared]
    rows = np.arange(len(number))
    ones = csr_array((np.ones(len(number)), (rows, batch)), shape=(len(number), n_batches)).toarray()
    materials = int(number.max(initial=-1)) + 1
    size = np.bincount(number, minlength=materials)
    share = np.zeros((materials, n_batches))
    np.add.at(share, number, ones)
    centre = np.bincount(number, weights=results, minlength=materials) / size
    design = csr_array(ones - (share / size[:, None])[number])
    compared = np.bincount(batch, minlength=n_batches)
    return adjust(design, results - centre[number], compared, lost=materials)


def _batches_of(number: IntArray, batch: IntArray) -> IntArray:
    """Count the batches that analysed each material."""
    pairs = np.unique(np.column_stack([number, batch]), axis=0)
    return np.bincount(pairs[:, 0]).astype(np.int64)
