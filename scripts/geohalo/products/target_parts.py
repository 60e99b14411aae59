"""Ground that is too large to walk, split at the saddles of the score."""

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from scipy.spatial import KDTree
from skimage.segmentation import watershed

#: Cells that touch at a corner are connected.
NEIGHBOURS = np.ones((3, 3), dtype=bool)
#: Radius, in sample spacings, of the circle that a target is no larger than unless the config says otherwise. It holds
#: about a dozen samples: enough to show a halo, and no more than a crew can go over again at closer spacing.
SPACINGS = 2.0


def sample_spacing(places: NDArray[np.float64]) -> float:
    """Return the median distance between neighbouring sites.

    Parameters
    ----------
    places : ndarray (sites, 2)
        Coordinates in metres; sites at the same place count once.

    Returns
    -------
    float
        In metres; NaN with fewer than two sites.
    """
    sites = np.unique(places, axis=0)
    if len(sites) < 2:
        return np.nan
    return float(np.median(KDTree(sites).query(sites, k=2)[0][:, 1]))


def largest_area(spacing: float) -> float:
    """Return the area in square metres of the circle of `SPACINGS` sample spacings (metres) around a place."""
    return float(np.pi * (SPACINGS * spacing) ** 2)


def split_ground(score: NDArray[np.floating], ground: NDArray[np.bool_], largest: int) -> NDArray[np.int32]:
    """Cut connected ground into parts of at most so many cells.

    Each local maximum of the score has its basin (watershed of the score upside down). Basins that meet are joined in
    the order of their saddles, the highest first, as long as they are together not too large: what is left apart is
    parted by the lowest saddles. A basin that is too large by itself is cut to its best cells around its peak, those
    that a rising threshold leaves last.

    Parameters
    ----------
    score : ndarray (rows, columns)
        Finite on the ground.
    ground : ndarray (rows, columns) of bool
        What is to be cut; cells that touch at a side or a corner are connected.
    largest : int
        Cells of a part at most, 1 or more.

    Returns
    -------
    ndarray (rows, columns)
        Part of each cell, from 1; 0 for none. Ground that is small enough is one part, whatever its saddles.
    """
    whole, count = ndimage.label(ground, structure=NEIGHBOURS)
    parts, used = np.zeros(score.shape, dtype=np.int32), 0
    for number, place in enumerate(ndimage.find_objects(whole, count), 1):
        own = whole[place] == number
        cut = own.astype(np.int32)
        if own.sum() > largest:
            cut = _cut(np.where(own, score[place], -np.inf), own, largest)
        parts[place] += np.where(cut > 0, cut + used, 0).astype(np.int32)
        used += int(cut.max())
    return parts


def _cut(score: NDArray[np.floating], own: NDArray[np.bool_], largest: int) -> NDArray[np.int32]:
    """Return the parts, from 1, of one connected piece of ground."""
    basins = watershed(-np.where(own, score, score[own].min()), mask=own, connectivity=2)
    labels = _joined(basins, score, largest)[basins]
    found = np.zeros(own.shape, dtype=np.int32)
    for number, label in enumerate(np.unique(labels[own]), 1):
        found[_best(labels == label, score, largest)] = number
    return found


def _joined(basins: NDArray[np.integer], score: NDArray[np.floating], largest: int) -> NDArray[np.int64]:
    """Return the part of each basin (basins + 1,), the highest saddles joined first."""
    size = np.bincount(basins.ravel())
    parent = np.arange(len(size))

    def root(basin: int) -> int:
        while parent[basin] != basin:
            parent[basin] = parent[parent[basin]]
            basin = parent[basin]
        return basin

    for first, second in _saddles(basins, score):
        a, b = root(first), root(second)
        if a != b and size[a] + size[b] <= largest:
            parent[b] = a
            size[a] += size[b]
    return np.array([root(basin) for basin in range(len(size))])


def _saddles(basins: NDArray[np.integer], score: NDArray[np.floating]) -> NDArray[np.int64]:
    """Return pairs of basins that touch, the highest saddle first.

    A saddle is the best of the lower cells of all pairs of cells where two basins touch.
    """
    rows, columns = basins.shape
    found = []
    for down, right in ((0, 1), (1, 0), (1, 1), (1, -1)):
        here = (slice(0, rows - down), slice(max(0, -right), columns - max(0, right)))
        there = (slice(down, rows), slice(max(0, right), columns + min(0, right)))
        a, b = basins[here].ravel(), basins[there].ravel()
        meet = (a != b) & (a > 0) & (b > 0)
        height = np.minimum(score[here].ravel()[meet], score[there].ravel()[meet])
        low, high = np.minimum(a, b)[meet], np.maximum(a, b)[meet]
        found.append(np.column_stack([height, low, high]))
    pairs = np.concatenate(found)
    # Ties in the order of the basins, so that the same map is cut the same way.
    return pairs[np.lexsort([pairs[:, 2], pairs[:, 1], -pairs[:, 0]]), 1:].astype(np.int64)


def _best(part: NDArray[np.bool_], score: NDArray[np.floating], largest: int) -> NDArray[np.bool_]:
    """Return the best cells of a part that hang together with its peak; of equal ones those near the peak."""
    if part.sum() <= largest:
        return part
    cells = np.argwhere(part)
    values = score[part]
    peak = cells[values.argmax()]
    order = np.lexsort([((cells - peak) ** 2).sum(axis=1), -values])[:largest]
    kept = np.zeros_like(part)
    kept[tuple(cells[order].T)] = True
    labels, _ = ndimage.label(kept, structure=NEIGHBOURS)
    return labels == labels[tuple(peak)]
