"""Values that are no concentrations any more: logarithms, and numbers that were stretched, ranked or classed."""

from collections.abc import Mapping

import numpy as np

from geohalo.survey.cells import FloatArray
from geohalo.survey.elements import UNIT_TO_PPM, element_table

# Elements of which so many lie in one range, and which have so many values.
_FEWEST_ALIKE, _FEWEST_VALUES, _SAME = 3, 10, 1e-6
# Logarithms to base 10 and e: no concentration in ppm has one above these, and of the crust's they differ by so much.
_BASES = (("10", np.log10, 6.0, 0.7), ("e", np.log, 14.0, 1.6))
# Elements of which the logarithm is far from the concentration.
_COMMON_PPM, _TIMES_LESS = 10.0, 4.0
# The largest logarithm is less than so many times the median; concentrations are spread more widely.
_LARGEST = 3.0


def rescaled(values: Mapping[str, FloatArray], factors: Mapping[str, float]) -> str | None:
    """Say that the values of all elements look like logarithms, or were brought to one range.

    Parameters
    ----------
    values : mapping of str to ndarray of float64
        As written, by element; NaN where missing.
    factors : mapping of str to float
        From what is written to ppm.

    Returns
    -------
    str or None
        What is wrong, for a warning; None where nothing is.
    """
    known = {name: cells[np.isfinite(cells)] for name, cells in values.items()}
    known = {name: cells for name, cells in known.items() if cells.size >= _FEWEST_VALUES}
    return _one_range(known) or _logarithms(known, factors)


def _logarithms(known: Mapping[str, FloatArray], factors: Mapping[str, float]) -> str | None:
    crust = element_table()["upper_crust_ppm"]
    common = [
        name for name in known if factors[name] == UNIT_TO_PPM["ppm"] and crust.get(name, 0) >= _COMMON_PPM
    ]
    if len(common) < _FEWEST_ALIKE:
        return None
    medians = {name: float(np.median(known[name])) for name in common}
    for base, logarithm, highest, distance in _BASES:
        if all(
            abs(medians[name] - float(logarithm(crust[name]))) < distance
            and medians[name] * _TIMES_LESS < crust[name]
            and float(known[name].max()) < min(highest, _LARGEST * medians[name])
            for name in common
        ):
            some = ", ".join(f"{name} {medians[name]:.3g}" for name in common[:4])
            return f"the medians ({some}) are as those of logarithms to base {base} of concentrations in ppm"
    return None


def _one_range(known: Mapping[str, FloatArray]) -> str | None:
    """Say that several elements have one lowest and one highest value, as no elements of a survey do."""
    ranges = {name: (float(cells.min()), float(cells.max())) for name, cells in known.items()}
    for low, high in ranges.values():
        alike = [
            name
            for name, ends in ranges.items()
            if low < high and np.allclose(ends, (low, high), rtol=_SAME, atol=_SAME * high)
        ]
        if len(alike) >= _FEWEST_ALIKE:
            more = f" and {len(alike) - 6} more" if len(alike) > 6 else ""
            return (
                f"the values of {', '.join(alike[:6])}{more} all reach from {low:.6g} to {high:.6g}, as if they had "
                "been stretched, ranked or classed"
            )
    return None
