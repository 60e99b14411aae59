"""What a layer beside geochemistry comes to on the cells of a survey, whatever it was before."""

import heapq
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from pyproj import CRS

from geohalo.cube.grid import Grid
from geohalo.errors import InputError
from geohalo.input_warnings import InputWarning

Array = NDArray[np.float32]

#: More classes than these are hardly any.
MOST_CLASSES = 1000
#: Classes that have a band of their own: the largest, so many at most, and no smaller share of the survey than this.
#: The others share one.
MOST_BANDS, RARE = 40, 0.005
#: Name of the band that they share.
OTHERS = "other classes"
#: A layer that covers a smaller share of the survey stops a run; one that does not cover this share is doubtful.
LEAST_COVER, FULL_COVER = 0.5, 0.99
#: Whole numbers of so few values may be codes; so many of a large layer are looked at.
FEW_VALUES, COMPARED = 30, 1_000_000
#: A cell less of which is mapped has no class.
LEAST_MAPPED = 0.5


@dataclass(frozen=True)
class Ground:
    """Where the bands are wanted.

    Attributes
    ----------
    grid : Grid
    mask : ndarray (rows, columns) of bool
        Cells of the survey.
    crs : pyproj.CRS
        In metres.
    """

    grid: Grid
    mask: NDArray[np.bool_]
    crs: CRS

    @cached_property
    def cells(self) -> NDArray[np.float64]:
        """Centres (cells, 2) of the survey's cells in metres."""
        return self.grid.centres(self.mask)

    @property
    def bounds(self) -> tuple[float, float, float, float]:
        """West, south, east and north edge of the grid in metres."""
        half = self.grid.cell / 2
        x, y = self.grid.x, self.grid.y
        return float(x[0] - half), float(y[-1] - half), float(x[-1] + half), float(y[0] + half)


@dataclass(frozen=True)
class Bands:
    """A layer on the cells of a survey.

    Attributes
    ----------
    layer : str
        Its name in the config.
    kind : {"continuous", "categorical"}
    classes : tuple of str
        Of a categorical layer; empty for a continuous one.
    values : ndarray (bands, cells) of float32
        A continuous layer has one band, in its own unit. A categorical one has one for each class: the share of the
        mapped part of the cell. NaN in cells without the layer.
    unit : str
        Of a continuous layer, where it is known.
    source : str
        File, for messages.
    warnings : tuple of InputWarning
    column : str
        Of the file, where the layer is one.
    points : ndarray (points, 2) or None
        Of a layer of points, where they lie in metres.
    """

    layer: str
    kind: str
    classes: tuple[str, ...]
    values: Array
    unit: str
    source: str
    warnings: tuple[InputWarning, ...] = field(default=())
    column: str = ""
    points: NDArray[np.float64] | None = None

    @property
    def where(self) -> str:
        """File and column, for messages."""
        return f"{self.source}, column {self.column!r}" if self.column else self.source

    @property
    def names(self) -> list[str]:
        """Names of the bands: that of the layer, with the class where it has classes."""
        return [f"{self.layer}: {one}" for one in self.classes] or [self.layer]


def shares(amount: NDArray[np.float64], mapped: NDArray[np.float64]) -> Array:
    """Return the share of each class in the mapped part of a cell; NaN where less than half of it is mapped.

    Parameters
    ----------
    amount : ndarray (classes, cells)
        Part of the cell that each class takes, 0 to 1.
    mapped : ndarray (cells,)
        Part of the cell that is mapped at all.

    Returns
    -------
    ndarray (classes, cells) of float32
    """
    known = mapped >= LEAST_MAPPED
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(known, amount / mapped, np.nan).astype(np.float32)


def check_number_of_classes(names: Sequence[object], source: str, key: str, columns: bool = True) -> None:
    """Stop when a layer has so many classes that they are hardly any; a raster has no columns to choose from.

    Raises
    ------
    InputError
    """
    if len(names) > MOST_CLASSES:
        some = ", ".join(str(one)[:30] for one in list(names)[:5])
        named = f"Name a column with fewer, such as one of groups of rocks ({key}.column), merge"
        advice = named if columns else "Merge"
        raise InputError(
            f"{source}: {len(names):,} classes ({some}, ...), and {MOST_CLASSES} are the most. {advice} classes in "
            f"the file, or set {key}.kind: continuous if these are numbers that measure something."
        )


