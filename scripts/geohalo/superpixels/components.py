"""Principal components of a cube that is read by blocks, rescaled as SLIC sees them."""

from collections.abc import Iterable
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from geohalo.cube.moments import Moments

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Components:
    """Axes of the first principal components, and the range of the scores of all cells on them.

    Attributes
    ----------
    mean : ndarray (elements,)
    shares : ndarray (components,)
        Share of the variance of the cube that each explains.
    axes : ndarray (components, elements)
        Of length 1, the component of largest variance first; the largest loading of each is positive.
    low, high : float
        Least and largest score on any of them.
    """

    mean: Array
    shares: Array
    axes: Array
    low: float = 0.0
    high: float = 1.0

    @classmethod
    def of(cls, moments: Moments, components: int) -> "Components":
        """Find the axes from the moments of all cells, taken with products; the range remains to be `ranged`."""
        components = min(components, moments.count, len(moments.mean))
        variances, vectors = np.linalg.eigh(moments.squares / moments.count)
        axes = vectors[:, ::-1][:, :components].T
        largest = np.take_along_axis(axes, np.abs(axes).argmax(axis=1)[:, None], axis=1)
        # A cube without variance has no shares of it.
        shares = variances[::-1][:components] / max(variances.sum(), np.finfo(float).tiny)
        return cls(moments.mean, shares, axes * np.sign(largest))

    @classmethod
    def read(cls, table: dict[str, Any]) -> "Components":
        """Make them from what `table` returned."""
        mean, shares, axes = (np.array(table[name], np.float64) for name in ("mean", "shares", "axes"))
        return cls(mean, shares, axes, table["low"], table["high"])

    def table(self) -> dict[str, Any]:
        """Return lists and numbers by name, which JSON holds to the last digit."""
        return {field.name: np.asarray(getattr(self, field.name)).tolist() for field in fields(self)}

    def ranged(self, blocks: Iterable[Array]) -> "Components":
        """Return them with the range of the scores of all cells, in blocks (cells, elements)."""
        ranges = [(scores.min(), scores.max()) for scores in map(self.project, blocks)]
        low, high = np.transpose(ranges)
        return replace(self, low=float(low.min()), high=float(high.max()))

    def project(self, values: Array) -> Array:
        """Return the scores (cells, components) of values (cells, elements)."""
        return (values - self.mean) @ self.axes.T

    def rescaled(self, values: Array) -> Array:
        """Return the scores of values, all components rescaled together to 0-1 over the whole cube."""
        extent = self.high - self.low
        return (self.project(values) - self.low) / (extent if extent > 0 else 1.0)
