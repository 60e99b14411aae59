"""One element's raster as all readers hand it on."""

from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray
from rasterio.crs import CRS
from rasterio.transform import Affine

Number = TypeVar("Number", bound=np.generic)

#: Two grids are one, and a grid is regular, when they agree to this share of a cell.
SAME_PLACE = 1e-3


@dataclass(frozen=True)
class Band:
    """One element's raster, north-up.

    Attributes
    ----------
    element : str
        As named by the user.
    file, place : str
        The file, and where in it (``band 1``, ``variable Cu``), for messages.
    values : ndarray (rows, columns)
        The first row is the northernmost; NaN where there is no data.
    transform : Affine
        From (column, row) to (x, y) of cell corners.
    crs : CRS or None
    unit : str
        As the file states it; empty where it states none.
    title : str
        What the file calls it, where that is not its name: the description of a band, the ``long_name`` of a variable.
    scale, offset : float
        The file holds ``(values - offset) / scale``.
    stored : str
        The type of the numbers in the file, such as ``uint8``.
    nodata : float or None
        The code for no data that the file declares.
    """

    element: str
    file: str
    place: str
    values: NDArray[np.float64]
    transform: Affine
    crs: CRS | None
    unit: str = ""
    title: str = ""
    scale: float = 1.0
    offset: float = 0.0
    stored: str = "float32"
    nodata: float | None = None

    @property
    def source(self) -> str:
        """File and place, for messages."""
        return f"{self.file}, {self.place}"


def north_up(values: NDArray[Number], transform: Affine) -> tuple[NDArray[Number], Affine]:
    """Turn a raster (rows, columns) so that rows run southwards and columns eastwards."""
    rows, columns = values.shape
    a, b, c, d, e, f = tuple(transform)[:6]
    if e > 0:
        values, b, c, e, f = values[::-1], -b, c + rows * b, -e, f + rows * e
    if a < 0:
        values, a, c, d, f = values[:, ::-1], -a, c + columns * a, -d, f + columns * d
    return values, Affine(a, b, c, d, e, f)


def one_line(error: BaseException) -> str:
    """Return the message of an error as one line, and that of its cause where it only points to it."""
    text = " ".join(str(error).split())
    cause = " ".join(str(error.__cause__).split()) if error.__cause__ else ""
    if not cause:
        return text
    return cause if "previous exception" in text else f"{text}: {cause}"
