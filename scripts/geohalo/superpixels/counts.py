"""Numbers of superpixels as a config asks for them: a count, or one superpixel for so many cells."""

from collections.abc import Iterable

from geohalo.errors import InputError

#: `1in5` asks for one superpixel for five cells, whatever the size of the map (the published recipe).
SHARE = "1in"

#: Cells inside the mask of a survey, and the side of one in metres.
Ground = tuple[int, float]


def superpixel_count(asked: str | int, n_cells: int) -> int:
    """Return the number of superpixels to ask SLIC for: ``300``, or ceil(cells / 5) for ``1in5``.

    Raises
    ------
    InputError
        If it exceeds the number of cells inside the mask.
    """
    text = str(asked)
    count = -(-n_cells // int(text.removeprefix(SHARE))) if text.startswith(SHARE) else int(text)
    if count > n_cells:
        raise InputError(
            f"config key superpixels.n_segments: {count} superpixels are asked for, but the grid has only "
            f"{n_cells} cells inside the mask. Ask for fewer superpixels (in a sweep: experiments.n_segments) or give "
            "a smaller grid.cell."
        )
    return count


def fineness(asked: str | int) -> tuple[int, int]:
    """Sort from few superpixels to many: counts first, then shares."""
    text = str(asked)
    return (1, -int(text.removeprefix(SHARE))) if text.startswith(SHARE) else (0, int(text))


def same_size(asked: Iterable[str | int], source: Ground, target: Ground) -> list[int]:
    """Return the numbers of superpixels that make those of one survey as large on the ground as another's.

    Parameters
    ----------
    asked : iterable of str or int
        Superpixels of the source at each scale, as its config has them.
    source, target : (int, float)
        Cells of each survey and their side in metres; the source itself gets what it asked for.

    Returns
    -------
    list of int
        For the target, from coarse to fine, each at least 2 and more than the one before: a network has as many
        scales in both.

    Raises
    ------
    InputError
        If they exceed the number of cells of a survey.
    """
    (cells, side), (target_cells, target_side) = source, target
    ratio = target_cells * target_side**2 / (cells * side**2)
    found: list[int] = []
    for count in sorted(superpixel_count(one, cells) for one in asked):
        fewest = found[-1] + 1 if found else 2
        found.append(max(fewest, round(count * ratio)))
    if found[-1] > target_cells:
        raise InputError(
            f"superpixels of one size in both surveys would be {found[-1]} in the one that is predicted, which has "
            f"only {target_cells} cells of {target_side:g} m. Ask for fewer (superpixels.n_segments of the survey "
            "that is learned from) or give the other a smaller grid.cell."
        )
    return found
