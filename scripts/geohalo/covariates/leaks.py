"""Layers that are made from the known deposits themselves: evidence with them would be that of the labels."""

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree
from scipy.spatial.distance import cdist

from geohalo.covariates.bands import Bands
from geohalo.errors import InputError

#: A band is made from the deposits if so many of them lie where it is highest, or lowest, of all cells around. Ground
#: that deposits follow is not so: along a fault that they lie on, other cells are as near to it.
SHARE = 0.8
#: How far around a deposit cells are looked at, in cells, and how many there must be.
NEAR, FEWEST = 4, 12
#: Deposits with so many cells around them that there must be.
DEPOSITS = 2
#: ... and it is a density of the deposits if it correlates so well with one.
DENSITY = 0.98
#: Bandwidths of these in cells, and how many cells are compared.
BANDWIDTHS, COMPARED = (2, 3, 4, 6, 8, 12, 16, 24, 32), 10_000


def check_not_from_deposits(
    bands: Bands, cells: NDArray[np.float64], cell: float, deposits: NDArray[np.float64], key: str
) -> None:
    """Stop for a layer that follows the distance to the known deposits, or falls off around each of them.

    Parameters
    ----------
    bands : Bands
    cells : ndarray (cells, 2)
        Centres of the survey's cells in metres.
    cell : float
        Size of a cell in metres.
    deposits : ndarray (deposits, 2)
        Places of the known deposits in metres.
    key : str
        Config key of the layer, for the message.

    Raises
    ------
    InputError
        At most deposits the band is higher, or at most it is lower, than in all other cells within four cells that are
        nearer to this deposit than to any other; or it is a density of the deposits.
    """
    if len(deposits) < DEPOSITS:
        return
    _check_densities(bands, cells, cell, deposits, key)
    distance, nearest = cKDTree(deposits).query(cells, distance_upper_bound=NEAR * cell)
    around = np.flatnonzero(np.isfinite(distance))
    # By deposit, the cell that it lies in first.
    around = around[np.lexsort((distance[around], nearest[around]))]
    groups = np.split(around, np.flatnonzero(np.diff(nearest[around])) + 1)
    groups = [group for group in groups if len(group) >= FEWEST]
    if len(groups) < DEPOSITS:
        return
    for name, values in zip(bands.names, bands.values, strict=True):
        highest = np.mean(
            [values[group[0]] > np.nanmax(values[group[1:]], initial=-np.inf) for group in groups]
        )
        lowest = np.mean(
            [values[group[0]] < np.nanmin(values[group[1:]], initial=np.inf) for group in groups]
        )
        if max(highest, lowest) >= SHARE:
            raise InputError(
                f"{bands.where}: {name} is {'highest' if highest >= lowest else 'lowest'} right at "
                f"{max(highest, lowest):.0%} of the known deposits, so that it seems to be made from them. Evidence "
                f"with it would be that of the labels themselves; leave {key} out."
            )


def _check_densities(
    bands: Bands, cells: NDArray[np.float64], cell: float, deposits: NDArray[np.float64], key: str
) -> None:
    """Stop for a band that is a sum of Gaussians around the deposits."""
    some = slice(None, None, max(1, len(cells) // COMPARED))
    square = cdist(cells[some], deposits, "sqeuclidean") / cell**2
    for bandwidth in BANDWIDTHS:
        density = np.exp(-square / (2 * bandwidth**2)).sum(axis=1)
        for name, values in zip(bands.names, bands.values[:, some], strict=True):
            known = np.isfinite(values)
            if known.sum() < FEWEST or np.ptp(values[known]) == 0 or np.ptp(density[known]) == 0:
                continue
            if abs(np.corrcoef(values[known], density[known])[0, 1]) >= DENSITY:
                raise InputError(
                    f"{bands.where}: {name} is a density of the known deposits. Evidence with it would be that of the "
                    f"labels themselves; leave {key} out."
                )
