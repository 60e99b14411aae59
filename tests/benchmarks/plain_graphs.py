"""The graphs of a segmentation as a reader would first write them: loops over superpixels and their cells."""

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import find_objects

SIDES = ((-1, 0), (0, -1), (0, 1), (1, 0))
SIDES_AND_CORNERS = (*SIDES, (-1, -1), (-1, 1), (1, -1), (1, 1))


def build_graph(labels: NDArray[np.integer]) -> dict[str, np.ndarray]:
    """Build the internal and the external graph, superpixel by superpixel.

    Returns the arrays of `geohalo.superpixels.graph.SuperpixelGraph`, equal to the last edge.
    """
    rows, columns = labels.shape
    number = (np.cumsum(labels.ravel() > 0) - 1).reshape(labels.shape).tolist()
    image = labels.tolist()
    inside, touching, centroids = [], {}, []
    for superpixel, window in enumerate(find_objects(labels), start=1):
        corner = np.array([window[0].start, window[1].start])
        cells = np.argwhere(labels[window] == superpixel) + corner
        centroids.append(cells.mean(0))
        for row, column in cells.tolist():
            for down, right in SIDES:
                i, j = row + down, column + right
                if 0 <= i < rows and 0 <= j < columns and image[i][j] == superpixel:
                    inside.append((number[row][column], number[i][j]))
            for down, right in SIDES_AND_CORNERS:
                i, j = row + down, column + right
                if 0 <= i < rows and 0 <= j < columns and image[i][j] not in (0, superpixel):
                    edge = (superpixel - 1, image[i][j] - 1)
                    touching[edge] = touching.get(edge, 0) + 1
    external = sorted(touching)
    attributes = [
        (centroids[b][1] - centroids[a][1], centroids[a][0] - centroids[b][0], touching[a, b])
        for a, b in external
    ]
    return {
        "assignment": (labels[labels > 0] - 1).astype(np.int32),
        "internal_edges": np.array(sorted(inside), np.int32).reshape(-1, 2).T,
        "external_edges": np.array(external, np.int32).reshape(-1, 2).T,
        "external_attributes": np.array(attributes, np.float32).reshape(-1, 3),
    }
