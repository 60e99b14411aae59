"""Layers that are made from the known deposits themselves: evidence with them would be that of the labels."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree
from scipy.spatial.distance import cdist

from geohalo.covariates.bands import Bands
from geohalo.errors import InputError
from geohalo.input_warnings import InputWarning

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
#: Share of the known deposits that a layer of points may not hold.
SAME_PLACES = 0.5
#: One that holds so many times more of them than points strewn over the survey would is doubtful.
MORE_THAN_CHANCE = 5


@dataclass(frozen=True)
class DepositPattern:
    """What layers are compared with, one band after the other.

    Attributes
    ----------
    deposits : ndarray (deposits, 2)
        Places in metres.
    cell : float
        Size of a cell in metres.
    some : slice
        Cells that densities are compared at.
    densities : ndarray (bandwidths, compared)
        Sums of Gaussians around the deposits at these cells.
    groups : list of ndarray
        Cells around each deposit that has enough of them, its own first.
    cells : ndarray (cells, 2)
        Centres in metres.
    """

    deposits: NDArray[np.float64]
    cell: float
    some: slice
    densities: NDArray[np.float64]
    groups: list[NDArray[np.int64]]
    cells: NDArray[np.float64]

    @classmethod
    def of(cls, cells: NDArray[np.float64], cell: float, deposits: NDArray[np.float64]) -> "DepositPattern":
        """Work it out for the cells (cells, 2) of a survey in metres."""
        some = slice(None, None, max(1, len(cells) // COMPARED))
        if len(deposits) < DEPOSITS:
            return cls(deposits, cell, some, np.empty((0, 0)), [], cells)
        square = cdist(cells[some], deposits, "sqeuclidean") / cell**2
        densities = np.array([np.exp(-square / (2 * bandwidth**2)).sum(axis=1) for bandwidth in BANDWIDTHS])
        distance, nearest = cKDTree(deposits).query(cells, distance_upper_bound=NEAR * cell)
        around = np.flatnonzero(np.isfinite(distance))
        # By deposit, the cell that it lies in first.
        around = around[np.lexsort((distance[around], nearest[around]))]
        groups = np.split(around, np.flatnonzero(np.diff(nearest[around])) + 1)
        groups = [group for group in groups if len(group) >= FEWEST]
        return cls(deposits, cell, some, densities, groups if len(groups) >= DEPOSITS else [], cells)

    def check_points(self, points: NDArray[np.float64], source: str, key: str) -> list[InputWarning]:
        """Stop when at least half of the known deposits are among the points (points, 2) of a layer.

        Returns the doubt that fewer are, but more than chance would have.

        Raises
        ------
        InputError
        """
        if not len(points) or not len(self.deposits):
            return []
        same = cKDTree(points).query(self.deposits)[0] <= self.cell / 2
        if same.sum() >= max(1, SAME_PLACES * len(self.deposits)):
            raise InputError(
                f"{source}: {same.sum()} of {len(self.deposits)} known deposits are points of this layer. Evidence "
                f"with it would be that of the labels themselves; leave {key} out, or remove deposits and occurrences "
                "from the file."
            )
        inside = cKDTree(self.cells).query(points)[0] <= self.cell
        chance = len(self.deposits) * min(1.0, inside.sum() / len(self.cells))
        if same.sum() < DEPOSITS or same.sum() <= MORE_THAN_CHANCE * chance:
            return []
        return [
            InputWarning(
                f"{same.sum()} of {len(self.deposits)} known deposits are points of this layer, which knows them",
                f"remove deposits from the file, or leave {key} out",
                source,
            )
        ]

    def check_band(self, name: str, values: NDArray[np.floating], where: str, key: str) -> None:
        """Stop for a band that follows the distance to the known deposits, or is a density of them.

        Parameters
        ----------
        name : str
            Of the band.
        values : ndarray (cells,)
            NaN in cells without the layer.
        where : str
            File and column, for the message.
        key : str
            Config key of the layer, for the message.

        Raises
        ------
        InputError
        """
        if self._is_density(values[self.some]):
            raise InputError(
                f"{where}: {name} is a density of the known deposits. Evidence with it would be that of the labels "
                f"themselves; leave {key} out."
            )
        if not self.groups:
            return
        around = [(values[group[0]], values[group[1:]]) for group in self.groups]
        highest = np.mean([own > np.nanmax(others, initial=-np.inf) for own, others in around])
        lowest = np.mean([own < np.nanmin(others, initial=np.inf) for own, others in around])
        if max(highest, lowest) >= SHARE:
            raise InputError(
                f"{where}: {name} is {'highest' if highest >= lowest else 'lowest'} right at "
                f"{max(highest, lowest):.0%} of the known deposits, so that it seems to be made from them. Evidence "
                f"with it would be that of the labels themselves; leave {key} out."
            )

    def _is_density(self, values: NDArray[np.floating]) -> bool:
        """Tell whether values at the compared cells are a sum of Gaussians around the deposits."""
        known = np.isfinite(values)
        if known.sum() < FEWEST or np.ptp(values[known]) == 0:
            return False
        return any(
            np.ptp(density[known]) > 0 and abs(np.corrcoef(values[known], density[known])[0, 1]) >= DENSITY
            for density in self.densities
        )


def check_not_from_deposits(
    layers: Sequence[Bands], cells: NDArray[np.float64], cell: float, deposits: NDArray[np.float64]
) -> list[InputWarning]:
    """Stop for a layer that holds the known deposits, follows the distance to them, or falls off around each of them.

    Parameters
    ----------
    layers : sequence of Bands
    cells : ndarray (cells, 2)
        Centres of the survey's cells in metres.
    cell : float
        Size of a cell in metres.
    deposits : ndarray (deposits, 2)
        Places of the known deposits in metres.

    Returns
    -------
    list of InputWarning
        Layers of points that hold some of the deposits.

    Raises
    ------
    InputError
        At least half of the deposits are points of the layer; at most deposits a band is higher, or at most it is
        lower, than in all other cells within four cells that are nearer to this deposit than to any other; or it is a
        density of the deposits.
    """
    pattern, doubts = DepositPattern.of(cells, cell, deposits), list[InputWarning]()
    for bands in layers:
        key = f"covariates.{bands.layer}"
        if bands.points is not None:
            doubts += pattern.check_points(bands.points, bands.source, key)
        for name, values in zip(bands.names, bands.values, strict=True):
            pattern.check_band(name, values, bands.where, key)
    return doubts
