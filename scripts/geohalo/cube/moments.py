"""Means and (co)variances of cells that come in blocks: one pass, no large sums of squares."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Moments:
    """Count, mean and sums of squared deviations of some cells.

    Those of two sets of cells add up to those of both (Chan, Golub and LeVeque 1983,
    doi 10.1080/00031305.1983.10483115). Deviations are always taken from a mean, so that nothing cancels.

    Attributes
    ----------
    count : int
    mean : ndarray (elements,)
    squares : ndarray (elements,) or (elements, elements)
        Sums of squared deviations, or of their products.
    largest : ndarray (elements,)
        Largest absolute value.
    """

    count: int
    mean: Array
    squares: Array
    largest: Array

    @classmethod
    def of(cls, values: Array, products: bool = False) -> "Moments":
        """Take them of values (cells, elements), at least one cell; with ``products`` of pairs of elements."""
        mean = values.mean(axis=0)
        away = values - mean
        squares = away.T @ away if products else (away * away).sum(axis=0)
        return cls(len(values), mean, squares, np.abs(values).max(axis=0))

    def __add__(self, other: "Moments") -> "Moments":
        count = self.count + other.count
        apart = other.mean - self.mean
        between = np.outer(apart, apart) if self.squares.ndim == 2 else apart * apart
        return Moments(
            count,
            self.mean + apart * (other.count / count),
            self.squares + other.squares + between * (self.count * other.count / count),
            np.maximum(self.largest, other.largest),
        )
