"""A small survey of 12 x 15 cells with two scales, shared by the tests of the network."""

import numpy as np
import pytest
import torch
from geohalo.superpixels.graph import build_graph


@pytest.fixture(scope="session", autouse=True)
def one_thread():
    """Small problems gain nothing from threads, and lose much when other work shares the cores."""
    torch.set_num_threads(1)


@pytest.fixture(scope="session")
def survey():
    """Return values (cells, elements), the arrays of two scales, and their label images."""
    rng = np.random.default_rng(0)
    rows, columns, elements = 12, 15, 11
    mask = np.ones((rows, columns), bool)
    mask[:3, :4] = False
    y, x = np.mgrid[:rows, :columns]
    images = []
    for size in (3, 5):
        blocks = (y // size) * 10 + x // size
        images.append(
            np.where(
                mask,
                np.unique(blocks[mask], return_inverse=True)[1][np.cumsum(mask).reshape(mask.shape) - 1] + 1,
                0,
            )
        )
    values = rng.normal(size=(mask.sum(), elements)).astype(np.float32)
    return values, [build_graph(image, values).arrays() for image in images], images
