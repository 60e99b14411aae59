"""The spectra of a survey's cells, in memory where they are few, else read from their file as they are asked for."""

import math
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from tempfile import TemporaryFile

import netCDF4
import numpy as np
import torch
import xarray as xr
from torch import Tensor

from geohalo.files.cells import Survey, read_spectra
from geohalo.network.scores import ScoreFile, Scores, scores_in_memory
from geohalo.network.values import StoredValues

#: Bytes of a cube, or of scores, that are held in memory. More are kept in files.
IN_MEMORY = 1 << 28


class CubeFile(StoredValues):
    """Maps (elements, y, x) of an open NetCDF file, read by blocks of rows, which are the chunks of the file.

    Parameters
    ----------
    variable : netCDF4.Variable
    survey : Survey
    columns : slice
        Which of the elements.
    """

    def __init__(self, variable: netCDF4.Variable, survey: Survey, columns: slice = slice(None)):
        variable.set_auto_mask(False)
        self._variable, self._mask = variable, survey.mask
        self._columns = slice(*columns.indices(variable.shape[0]))
        self._rows = list(survey.row_blocks())
        sizes = [np.count_nonzero(survey.mask[rows]) for rows in self._rows]
        self._first = torch.as_tensor(np.concatenate([[0], np.cumsum(sizes)]))
        # The library is not made for several threads.
        self._lock = threading.Lock()

    @property
    def shape(self) -> tuple[int, int]:
        """Cells and elements."""
        return int(self._first[-1]), self._columns.stop - self._columns.start

    def gather(self, cells: Tensor) -> Tensor:
        """Read the spectra of some cells, (cells, elements), in any order: each block that holds one of them once."""
        found = torch.empty(len(cells), self.shape[1])
        block = torch.searchsorted(self._first, cells, right=True) - 1
        order = torch.argsort(block, stable=True)
        numbers, counts = torch.unique_consecutive(block[order], return_counts=True)
        for number, where in zip(numbers.tolist(), order.split(counts.tolist()), strict=True):
            found[where] = self._block(number)[cells[where] - self._first[number]]
        return found

    def blocks(self) -> Iterator[Tensor]:
        """Read all spectra, a block of rows at a time."""
        return (self._block(number) for number in range(len(self._rows)))

    def _block(self, number: int) -> Tensor:
        rows = self._rows[number]
        with self._lock:
            maps = self._variable[self._columns, rows]
        return torch.as_tensor(np.ascontiguousarray(maps[:, self._mask[rows]].T))


@contextmanager
def open_spectra(
    path: str, name: str, survey: Survey, columns: slice = slice(None)
) -> Iterator[np.ndarray | CubeFile]:
    """Read maps (elements, y, x) as spectra (cells, elements), or leave the file open where they are too many.

    With ``columns`` some of the elements alone, neighbours in the file.
    """
    with netCDF4.Dataset(path) as file:
        stored = CubeFile(file[name], survey, columns)
        cells, elements = stored.shape
        if 4 * cells * elements > IN_MEMORY:
            yield stored
            return
    with xr.open_dataset(path) as data:
        values = read_spectra(data.isel({data[name].dims[0]: columns}), name, survey)
    yield values


@contextmanager
def scores_beside(path: str) -> Iterator[Callable[[tuple[int, int, int]], Scores]]:
    """Yield a function that makes room for scores of a shape (members, scores, cells).

    Where they are too many that is a file beside ``path``, without a name: it is gone afterwards, and with the process
    whatever ends that.
    """
    folder = Path(path).parent
    with ExitStack() as stack:

        def keep(shape: tuple[int, int, int]) -> Scores:
            if 4 * math.prod(shape) <= IN_MEMORY:
                return scores_in_memory(shape)
            return ScoreFile(stack.enter_context(TemporaryFile(dir=folder)), shape)

        yield keep