def codes_doubt(
    values: NDArray[np.float64], what: str, source: str, key: str, column: str = ""
) -> list[InputWarning]:
    """Return the doubt that numbers of a layer are codes of classes: many whole numbers of few values.

    Parameters
    ----------
    values : ndarray (values,)
        Without NaN.
    what : str
        What holds them: column or raster.
    source, column : str
        File and column, for the message.
    key : str
        Section of the config, for the message.
    """
    distinct = np.unique(values[:: max(1, len(values) // COMPARED)])
    if (
        len(distinct) > FEW_VALUES
        or len(values) <= 10 * len(distinct)
        or not (distinct == np.round(distinct)).all()
    ):
        return []
    return [
        InputWarning(
            f"the {what} has {len(distinct)} whole numbers and was taken for a measurement",
            f"set {key}.kind: categorical if they are codes of classes, or continuous if they are not",
            source,
            column,
        )
    ]


def merged_rare(bands: Bands) -> Bands:
    """Put the classes that are rare in the survey into one band, the last; bands are sorted by their names else."""
    share = np.nanmean(bands.values, axis=1) if bands.classes else np.empty(0)
    order = np.argsort(-share, kind="stable")
    kept = np.sort(order[:MOST_BANDS][share[order[:MOST_BANDS]] >= RARE])
    if len(bands.classes) - len(kept) < 2:
        return bands
    left = np.setdiff1d(np.arange(len(share)), kept)
    values = np.concatenate([bands.values[kept], bands.values[left].sum(axis=0)[None]])
    return replace(bands, classes=(*(bands.classes[k] for k in kept), OTHERS), values=values)


class ClassBands:
    """Bands of classes that are added one at a time, of which no more are held in memory than a layer may have.

    What comes out is that of `merged_rare`: the `MOST_BANDS` classes with the largest share of the survey, if they take
    `RARE` of it, and one band of the others, if there are two or more. Classes that the survey does not meet are left
    out.
    """

    def __init__(self) -> None:
        self._added = 0
        self._kept: list[tuple[float, int, str, Array]] = []
        self._lone: tuple[int, str, Array] | None = None
        self._others: Array | None = None

    def add(self, name: str, values: Array) -> None:
        """Add the next class: its share of each cell (cells,), NaN in cells without the layer."""
        self._added += 1
        if not np.nan_to_num(values).max(initial=0) > 0:
            return
        share = float(np.nanmean(values, dtype=np.float64))
        if share < RARE:
            self._leave(self._added, name, values)
            return
        # Of equal shares the first class stays.
        heapq.heappush(self._kept, (share, -self._added, name, values))
        if len(self._kept) > MOST_BANDS:
            _, number, name, values = heapq.heappop(self._kept)
            self._leave(-number, name, values)

    def _leave(self, number: int, name: str, values: Array) -> None:
        if self._others is not None:
            self._others += values
        elif self._lone is None:
            self._lone = (number, name, values)
        else:
            self._others, self._lone = self._lone[2] + values, None

    def bands(self, cells: int) -> tuple[tuple[str, ...], Array]:
        """Return names and values (classes, cells) in the order in which classes were added; no more can be added."""
        found = [(-number, name, values) for _, number, name, values in self._kept]
        self._kept.clear()
        found += [] if self._lone is None else [self._lone]
        found.sort(key=lambda one: one[0])
        found += [] if self._others is None else [(self._added + 1, OTHERS, self._others)]
        self._lone = self._others = None
        names = tuple(name for _, name, _ in found)
        out = np.empty((len(found), cells), dtype=np.float32)
        # From the last one, so that each is held once.
        while found:
            _, _, values = found.pop()
            out[len(found)] = values
        return names, out


def checked_cover(bands: Bands, key: str, others: str = "get its mean") -> Bands:
    """Stop for a layer that misses much of the survey; warn of one that misses some.

    Parameters
    ----------
    bands : Bands
    key : str
        Section of the config, for messages.
    others : str
        What becomes of cells without the layer, for the warning.

    Raises
    ------
    InputError
        It covers less than half of the cells, or tells nothing: it is the same everywhere.
    """
    cover = float(np.isfinite(bands.values).all(axis=0).mean()) if len(bands.values) else 0.0
    if cover < LEAST_COVER:
        raise InputError(
            f"{bands.where}: the layer covers {cover:.0%} of the survey's cells, and at least {LEAST_COVER:.0%} are "
            f"needed. Check its CRS ({key}.crs) and its extent, or leave it out."
        )
    varies = np.nanmax(bands.values, axis=1) > np.nanmin(bands.values, axis=1)
    if not varies.any():
        what = (
            f"the class {bands.classes[0]}" if bands.classes else f"the value {np.nanmax(bands.values):.6g}"
        )
        raise InputError(
            f"{bands.where}: all cells of the survey have {what}, which tells nothing; leave {key} out, or check the "
            "file."
        )
    if cover >= FULL_COVER:
        return bands
    doubt = InputWarning(
        f"the layer covers {cover:.1%} of the survey's cells; the others {others}",
        f"give a layer that covers the survey, or leave {key} out",
        bands.source,
        bands.column,
    )
    return replace(bands, warnings=(*bands.warnings, doubt))
