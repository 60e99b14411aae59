"""The methods of interpolation: what each is called, and which config keys it depends on.

`geohalo.cube.interpolation` computes them, with one class for each name. This table imports nothing, since the
workflow reads it at every start; unit tests hold the classes and the schema equal to it.
"""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Method:
    """What the project knows of one method.

    Attributes
    ----------
    keys : tuple of str
        Keys of the config section ``interpolation`` that its estimates depend on, besides ``method`` and
        ``anisotropy``.
    variance : bool
        Whether it fits a variogram to each element and gives a variance. Only such elements can be drawn at random.
    """

    keys: tuple[str, ...] = ()
    variance: bool = False


#: The simplest first: where errors are equal, the first is taken.
METHODS = {
    "nearest": Method(),
    "idw": Method(("neighbours", "power")),
    "smooth": Method(("neighbours", "smoothing")),
    "kriging": Method(("neighbours", "variogram"), variance=True),
}


def with_variance(names: Iterable[str]) -> list[str]:
    """Return those of some methods that fit variograms and give a variance."""
    return [name for name in names if METHODS[name].variance]
