"""The cube as training and prediction see it: a tensor, or a file of which only what is asked for is read."""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator

import torch
from torch import Tensor


class StoredValues(ABC):
    """Standardised values (cells, elements) of float32 that are not in memory; indexed with cells as a tensor is."""

    #: Where the spectra come to when they are read.
    device = torch.device("cpu")

    @property
    @abstractmethod
    def shape(self) -> tuple[int, int]:
        """Cells and elements."""

    @abstractmethod
    def gather(self, cells: Tensor) -> Tensor:
        """Read the spectra of some cells, (cells, elements), in any order."""

    @abstractmethod
    def blocks(self) -> Iterator[Tensor]:
        """Read all spectra, some cells at a time."""

    def __len__(self) -> int:
        return self.shape[0]

    def __getitem__(self, cells: Tensor | slice) -> Tensor:
        if isinstance(cells, slice):
            cells = torch.arange(*cells.indices(len(self)))
        return self.gather(cells.flatten()).unflatten(0, cells.shape)


class SomeValues(StoredValues):
    """Values of some cells of a cube, in memory.

    Parameters
    ----------
    values : StoredValues
        All of the cube.
    cells : Tensor (some,) of int64
        Those that are read, ascending.
    """

    def __init__(self, values: StoredValues, cells: Tensor):
        self._shape, self._cells, self._read = values.shape, cells, values.gather(cells)

    @property
    def shape(self) -> tuple[int, int]:
        """Cells and elements of all of the cube."""
        return self._shape

    def gather(self, cells: Tensor) -> Tensor:
        """Return the spectra of some of the cells that were read."""
        return self._read[torch.searchsorted(self._cells, cells)]

    def blocks(self) -> Iterator[Tensor]:
        """Return what was read."""
        yield self._read


#: A cube in memory or in a file.
Values = Tensor | StoredValues


def values_of(values: Values, cells: Iterable[Tensor]) -> Values:
    """Read the spectra of some cells once, to be indexed by the numbers of all; a cube in memory stays as it is."""
    if isinstance(values, Tensor):
        return values
    wanted = torch.zeros(len(values), dtype=torch.bool)
    for some in cells:
        wanted[some.to(wanted.device)] = True
    return SomeValues(values, torch.nonzero(wanted).flatten())
