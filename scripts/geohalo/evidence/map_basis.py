"""Whether there is ground to stand on: a map below chance, too few groups of deposits, samples along lines."""

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

#: Groups of deposits that a map needs at least. With fewer, what a fold learns is one or two other places.
FEWEST_GROUPS = 5
#: Ground is a traverse where it is so many times longer than wide, and the parts that do not touch are so many times on
#: average (a disc is 1.8 times, a square 2.2 times by `ground_shape`: samples far apart do not lie along lines),
LONGEST, LONG_PARTS = 10.0, 3.0
#: and no wider than so many times the reach of a sample, or so many cells.
WIDEST_REACH, FEWEST_ACROSS = 3.0, 5.0
CHANCE = 0.5


def ground_shape(mask: NDArray[np.bool_]) -> tuple[float, float]:
    """Return length and width of surveyed ground, however it winds and branches, in cells.

    The mean distance of the cells of a long strip to its edge is a quarter of its width. So four times the mean
    distance is taken for the width, and the area over that for the length. Where no four cells form a square the width
    is one cell.

    Parameters
    ----------
    mask : ndarray (rows, columns) of bool
        Cells inside the survey.

    Returns
    -------
    length, width : float
        0 without any cell.
    """
    if not mask.any():
        return 0.0, 0.0
    # From the centre of a cell to the edge of the ground, half a cell before the next centre.
    distance = ndimage.distance_transform_edt(np.pad(mask, 1))[1:-1, 1:-1] - 0.5
    square = mask[1:, 1:] & mask[1:, :-1] & mask[:-1, 1:] & mask[:-1, :-1]
    width = 4 * float(distance[mask].mean()) if square.any() else 1.0
    return float(mask.sum()) / width, width


def is_traverse(mask: NDArray[np.bool_], cell: float, reach: float = 0.0) -> bool:
    """Tell whether samples lie along lines: ground much longer than wide, and hardly wider than one line reaches.

    Parameters
    ----------
    mask : ndarray (rows, columns) of bool
        Cells inside the survey.
    cell : float
        Side of a cell in metres.
    reach : float
        How far from a sample ground is mapped, in metres (``grid.max_distance``); 0 where it is not known.
    """
    length, width = ground_shape(mask)
    _, parts = ndimage.label(mask, structure=np.ones((3, 3)))
    long = length >= max(LONGEST, LONG_PARTS * parts) * width
    return long and width <= max(WIDEST_REACH * reach / cell, FEWEST_ACROSS)


def below_chance(above: tuple[float, float, float]) -> str:
    """Return ``upside down`` for a measure clearly below chance, ``below chance`` for one that is; else nothing.

    What is told as 0.50 is not called below 0.5.

    Parameters
    ----------
    above : (estimate, low, high)
        Share of decoys outranked, or capture, with its 95 % interval; NaN where there is none.
    """
    estimate, _, high = above
    if high < CHANCE:
        return "upside down"
    return "below chance" if round(estimate, 2) < CHANCE else ""


def basis_warnings(
    above: tuple[float, float, float], capture: tuple[float, float, float], groups: int, traverse: bool
) -> list[str]:
    """Return what must be known before the map is looked at, as Markdown.

    Parameters
    ----------
    above, capture : (estimate, low, high)
        Share of decoys that held-out deposits outrank, and their capture, which stands in for it where there are no
        decoys; with 95 % intervals, NaN where there are none.
    groups : int
        Groups of deposits that were held out.
    traverse : bool
        See `is_traverse`.

    Returns
    -------
    list of str
        A sentence or two each, worst first.
    """
    decoys = np.isfinite(above[0])
    measured, of = (above, "of the decoys") if decoys else (capture, "of the ground")
    estimate, low, high = measured
    interval = f" ({low:.2f} to {high:.2f})" if np.isfinite([low, high]).all() else ""
    outranked = f"held-out deposits outrank {estimate:.2f}{interval} {of}, where 0.5 is chance"
    found = []
    if below_chance(measured) == "upside down":
        found.append(f"**The map is upside down here**: {outranked}. Do not follow its high ground.")
    elif below_chance(measured):
        found.append(f"**The map is below chance here**: {outranked}. Do not follow its high ground.")
    if groups < FEWEST_GROUPS:
        found.append(
            f"**No basis for a map**: the deposits form {groups} group{'' if groups == 1 else 's'}, where "
            f"{FEWEST_GROUPS} are the least. What is learned is what these few places have in common."
        )
    if traverse:
        found.append(
            "**No basis for a map**: the samples lie along lines, which say nothing of the ground beside them."
        )
    return found


def plain_warnings(warnings: list[str]) -> str:
    """Return warnings for a figure: without marks, a line each."""
    return "\n".join(one.replace("**", "") for one in warnings)
