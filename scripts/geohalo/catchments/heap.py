"""A heap of cells for compiled loops, ordered by height and then by when they came: Numba has none that grows."""

from typing import Any

import numpy as np

from geohalo.catchments.compiled import compiled


@compiled
def pushed(heap: Any, size: int, key: float, number: int, cell: int) -> Any:
    """Add a cell to a heap.

    Parameters
    ----------
    heap : tuple of ndarray (room,)
        Keys (float32), numbers and cells (int64); the first ``size`` are in use.
    size : int
    key : float
    number : int
        Of two equal keys the one with the smaller number is lower.
    cell : int

    Returns
    -------
    tuple of ndarray
        The heap, in new arrays where the old ones had no room.
    """
    keys, numbers, cells = heap
    if size == keys.size:
        keys = np.concatenate((keys, np.empty_like(keys)))
        numbers = np.concatenate((numbers, np.empty_like(numbers)))
        cells = np.concatenate((cells, np.empty_like(cells)))
    place = size
    while place > 0:
        above = (place - 1) >> 1
        if keys[above] < key or (keys[above] == key and numbers[above] < number):
            break
        keys[place], numbers[place], cells[place] = keys[above], numbers[above], cells[above]
        place = above
    keys[place], numbers[place], cells[place] = key, number, cell
    return keys, numbers, cells


@compiled
def popped(heap: Any, size: int) -> int:
    """Take the lowest cell, which is the first, off a heap (see `pushed`); returns its new size."""
    keys, numbers, cells = heap
    size -= 1
    key, number, cell = keys[size], numbers[size], cells[size]
    place = 0
    while 2 * place + 1 < size:
        low = 2 * place + 1
        high = low + 1
        if high < size and (
            keys[high] < keys[low] or (keys[high] == keys[low] and numbers[high] < numbers[low])
        ):
            low = high
        if key < keys[low] or (key == keys[low] and number < numbers[low]):
            break
        keys[place], numbers[place], cells[place] = keys[low], numbers[low], cells[low]
        place = low
    keys[place], numbers[place], cells[place] = key, number, cell
    return size
