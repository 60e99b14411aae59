"""Numbers of superpixels as a config asks for them: a count, or one superpixel for so many cells."""

from geohalo.errors import InputError

#: `1in5` asks for one superpixel for five cells, whatever the size of the map (the published recipe).
SHARE = "1in"


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
