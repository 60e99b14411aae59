"""SLIC by tiles: seeds on one lattice over the whole grid, iterations in each tile, labels stitched without seams.

A seed has the same number wherever it is looked at from. A tile sees its own rows and a halo around them, runs the
iterations from all seeds in there and keeps the labels of its own rows. In the stitched image a superpixel that crosses
a border of tiles is one superpixel; connectivity and least sizes are then seen to once, for the whole image.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import binary_dilation
from skimage.segmentation._slic import _enforce_label_connectivity_cython, _slic_cython
from skimage.util import regular_grid

from geohalo.superpixels.segmentation import split_into_components

#: Iterations of SLIC, the number of scikit-image's `slic`.
ITERATIONS = 10
#: Rows around a tile, in spacings of the seeds, beyond which other seeds hardly matter.
HALO = 8
#: Seeds for each one that is asked for, beyond which the lattice is made wider.
MANY = 1.25
#: A row that no window reaches.
NOWHERE = -1e9


@dataclass(frozen=True)
class Seeds:
    """Seeds of the superpixels of a whole grid.

    Attributes
    ----------
    places : ndarray (seeds, 2)
        Rows and columns, from north to south.
    step : int
        Cells between neighbours of the lattice.
    """

    places: NDArray[np.float64]
    step: int


def lattice_seeds(mask: NDArray[np.bool_], n_segments: int) -> Seeds:
    """Lay a square lattice of seeds over the grid and fit it to the mask.

    Each seed stands for the box of cells around it. A seed outside the mask moves to the mean place of the cells of its
    box that are inside. A box of which less than half is inside has a seed only if no box beside it has half.

    Parameters
    ----------
    mask : ndarray (rows, columns) of bool
        At least one cell is inside.
    n_segments : int
        Approximate number of seeds inside; with all cells inside, the lattice is that of scikit-image's `slic`.

    Returns
    -------
    Seeds
    """
    lattice = regular_grid((1, *mask.shape), round(n_segments * mask.size / np.count_nonzero(mask)))[1:]
    # The step may be none where a superpixel is a cell.
    boxes = [_Boxes(mask, tuple((int(part.start or 0), int(part.step or 1)) for part in lattice))]
    excess = len(boxes[0].places) / n_segments
    if excess > MANY:
        # Narrow ground lies in more boxes than its area tells: as many as it is long rather than large.
        for factor in (np.sqrt(excess), excess):
            step = max(round(boxes[0].step * factor), 1)
            boxes.append(_Boxes(mask, ((step // 2, step),) * 2))
    best = min(boxes, key=lambda one: abs(np.log(len(one.places) / n_segments)))
    return Seeds(best.places, best.step)


class _Boxes:
    """Boxes of cells around the points of a lattice (start and step of rows and columns), and their seeds."""

    def __init__(self, mask: NDArray[np.bool_], lattice: tuple[tuple[int, int], ...]) -> None:
        self.step = max(step for _, step in lattice)
        # A lattice has a point at least.
        starts = [min(start, n - 1) for (start, _), n in zip(lattice, mask.shape, strict=True)]
        lines = [
            np.arange(start, n, step) for start, (_, step), n in zip(starts, lattice, mask.shape, strict=True)
        ]
        self.corners = [np.arange(line.size) * step for line, (_, step) in zip(lines, lattice, strict=True)]
        inside = self._sums(mask)
        areas = [np.diff(corner, append=n) for corner, n in zip(self.corners, mask.shape, strict=True)]
        half = 2 * inside >= np.multiply.outer(*areas)
        kept = half | (inside > 0) & ~binary_dilation(half)
        places = np.stack(np.meshgrid(*lines, indexing="ij"), axis=-1).astype(np.float64)
        outside = ~mask[np.ix_(*lines)]
        for axis, n in enumerate(mask.shape):
            place = np.arange(n, dtype=np.int32).reshape((-1, 1) if axis == 0 else (1, -1))
            mean = self._sums(mask * place) / np.maximum(inside, 1)
            places[..., axis] = np.where(outside, mean, places[..., axis])
        self.places = places[kept]

    def _sums(self, values: NDArray) -> NDArray[np.int64]:
        """Add up the values of the cells of each box."""
        rows = np.add.reduceat(values, self.corners[0], axis=0, dtype=np.int64)
        return np.add.reduceat(rows, self.corners[1], axis=1)


def with_halo(rows: slice, seeds: Seeds, n_rows: int, halo: float = HALO) -> slice:
    """Return the rows of a tile with its halo, ``halo`` spacings of the seeds wide."""
    width = int(np.ceil(halo * seeds.step))
    return slice(max(0, rows.start - width), min(n_rows, rows.stop + width))


def tile_labels(
    scores: NDArray[np.float64],
    mask: NDArray[np.bool_],
    seeds: Seeds,
    rows: slice,
    around: slice,
    compactness: float,
) -> NDArray[np.int32]:
    """Run SLIC's iterations on the rows of a tile and its halo.

    Parameters
    ----------
    scores : ndarray (cells, components)
        Principal components, rescaled to 0-1, of the cells inside the mask in the rows ``around``.
    mask : ndarray (rows, columns) of bool
        Of the rows ``around``.
    seeds : Seeds
        Of the whole grid.
    rows, around : slice
        Rows of the tile without and with the halo, in the whole grid.
    compactness : float
        Weight of shape against content.

    Returns
    -------
    ndarray (rows, columns) of int32
        Number of the seed from 1 for each cell of the tile; 0 outside the mask and where no seed is near.
    """
    near = np.flatnonzero((seeds.places[:, 0] >= around.start) & (seeds.places[:, 0] < around.stop))
    labels = np.zeros(mask.shape, np.int32)
    if near.size:
        places = seeds.places[near] - (around.start, 0)
        found = _slic(scores, mask, places, seeds.step, compactness)
        labels = np.where(found > 0, near[found - 1] + 1, 0).astype(np.int32)
    return labels[rows.start - around.start : rows.stop - around.start]


def _slic(
    scores: NDArray[np.float64],
    mask: NDArray[np.bool_],
    places: NDArray[np.float64],
    step: int,
    compactness: float,
) -> NDArray[np.intp]:
    """Run the iterations of scikit-image; returns the number of the seed of each cell, from 1.

    The kernel searches two steps around a seed, and works the step out from the size of the image and the number of
    seeds. Rows outside the mask or seeds out of reach are added until that gives the step asked for. Numbers are of
    double precision, since sums of coordinates would lose whole cells in single.
    """
    height, width, n_seeds = _searched(mask.shape, len(places), step)
    segments = np.zeros((n_seeds, 3 + scores.shape[1]))
    segments[:, 1] = NOWHERE
    segments[: len(places), 1:3] = places
    image = np.zeros((1, height, width, scores.shape[1]))
    inside = np.zeros((1, height, width), np.uint8)
    inside[0, : mask.shape[0], : mask.shape[1]] = mask
    image[inside.view(bool)] = scores * (1.0 / compactness)
    found = _slic_cython(
        image, inside, segments, float(step), ITERATIONS, np.ones(3), False, ignore_color=False, start_label=1
    )
    return found[0, : mask.shape[0], : mask.shape[1]]


def _searched(shape: tuple[int, ...], n_seeds: int, step: int) -> tuple[int, int, int]:
    """Return the least rows, columns and seeds from which the kernel works out the step."""
    height, width = (max(n, step) for n in shape)
    height = max(height, -(-n_seeds * step**2 // width))
    while True:
        seeds = max(n_seeds, round(height * width / step**2))
        if all((part.step or 1) == step for part in regular_grid((1, height, width), seeds)[1:]):
            return height, width, seeds
        height += step


def stitch(labels: NDArray[np.int32], mask: NDArray[np.bool_], n_seeds: int) -> NDArray[np.int32]:
    """Make superpixels of the labels of all tiles, put together.

    Pieces of a superpixel become superpixels of their own, those smaller than half the mean size go to a neighbour,
    and those larger than three times that are cut, as scikit-image's `slic` does.

    Parameters
    ----------
    labels : ndarray (rows, columns) of int32
        Numbers of seeds from 1, of `tile_labels`.
    mask : ndarray (rows, columns) of bool
    n_seeds : int

    Returns
    -------
    ndarray (rows, columns) of int32
        Labels from 1 without gaps, each 4-connected; 0 outside the mask and nowhere inside.
    """
    size = np.count_nonzero(mask) / n_seeds
    image = np.ascontiguousarray(labels[None], dtype=np.intp)
    image = _enforce_label_connectivity_cython(image, int(0.5 * size), int(3 * size), start_label=1)
    return split_into_components(image[0], mask)
