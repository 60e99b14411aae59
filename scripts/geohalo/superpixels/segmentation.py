"""SLIC superpixels of a geochemical cube."""

import numpy as np
from numpy.typing import NDArray
from skimage.measure import label
from skimage.segmentation import relabel_sequential, slic

from geohalo.cube.moments import Moments
from geohalo.superpixels.components import Components


def segment(
    values: NDArray[np.floating],
    mask: NDArray[np.bool_],
    n_segments: int,
    compactness: float,
    components: int = 5,
) -> NDArray[np.int32]:
    """Segment the cube into superpixels (SLIC, Achanta et al. 2012, doi 10.1109/TPAMI.2012.120).

    Parameters
    ----------
    values : ndarray (cells, elements)
        Standardised values of the cells inside ``mask``, in row-major order.
    mask : ndarray (rows, columns) of bool
    n_segments : int
        Approximate number of superpixels.
    compactness : float
        Weight of shape against content. The components are rescaled together to 0-1 first. Explore on a log scale, for
        example 0.01, 0.1, 1: small values follow the geochemistry, large ones give squares.
    components : int
        Principal components of the cube that SLIC sees. It weighs all channels alike; with dozens of elements the few
        that carry a pattern would drown in the noise of the rest.

    Returns
    -------
    ndarray (rows, columns) of int32
        Labels from 1 without gaps, each 4-connected; 0 outside the mask and nowhere inside.
    """
    cells = values.astype(np.float64)
    found = Components.of(Moments.of(cells, products=True), components).ranged([cells])
    image = np.zeros((*mask.shape, len(found.axes)))
    image[mask] = found.rescaled(cells)
    labels = slic(
        image,
        n_segments=n_segments,
        compactness=compactness,
        mask=None if mask.all() else mask,
        start_label=1,
        channel_axis=-1,
        convert2lab=False,
        enforce_connectivity=True,
    )
    return split_into_components(labels, mask)


def split_into_components(labels: NDArray[np.integer], mask: NDArray[np.bool_]) -> NDArray[np.int32]:
    """Number the connected pieces of labels inside the mask from 1.

    SLIC may leave a tiny island of the mask without a label, or one label on two islands.

    Parameters
    ----------
    labels : ndarray (rows, columns) of int
    mask : ndarray (rows, columns) of bool

    Returns
    -------
    ndarray (rows, columns) of int32
        Each 4-connected; 0 outside the mask.
    """
    background = -1
    connected = label(np.where(mask, labels, background), background=background, connectivity=1)
    return relabel_sequential(connected)[0].astype(np.int32)
