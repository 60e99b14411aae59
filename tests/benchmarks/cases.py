"""Simulated surveys for the benchmarks: cubes of smooth random fields, superpixels, labelled cells.

Nothing here is geochemistry: time and memory do not depend on the values. Everything follows from a seed.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter

#: The published experiment: rows, columns, elements; one superpixel per five cells.
PUBLISHED = (157, 205, 39)
PUBLISHED_SEGMENTS = -(-PUBLISHED[0] * PUBLISHED[1] // 5)

#: Labelled cells of each class, around so many places.
PER_CLASS = 400
PLACES = 20


@dataclass(frozen=True)
class Labelled:
    """Labelled cells: numbers in row-major order and classes (1 near a place, 0 around it)."""

    train: NDArray[np.int64]
    train_classes: NDArray[np.int64]
    test: NDArray[np.int64]
    test_classes: NDArray[np.int64]


def write_cube(file: Path, rows: int, columns: int, elements: int, seed: int = 0) -> NDArray[np.float32]:
    """Write a standardised cube (cells, elements) of float32 as .npy, in bounded memory; returns it memory-mapped.

    Eight smooth fields of different range, mixed at random into the elements, and noise.
    """
    generator = np.random.default_rng(seed)
    ranges = (2, 3, 4, 6, 8, 12, 16, 24)
    fields = np.stack(
        [gaussian_filter(generator.standard_normal((rows, columns), np.float32), s).ravel() for s in ranges],
        1,
    )
    fields /= fields.std(0)
    mixture = generator.standard_normal((len(ranges), elements), np.float32) / len(ranges) ** 0.5
    cube = np.lib.format.open_memmap(file, "w+", np.float32, (rows * columns, elements))
    for start in range(0, rows * columns, 500_000):
        block = fields[start : start + 500_000] @ mixture
        cube[start : start + len(block)] = (
            block + 0.5 * generator.standard_normal(block.shape, np.float32)
        ) / 1.12
    cube.flush()
    return cube


def tiles(rows: int, columns: int, cells_each: float, seed: int = 0) -> NDArray[np.int32]:
    """Label image of jittered bricks of about ``cells_each`` cells, from 1 without gaps.

    Stands in for SLIC, which would take minutes on the largest grids; sizes and numbers of neighbours are alike.
    """
    generator = np.random.default_rng(seed)
    side = cells_each**0.5

    def borders(length: int) -> NDArray[np.int64]:
        regular = np.arange(side, length - side / 2, side)
        return np.unique(np.round(regular + generator.uniform(-0.3, 0.3, regular.size) * side).astype(int))

    labels = np.empty((rows, columns), np.int32)
    first = 1
    for band in np.split(np.arange(rows), borders(rows)):
        if band.size:
            image = np.searchsorted(borders(columns), np.arange(columns), side="right")
            labels[band] = first + np.unique(image, return_inverse=True)[1]
            first = int(labels[band[0]].max()) + 1
    return labels


def labelled_cells(
    rows: int, columns: int, per_class: int = PER_CLASS, draw: int = 0, district: int | None = None
) -> Labelled:
    """Draw cells within 5 cells of places (class 1) and 8 to 14 cells from them (class 0), for training and for test.

    Every ``draw`` is around the same places; they lie all over the map, or in a square ``district`` in its middle.
    """
    generator = np.random.default_rng(0)
    margin = 16

    def middle(length: int) -> NDArray[np.int64]:
        side = min(length, district or length)
        return (length - side) // 2 + generator.integers(margin, side - margin, PLACES)

    y, x = middle(rows), middle(columns)
    reach = np.arange(-margin, margin + 1)
    down, right = (axis.ravel() for axis in np.meshgrid(reach, reach, indexing="ij"))
    distance = np.hypot(down, right)
    cells = (y[:, None] + down) * columns + x[:, None] + right
    near = np.unique(cells[:, distance <= 5])
    around = np.setdiff1d(cells[:, (distance >= 8) & (distance <= 14)], cells[:, distance < 8])
    generator = np.random.default_rng(draw)
    drawn = [generator.permutation(pool)[: 2 * per_class] for pool in (near, around)]
    size = min(map(len, drawn)) // 2
    classes = np.repeat([1, 0], size)
    train, test = (np.concatenate([cells[k * size : (k + 1) * size] for cells in drawn]) for k in (0, 1))
    return Labelled(train, classes, test, classes)
