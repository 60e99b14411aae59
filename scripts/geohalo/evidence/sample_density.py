"""How densely ground was sampled, by the distance to the k-th nearest sample; light to import."""

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import KDTree

#: The sample whose distance counts, by nearness.
DENSITY_NEIGHBOURS = 12


def minus_distance(
    points: NDArray[np.floating], cells: NDArray[np.floating], neighbour: int
) -> NDArray[np.float64]:
    """Return minus the distance (N,) of each cell to its k-th nearest point, or to the last where there are fewer.

    Parameters
    ----------
    points : ndarray (P, 2)
        In metres, P at least 1.
    cells : ndarray (N, 2)
        Centres of cells in metres.
    neighbour : int
        k, from 1.
    """
    distance, _ = KDTree(points).query(cells, k=[min(neighbour, len(points))])
    return -distance[:, 0]


def sample_density(
    samples: NDArray[np.floating], cells: NDArray[np.floating], cell: float
) -> NDArray[np.float64]:
    """Return how many samples there are for each km² around each cell.

    The k nearest samples, `DENSITY_NEIGHBOURS` or all of fewer, over the area of the circle through the last of them
    (Loftsgaarden and Quesenberry 1965): its order over the cells is that of the control ``sampling_density``. At the
    edge of a survey, where the circle reaches beyond the samples, the density is lower than between them.

    Parameters
    ----------
    samples : ndarray (S, 2)
        In metres, S at least 1.
    cells : ndarray (N, 2)
        Centres of cells in metres.
    cell : float
        Size of a cell in metres; the radius of a circle is at least half of it.

    Returns
    -------
    ndarray (N,)
        In 1/km².
    """
    radius = np.maximum(-minus_distance(samples, cells, DENSITY_NEIGHBOURS), cell / 2) / 1e3
    return min(DENSITY_NEIGHBOURS, len(samples)) / (np.pi * radius**2)
