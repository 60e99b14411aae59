"""The order of the elements along the spectrum, which the convolutions of the spectrum branch slide over."""

from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from geohalo.errors import InputError
from geohalo.survey.elements import element_table

ORDERS = ("given", "atomic_number", "similarity")

#: Cells that correlations are computed from, evenly spread over the map.
CORRELATED_CELLS = 200_000


class Spectra(Protocol):
    """Values (cells, elements) in memory or in a file."""

    def __len__(self) -> int:
        """Return the number of cells."""
        ...

    def __getitem__(self, cells: slice, /) -> Any:
        """Return the values of some cells."""
        ...


def element_order(names: Sequence[str], values: Spectra, how: str) -> NDArray[np.intp]:
    """Order the elements of a cube, without labels.

    Parameters
    ----------
    names : sequence of str (elements,)
    values : ndarray (cells, elements)
        The cube inside the mask; may be memory-mapped or in a file. Read for ``similarity`` only.
    how : {"given", "atomic_number", "similarity"}
        As they are, along the periodic table, or so that neighbours vary alike (see `similarity_order`).

    Returns
    -------
    ndarray (elements,) of int
        Columns in their new order.

    Raises
    ------
    InputError
        With ``atomic_number``, if a name is not the symbol of an element.
    ValueError
        If ``how`` is none of `ORDERS`.
    """
    if how == "given":
        return np.arange(len(names))
    if how == "atomic_number":
        return _periodic_order(names)
    if how == "similarity":
        return similarity_order(names, values)
    raise ValueError(f"order {how!r} is not known: use one of {', '.join(ORDERS)}")


def _periodic_order(names: Sequence[str]) -> NDArray[np.intp]:
    numbers = element_table()["atomic_number"]
    unknown = [name for name in names if name not in numbers.index]
    if unknown:
        raise InputError(
            f"network.spectrum_order: atomic_number needs the symbol of an element for every band of the cube, and "
            f"{', '.join(map(repr, unknown))} {'is none' if len(unknown) == 1 else 'are none'}. Set "
            "network.spectrum_order to 'given' or 'similarity'."
        )
    return np.argsort(numbers[list(names)].to_numpy(), kind="stable")


def similarity_order(names: Sequence[str], values: Spectra) -> NDArray[np.intp]:
    """Order the elements so that neighbours vary alike over the map.

    Average-linkage clustering of 1 - Pearson correlation, its leaves put in the order with the smallest sum of
    distances between neighbours (Bar-Joseph et al. 2001, Bioinformatics 17, S22-S29). An element that does not vary has
    correlation 0 with all others. Ties and direction follow the names, not the columns: the elements are clustered in
    alphabetical order, and of the two ends the one whose name comes first begins.

    Parameters
    ----------
    names : sequence of str (elements,)
    values : ndarray (cells, elements)
        At most `CORRELATED_CELLS` of the cells, evenly spread, are read.

    Returns
    -------
    ndarray (elements,) of int
        Columns in their new order.
    """
    alphabetical = np.array(sorted(range(len(names)), key=lambda k: names[k]), dtype=np.intp)
    if len(names) < 3:
        return alphabetical
    # Slow to import, and no other order needs them.
    from scipy.cluster.hierarchy import leaves_list, linkage
    from scipy.spatial.distance import squareform

    step = max(1, -(-len(values) // CORRELATED_CELLS))
    distance = 1 - _correlation(np.asarray(values[::step], dtype=np.float64)[:, alphabetical])
    tree = linkage(squareform(distance, checks=False), "average", optimal_ordering=True)
    leaves = leaves_list(tree)
    return alphabetical[leaves if leaves[0] < leaves[-1] else leaves[::-1]]


def _correlation(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Correlation of the columns, exactly symmetric; 0 where a column does not vary."""
    centred = values - values.mean(axis=0)
    size = np.sqrt((centred**2).sum(axis=0))
    constant = size <= 1e-9 * np.sqrt(len(values)) * np.maximum(1.0, np.abs(values).max(axis=0))
    unit = np.where(constant, 0.0, centred / np.where(constant, 1.0, size))
    correlation = np.clip(unit.T @ unit, -1.0, 1.0)
    # Rounding must not decide between equal distances.
    correlation = np.round((correlation + correlation.T) / 2, 12)
    np.fill_diagonal(correlation, 1.0)
    return correlation
