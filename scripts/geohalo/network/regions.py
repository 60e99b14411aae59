"""Held-out regions of members, kept once for each fold."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

import numpy as np


@dataclass(frozen=True)
class Regions:
    """Held-out region of each member, a bit for each cell of the map.

    Attributes
    ----------
    bits : ndarray (regions, bytes) of uint8
        Regions that differ, eight cells in a byte.
    region : ndarray (members,) of int
        Region of each member.
    n_cells : int
        Cells of the map.
    """

    bits: np.ndarray
    region: np.ndarray
    n_cells: int

    @classmethod
    def of(cls, regions: Iterable[np.ndarray], region: np.ndarray) -> "Regions":
        """Pack regions (cells,) of bool, of which each member has the one that ``region`` (members,) says."""
        packed, n_cells = [], 0
        for one in regions:
            packed.append(np.packbits(one))
            n_cells = len(one)
        return cls(np.stack(packed), region, n_cells)

    def __len__(self) -> int:
        return len(self.region)

    def __getitem__(self, members: slice | np.ndarray) -> "Regions":
        return replace(self, region=self.region[members])

    def __iter__(self) -> Iterator[np.ndarray]:
        return (self._unpacked(number) for number in self.region)

    def distinct(self) -> tuple[Iterator[np.ndarray], np.ndarray]:
        """Return the regions that members have, each once, and which of these each member has."""
        numbers, which = np.unique(self.region, return_inverse=True)
        return (self._unpacked(number) for number in numbers), which

    def _unpacked(self, number: int) -> np.ndarray:
        return np.unpackbits(self.bits[number], count=self.n_cells).view(bool)
