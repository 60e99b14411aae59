"""What a cell and the superpixels around it hold, for methods that look at one row of values at a time."""

from collections.abc import Mapping, Sequence
from copy import copy

import numpy as np

from geohalo.evidence.superpixel_contrast import superpixel_means


class Context:
    """Values of cells beside the means over their superpixels, put together for the rows that are asked for.

    Means of a survey are taken once; whole rows of all cells, which are several times the cube, are never held.

    Parameters
    ----------
    cube : (N, B) array
        Standardised values.
    graphs : sequence of mappings
        With ``assignment`` (N,), the superpixel of each cell, for each of the S scales (see
        `geohalo.superpixels.graph.SuperpixelGraph`).

    Raises
    ------
    ValueError
        If there is no scale.
    """

    def __init__(self, cube: np.ndarray, graphs: Sequence[Mapping[str, np.ndarray]]) -> None:
        if not graphs:
            raise ValueError("context needs the superpixels of at least one scale")
        self._cube = np.asarray(cube, dtype=np.float32)
        self._assignments = [graph["assignment"] for graph in graphs]
        self._means = [superpixel_means(self._cube, one).astype(np.float32) for one in self._assignments]

    def __len__(self) -> int:
        """Return the number of cells N."""
        return len(self._cube)

    def without(self, ground: np.ndarray) -> "Context":
        """Return what cells beside some ground (N,) of bool see that know nothing of its values.

        The means leave it out: a superpixel that lies on both sides would hand its values over. Cells of that ground
        must not be asked for.
        """
        if not ground.any():
            return self
        other, seen = copy(self), ~ground
        with np.errstate(invalid="ignore"):  # superpixels that lie within it have no mean
            parts = [superpixel_means(self._cube[seen], one[seen]) for one in self._assignments]
        other._means = [part.astype(np.float32) for part in parts]
        return other

    def __getitem__(self, rows: np.ndarray | slice) -> np.ndarray:
        """Return the values (M, B + S B) of some cells: their own, then the means at each scale."""
        around = [mean[one[rows]] for mean, one in zip(self._means, self._assignments, strict=True)]
        return np.concatenate([self._cube[rows], *around], axis=1)


#: Values (N, B) of cells, of which some rows are asked for.
Values = np.ndarray | Context
