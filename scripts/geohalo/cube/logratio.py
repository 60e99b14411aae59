"""From concentrations to the values that the network sees."""

import numpy as np
from numpy.typing import NDArray

from geohalo.errors import InputError

Array = NDArray[np.float64]


def centred_logratio(concentrations: Array) -> Array:
    """Centred log-ratio (Aitchison 1986): ln x_k minus the mean of ln x over the elements of a cell.

    Parameters
    ----------
    concentrations : ndarray (cells, elements)
        Positive, all elements of a cell in one unit (any: a common factor cancels).

    Returns
    -------
    ndarray (cells, elements)
        Rows sum to 0.
    """
    logarithm = np.log(concentrations)
    return logarithm - logarithm.mean(axis=1, keepdims=True)


def standardise(values: Array, clip: float) -> Array:
    """Give each element mean 0 and standard deviation 1 over the cells, and cut off beyond ``clip`` of them.

    An element that does not vary becomes 0.

    Parameters
    ----------
    values : ndarray (cells, elements)
    clip : float
        In standard deviations.

    Returns
    -------
    ndarray (cells, elements)
    """
    spread = values.std(axis=0)
    # A constant column has a spread of rounding errors only.
    constant = spread <= 1e-12 * np.abs(values).max(axis=0)
    scaled = (values - values.mean(axis=0)) / np.where(constant, 1.0, spread)
    scaled[:, constant] = 0.0
    return np.clip(scaled, -clip, clip)


def cube_values(concentrations: Array, elements: list[str], transform: str, clip: float) -> Array:
    """Transform and standardise the concentrations of all cells inside the mask.

    No label is used here, so that the cube is the same for every fold.

    Parameters
    ----------
    concentrations : ndarray (cells, elements)
        In ppm (``clr`` and ``log``) or any unit (``none``).
    elements : list of str
        Names of the columns, for messages.
    transform : {"clr", "log", "none"}
    clip : float
        See `standardise`.

    Returns
    -------
    ndarray (cells, elements)

    Raises
    ------
    InputError
        If a value is not finite, or not positive where a logarithm is asked for.
    """
    bad = ~np.isfinite(concentrations).all(axis=0)
    if bad.any():
        raise InputError(
            f"element {elements[int(bad.argmax())]}: the grid has cells without a value inside the mask."
        )
    if transform != "none":
        bad = (concentrations <= 0).any(axis=0)
        if bad.any():
            raise InputError(
                f"element {elements[int(bad.argmax())]}: the grid has values that are zero or negative, which have no "
                f"logarithm (cube.transform: {transform}). Mask those cells, or set cube.transform: none."
            )
    if transform == "clr":
        return standardise(centred_logratio(concentrations), clip)
    return standardise(np.log(concentrations) if transform == "log" else concentrations, clip)
