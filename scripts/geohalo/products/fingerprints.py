"""What sets a target apart from its surroundings, element by element."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import sparse

from geohalo.cube.moments import Moments

Array = NDArray[np.float64]

#: Elements that the text of a target names, at most.
MOST_NAMED = 5

#: Covariates that the table of targets names, at most, and the smallest contrast of one in standard deviations.
MOST_COVARIATES, FAINTEST = 3, 0.3


class Contrasts:
    """Means of elements over targets and over their surroundings, of cells that come in blocks.

    Parameters
    ----------
    targets, around : sequence of ndarray
        Numbers of the cells of each target and of its surroundings.
    cells : int
        Number of all cells.
    """

    def __init__(
        self, targets: Sequence[NDArray[np.int64]], around: Sequence[NDArray[np.int64]], cells: int
    ) -> None:
        members = [*targets, *around]
        self._empty = np.array([len(part) == 0 for part in around], dtype=bool)
        self._size = np.maximum([len(part) for part in members], 1)
        cell = np.concatenate([*members, np.empty(0, dtype=np.int64)])
        of = np.repeat(np.arange(len(members)), [len(part) for part in members])
        shape = (len(members), cells)
        self._members = sparse.coo_array(
            (np.ones(len(cell)), (of, cell.astype(np.int64))), shape=shape
        ).tocsc()
        self._sums: Array | float = 0.0
        self._moments: Moments | None = None
        self._done = 0

    def add(self, values: Array) -> None:
        """Add the next cells (cells, elements), in the order of their numbers."""
        columns = slice(self._done, self._done + len(values))
        self._sums = self._sums + self._members[:, columns] @ values
        moments = Moments.of(values)
        self._moments = self._moments + moments if self._moments else moments
        self._done += len(values)

    def table(self, elements: list[str]) -> pd.DataFrame:
        """Return the fingerprints.

        Returns
        -------
        pandas.DataFrame
            One row for each target and element: ``rank``, ``element``, ``contrast`` (mean over the target less that
            over its surroundings, or over all cells where there are none around it) and ``z``, the contrast in
            standard deviations over all cells (0 where the element does not vary).
        """
        assert self._moments is not None
        targets = len(self._empty)
        means = np.broadcast_to(self._sums, (2 * targets, len(elements))) / self._size[:, None]
        inside, outside = means[:targets], means[targets:].copy()
        outside[self._empty] = self._moments.mean
        spread = np.sqrt(self._moments.squares / self._moments.count)
        contrast = inside - outside
        varies = spread > 1e-12 * self._moments.largest
        z = np.divide(contrast, spread, out=np.zeros_like(contrast), where=varies)
        rank = np.repeat(np.arange(1, targets + 1), len(elements))
        columns = {"rank": rank, "element": elements * targets}
        return pd.DataFrame(columns | {"contrast": contrast.ravel(), "z": z.ravel()})


def named_elements(fingerprint: pd.DataFrame, carrying: Sequence[str]) -> tuple[str, str]:
    """Name which of the elements that carry the map are enriched and depleted, with their contrasts.

    Parameters
    ----------
    fingerprint : pandas.DataFrame
        The rows of one target.
    carrying : sequence of str
        See `geohalo.products.map_elements.carrying_elements`.

    Returns
    -------
    enriched, depleted : str
        Such as ``Zn +1.9, Pb +1.4``, the strongest first; fewer than `MOST_NAMED` where there are no more.
    """
    fingerprint = fingerprint[fingerprint["element"].isin(list(carrying))]
    ordered = fingerprint.sort_values("contrast", ascending=False, kind="stable")
    high, low = ordered[ordered["contrast"] > 0], ordered[ordered["contrast"] < 0][::-1]
    return _elements_text(high.head(MOST_NAMED)), _elements_text(low.head(MOST_NAMED))


def named_covariates(prints: pd.DataFrame) -> str:
    """Name the covariates in which a target differs most from its surroundings, in standard deviations over the map.

    Parameters
    ----------
    prints : pandas.DataFrame
        ``covariate`` and ``z`` of one target.

    Returns
    -------
    str
        Such as ``geology: granite +1.2, distance to faults -0.8``, the strongest first, `MOST_COVARIATES` at most and
        none below `FAINTEST`.
    """
    order = prints["z"].abs().sort_values(ascending=False, kind="stable").index[:MOST_COVARIATES]
    rows = prints.loc[order]
    rows = rows[rows["z"].abs() >= FAINTEST]
    return ", ".join(f"{name} {z:+.1f}" for name, z in zip(rows["covariate"], rows["z"], strict=True))


def _elements_text(rows: pd.DataFrame) -> str:
    return ", ".join(
        f"{name} {value:+.2f}" for name, value in zip(rows["element"], rows["contrast"], strict=True)
    )
