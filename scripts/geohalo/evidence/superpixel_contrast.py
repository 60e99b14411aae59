"""The unsupervised mode of the workflow: how much ground differs from its surroundings, without any label.

A halo is a patch that is unlike the ground around it, at a size that nobody knows beforehand; the regional
geology is not an anomaly, however extreme its values. So the score is one of contrast and not of values, with the
superpixels of the network as the patches:

1. Values become principal components, all that vary (`geohalo.evidence.components`), and each counts alike, as
   in a Mahalanobis distance: the first few are rock types mostly, and a halo may show in a combination of elements
   that varies little elsewhere. What this mode finds beyond the control ``mahalanobis`` is due to contrast alone.
2. For each scale, the mean of a superpixel less the mean of the superpixels that adjoin it, each weighed by the
   length of the common border (the external graph). One without neighbours has no contrast.
3. For the finest scale also each cell less the mean of its superpixel. With it, every width from one cell to
   the coarsest superpixel is looked at once.
4. Each contrast is centred on its median and divided by its median absolute deviation, component by component, so
   that anomalies do not set the measure that they are judged by; then its squared length is taken. The sign of a
   contrast does not count, because which elements a deposit adds or takes away is not known without labels.
5. The score is the mean of the percentile ranks over cells of these lengths, one for each scale and one of the
   cells: ranks make widths of different spread comparable, and none can outvote the others by one extreme value.

The definition was fixed before any deposit was looked at; it has nothing to set.
"""

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
from scipy.sparse import csr_array

from geohalo.evidence.chunks import in_chunks
from geohalo.evidence.components import varying_components
from geohalo.evidence.ranks import percentile_rank

#: What it reads of a scale.
SCALE_ARRAYS = ("assignment", "external_edges", "external_attributes")


def superpixel_contrast(cube: np.ndarray, graphs: Sequence[Mapping[str, np.ndarray]]) -> np.ndarray:
    """Score how much each cell's ground differs from its surroundings; see the module docstring.

    Parameters
    ----------
    cube : (N, B) array
        Standardised values.
    graphs : sequence of mappings
        `SCALE_ARRAYS` of each scale (see `geohalo.superpixels.graph.SuperpixelGraph`).

    Returns
    -------
    (N,) float32 array
        Between 0 and 1; larger is more anomalous.

    Raises
    ------
    ValueError
        If there is no scale.
    """
    if not graphs:
        raise ValueError("superpixel_contrast needs the graph of at least one scale")
    cube = np.asarray(cube, dtype=np.float32)
    centre, directions = varying_components(cube)
    if not len(directions):  # all cells are alike
        return np.full(len(cube), 0.5, dtype=np.float32)
    components = in_chunks(lambda part: (part - centre) @ directions.T, cube)
    ranks, means = [], []
    for graph in graphs:
        means.append(superpixel_means(components, graph["assignment"]))
        length = robust_length(border_contrast(means[-1], graph).T)
        ranks.append(percentile_rank(length[graph["assignment"]]))
    finest = int(np.argmax([len(mean) for mean in means]))
    of_cell = graphs[finest]["assignment"]
    # One component at a time: the cells are many.
    within = (values - mean[of_cell] for values, mean in zip(components.T, means[finest].T, strict=True))
    ranks.append(percentile_rank(robust_length(within)))
    return np.mean(ranks, axis=0).astype(np.float32)


def superpixel_means(values: np.ndarray, assignment: np.ndarray) -> np.ndarray:
    """Return the mean (superpixels, P) of the values (N, P) of each superpixel."""
    size = np.bincount(assignment)
    sums = [np.bincount(assignment, weights=column) for column in values.T]
    return np.stack(sums, axis=1) / size[:, None]


def border_contrast(means: np.ndarray, graph: Mapping[str, np.ndarray]) -> np.ndarray:
    """Return each superpixel's mean less that of its neighbours, weighed by touching pairs of cells.

    Parameters
    ----------
    means : (S, P) array
    graph : mapping
        ``external_edges`` (2, edges) and ``external_attributes`` (edges, 3) with the pairs in column 2.

    Returns
    -------
    (S, P) array
        0 for a superpixel without neighbours.
    """
    pairs = graph["external_attributes"][:, 2].astype(np.float64)
    border = csr_array((pairs, tuple(graph["external_edges"])), shape=(len(means), len(means)))
    total = border.sum(axis=1)[:, None]
    around = np.divide(border @ means, total, out=means.copy(), where=total > 0)
    return means - around


def robust_length(contrasts: Iterable[np.ndarray]) -> np.ndarray:
    """Return the squared length of contrasts, each component centred on its median over its absolute deviation.

    Parameters
    ----------
    contrasts : iterable of (M,) arrays
        One for each component.

    Returns
    -------
    (M,) array
        A component with a deviation of 0 is measured by its standard deviation, and one that does not vary by 1.
    """
    total: np.ndarray | float = 0.0
    for contrast in contrasts:
        centred = contrast - np.median(contrast)
        deviation = np.median(np.abs(centred)) or centred.std() or 1.0
        total = total + (centred / deviation) ** 2
    return np.asarray(total)
