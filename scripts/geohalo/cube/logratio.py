"""From concentrations to the values that the network sees."""

import numpy as np
from numpy.typing import NDArray

from geohalo.cube.moments import Moments
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


def standardise(
    values: Array, clip: float, moments: Moments | None = None, weights: Array | None = None
) -> Array:
    """Give each element mean 0 and standard deviation 1 over the cells, and cut off beyond ``clip`` of them.

    An element that does not vary becomes 0. With weights, the standard deviation of an element is its weight.

    Parameters
    ----------
    values : ndarray (cells, elements)
    clip : float
        In standard deviations.
    moments : Moments, optional
        Those of all cells, if the values are a part of them.
    weights : ndarray (elements,), optional
        Factors of what is standardised and cut off, for elements that are less reliable than others.

    Returns
    -------
    ndarray (cells, elements)
    """
    moments = moments or Moments.of(values)
    spread = np.sqrt(moments.squares / moments.count)
    # A constant column has a spread of rounding errors only.
    constant = spread <= 1e-12 * moments.largest
    scaled = (values - moments.mean) / np.where(constant, 1.0, spread)
    scaled[:, constant] = 0.0
    scaled = np.clip(scaled, -clip, clip)
    return scaled if weights is None else scaled * weights


def check_variation(elements: list[str], raw: Moments, values: Moments, transform: str) -> None:
    """Stop before anything is learned from a cube that does not vary.

    Parameters
    ----------
    elements : list of str
    raw, values : Moments
        Of all cells, before and after the transform.
    transform : str
        See `transformed`.

    Raises
    ------
    InputError
        Names the elements that have one value everywhere, or the transform after which nothing varies.
    """
    # Values are kept as float32, which rounds one value in two ways where blocks of cells are reckoned alone.
    finest = np.finfo(np.float32).eps
    constant = np.sqrt(raw.squares / raw.count) <= finest * raw.largest
    if constant.any():
        names = [name for name, same in zip(elements, constant, strict=True) if same]
        raise InputError(
            f"element {', '.join(names)}: the same value in all cells, which tells nothing. Leave it out "
            "(samples.exclude, or grids.exclude), or check the file and its limits."
        )
    if (np.sqrt(values.squares / values.count) <= 1e-12 * np.maximum(1.0, values.largest)).all():
        raise InputError(
            f"config key cube.transform: after {transform} all cells are alike ({', '.join(elements)}), so there is "
            "nothing to learn from. A log-ratio needs at least two elements that vary apart; set cube.transform: log, "
            "or take more elements."
        )


def transformed(concentrations: Array, elements: list[str], transform: str) -> Array:
    """Open the composition of cells; cells do not depend on each other.

    Parameters
    ----------
    concentrations : ndarray (cells, elements)
        In ppm (``clr`` and ``log``) or any unit (``none``).
    elements : list of str
        Names of the columns, for messages.
    transform : {"clr", "log", "none"}

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
                f"logarithm (cube.transform: {transform}). Mask those cells, leave the element out (grids.exclude), "
                "replace zeros of rasters (grids.floor), or set cube.transform: none."
            )
    if transform == "clr":
        return centred_logratio(concentrations)
    return np.log(concentrations) if transform == "log" else concentrations
