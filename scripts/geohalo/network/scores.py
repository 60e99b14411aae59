"""Scores of all members, in memory or in a file where they are too many."""

import threading
from typing import BinaryIO

import numpy as np

#: What scores are looked up by: some members, all scores of each, and some cells.
Place = tuple[np.ndarray, slice, slice]


class ScoreFile:
    """Scores (members, scores, cells) of float32 in a file, put and looked up as in an array of that shape.

    Parameters
    ----------
    file : binary file
        Open to read and write; empty.
    shape : (int, int, int)
        Members, scores of each cell, cells.
    """

    def __init__(self, file: BinaryIO, shape: tuple[int, int, int]):
        self.shape, self._file = shape, file
        # Members that are trained side by side write to one file.
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return self.shape[0]

    def __setitem__(self, place: Place, scores: np.ndarray) -> None:
        """Put scores (some members, scores, some cells)."""
        members, _, cells = place
        with self._lock:
            for member, rows in zip(members, scores, strict=True):
                for number, row in enumerate(rows):
                    self._file.seek(self._start(member, number, cells))
                    self._file.write(np.ascontiguousarray(row, dtype=np.float32).data)

    def __getitem__(self, place: Place) -> np.ndarray:
        """Read the scores of some members and cells, (some members, scores, some cells)."""
        members, _, cells = place
        first, stop, _ = cells.indices(self.shape[2])
        found = np.empty((len(members), self.shape[1], stop - first), np.float32)
        with self._lock:
            for member, rows in zip(members, found, strict=True):
                for number, row in enumerate(rows):
                    self._file.seek(self._start(member, number, cells))
                    row[:] = np.frombuffer(self._file.read(row.nbytes), np.float32)
        return found

    def _start(self, member: int, number: int, cells: slice) -> int:
        return 4 * ((int(member) * self.shape[1] + number) * self.shape[2] + (cells.start or 0))


Scores = np.ndarray | ScoreFile


def scores_in_memory(shape: tuple[int, int, int]) -> Scores:
    """Make room for the scores of a run."""
    return np.empty(shape, np.float32)
