"""What is doubtful about the catchments of samples, each doubt with its name, and what to do about it.

Nothing is dropped: a sample without a catchment stays in the table with an area of 0.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geohalo.catchments.catchment import Catchments
from geohalo.catchments.drainage import Drainage
from geohalo.errors import InputError
from geohalo.input_warnings import InputWarning

Flags = NDArray[np.bool_]

#: Square metres of a square kilometre, the unit of areas in the config and in tables.
KM2 = 1e6
#: Two samples are on one reach if the upper one sees this share of the catchment of the lower one.
SAME_REACH = 0.95
#: Areas of catchments spread over powers of ten: the largest plausible one is the upper quartile times the ratio of the
#: quartiles to this power, the outer fence of Tukey (1977) in logarithms.
FENCE = 3.0
#: Ratio of the quartiles at least: catchments of nearly one size are no reason to doubt one of twice that.
LEAST_RATIO = 2.0
#: Rows that a message names.
NAMED = 5


@dataclass(frozen=True)
class Limits:
    """What is plausible.

    Attributes
    ----------
    reach : float
        Farthest channel in metres.
    channel : float
        Least upstream area of a channel in m2.
    least : float
        Least area of a catchment in m2.
    most : float or None
        Largest area in m2; None for that which follows from the survey (`of_survey`), and no limit before.
    stated : bool
        Whether the config states ``most``.
    """

    reach: float
    channel: float
    least: float
    most: float | None
    stated: bool = True

    def of_survey(self, catchments: Catchments) -> "Limits":
        """Return the limits with the largest area that is plausible among these catchments.

        That is `outer_fence` of the samples on channels, rounded up to two digits so that messages name it as it is.
        """
        if self.most is not None:
            return self
        most = outer_fence(catchments.area[np.isfinite(catchments.snapped)])
        if np.isfinite(most):
            digit = 10.0 ** (math.floor(math.log10(most)) - 1)
            most = math.ceil(most / digit - 1e-9) * digit
        return replace(self, most=max(most, self.least), stated=False)


@dataclass(frozen=True)
class Doubt:
    """A kind of doubt about a sample.

    Attributes
    ----------
    name : str
        In the table.
    label : str
        In the legend of the figure.
    what, fix : str
        Of the warning; ``what`` follows the number of samples.
    """

    name: str
    label: str
    what: str
    fix: str


#: In the order of weight: a figure marks a sample by the first that it has.
DOUBTS = (
    Doubt(
        "outside",
        "beyond the terrain",
        "beyond the edges of the terrain, or without coordinates, and without a catchment",
        "give a terrain that covers them and the ground upstream of them, or correct the coordinates",
    ),
    Doubt(
        "void",
        "in a void",
        "in a void of the terrain, where it has no data, and without a catchment",
        "fill the voids (gdal_fillnodata.py) or give another terrain; if it is the sea, correct the coordinates",
    ),
    Doubt(
        "no_channel",
        "no channel within reach",
        "without a channel of {channel:g} km2 upstream within {reach:g} m, so that the catchment is that of the "
        "sample's own cell",
        "correct the coordinates, or set a larger terrain.snap or a smaller terrain.channel",
    ),
    Doubt(
        "leaves",
        "catchment leaves the terrain",
        "whose catchment touches the edge of the terrain or a void, so that ground upstream may be missing",
        "give a terrain that reaches farther, or has no voids; at the coast, where the sea is a void, it may be right",
    ),
    Doubt(
        "small",
        "catchment too small",
        "whose catchment is smaller than {least:g} km2",
        "check whether they lie on the stream that they were taken from; set terrain.least_area if they do",
    ),
    Doubt(
        "large",
        "catchment too large",
        "whose catchment is larger than {most:,.10g} km2 ({bound})",
        "check whether they were snapped to a river beside their stream (terrain.snap); set terrain.most_area if they "
        "were not",
    ),
    Doubt(
        "twin",
        "in one cell with another",
        "in one cell of the terrain with another sample, so that both have one catchment",
        "nothing, if they are duplicates; else set a finer terrain.resolution or a smaller terrain.snap",
    ),
    Doubt(
        "same_reach",
        "on one reach with the next",
        "with nearly the same catchment as the next sample downstream ({same:.0%} of it or more)",
        "nothing, if they were taken on one reach of a stream; else check whether both were snapped to one river",
    ),
    Doubt(
        "flat",
        "on a lake or flat",
        "on a lake, a flat or a hollow that was filled, where the terrain does not tell which way the water flows",
        "check them against a map of streams; a raster of flow directions from one (terrain.codes) is better there",
    ),
)


def outer_fence(area: NDArray[np.float64]) -> float:
    """Return the largest plausible one of the areas (catchments,) of a survey, in their unit; infinite without any.

    It follows the size of the catchments and how much that differs, so that a survey of brooks and one of rivers are
    each judged by their own. No more than a fourth of the catchments can lie beyond it, whatever they are, and of areas
    spread as on a random drainage network, one in a hundred. A sample that was moved to a river is found only if the
    survey does not sample such rivers elsewhere.
    """
    if not area.size:
        return np.inf
    low, high = np.quantile(np.log(area), (0.25, 0.75))
    return float(np.exp(high + FENCE * max(high - low, np.log(LEAST_RATIO))))


def limits(section: Mapping[str, Any]) -> Limits:
    """Return the limits of the config section ``terrain``, whose areas are in km2.

    Raises
    ------
    InputError
        No area can be plausible.
    """
    least, most = float(section["least_area"]), section["most_area"]
    if most is not None and least >= most:
        raise InputError(
            f"terrain.least_area ({least:g} km2) must be below terrain.most_area ({most:g} km2): no catchment could be "
            "plausible."
        )
    largest = None if most is None else float(most) * KM2
    return Limits(float(section["snap"]), float(section["channel"]) * KM2, least * KM2, largest)


def doubts(
    drainage: Drainage, catchments: Catchments, places: NDArray[np.float64], plausible: Limits
) -> dict[str, Flags]:
    """Tell which samples are doubtful.

    Parameters
    ----------
    drainage : Drainage
    catchments : Catchments
    places : ndarray (samples, 2)
        Of the samples in metres, before they were snapped.
    plausible : Limits

    Returns
    -------
    dict of str to ndarray (samples,) of bool
        By the names of `DOUBTS`.
    """
    none = catchments.cell < 0
    outside = drainage.frame.cells_at(places) < 0
    has_parent = catchments.parent >= 0
    below_area = np.where(has_parent, catchments.area[catchments.parent], np.inf)
    first = catchments.twin < 0
    return {
        "outside": outside,
        "void": none & ~outside,
        "no_channel": ~none & ~np.isfinite(catchments.snapped),
        "leaves": catchments.leaves & ~none,
        "small": ~none & (catchments.area < plausible.least),
        "large": catchments.area > (np.inf if plausible.most is None else plausible.most),
        "twin": ~first | np.isin(np.arange(len(none)), catchments.twin),
        "same_reach": has_parent & first & (catchments.area >= SAME_REACH * below_area),
        "flat": _on_flats(drainage, catchments.cell),
    }


def overlap(catchments: Catchments) -> NDArray[np.float64]:
    """Return the share (samples,) of each catchment that samples upstream see as well; NaN without a catchment."""
    with np.errstate(invalid="ignore", divide="ignore"):
        first = np.where(catchments.twin >= 0, catchments.twin, np.arange(len(catchments.twin)))
        return np.where(catchments.area > 0, 1 - catchments.own_area[first] / catchments.area, np.nan)


def warnings_of(
    found: Mapping[str, Flags], plausible: Limits, rows: Sequence[str], source: str
) -> list[InputWarning]:
    """Return one warning for each kind of doubt that samples give.

    Parameters
    ----------
    found : mapping of str to ndarray (samples,) of bool
        See `doubts`.
    plausible : Limits
    rows : sequence of str, (samples,)
        Row of each sample in the user's file.
    source : str
        That file.
    """
    numbers: dict[str, Any] = {
        "reach": plausible.reach,
        "channel": plausible.channel / KM2,
        "least": plausible.least / KM2,
        "most": (plausible.most or np.inf) / KM2,
        "bound": "terrain.most_area" if plausible.stated else "far beyond most catchments of the survey",
        "same": SAME_REACH,
    }
    warnings = []
    for doubt in DOUBTS:
        places = np.flatnonzero(found[doubt.name])
        if not places.size:
            continue
        count = f"{places.size:,} sample{'' if places.size == 1 else 's'}"
        named = [str(rows[place]) for place in places[:NAMED]]
        more = f" and {places.size - NAMED:,} more" if places.size > NAMED else ""
        what = f"{count} {doubt.what.format(**numbers)} (row {', '.join(named)}{more})"
        warnings.append(InputWarning(what, doubt.fix, source, row=named[0]))
    return warnings


def table(
    drainage: Drainage,
    catchments: Catchments,
    places: NDArray[np.float64],
    found: Mapping[str, Flags],
    rows: Sequence[str],
) -> pd.DataFrame:
    """Return a row for each sample.

    Returns
    -------
    DataFrame
        ``row`` of the user's file; ``x``, ``y`` of the sample and ``channel_x``, ``channel_y`` of its cell in metres;
        ``snapped_m``; ``area_km2`` of the whole catchment and ``own_km2`` of what no other sample sees before it;
        ``mapped`` the share of that which lies on the grid; ``overlap`` the share that samples upstream see as well;
        ``downstream`` and ``twin`` the rows of the next sample and of the first one in the same cell; ``doubts`` their
        names, joined by ``;``.
    """
    centres = drainage.frame.centres(catchments.cell)
    numbers = np.array([*map(str, rows), ""])
    mapped = np.asarray(catchments.shares.sum(axis=1)).ravel()
    with np.errstate(invalid="ignore", divide="ignore"):
        on_grid = np.where(catchments.own_area > 0, mapped / catchments.own_area, np.nan)
    names = [
        ";".join(doubt.name for doubt in DOUBTS if found[doubt.name][sample]) for sample in range(len(places))
    ]
    return pd.DataFrame(
        {
            "row": numbers[:-1],
            "x": places[:, 0],
            "y": places[:, 1],
            "channel_x": centres[:, 0],
            "channel_y": centres[:, 1],
            "snapped_m": catchments.snapped,
            "area_km2": catchments.area / KM2,
            "own_km2": catchments.own_area / KM2,
            "mapped": on_grid,
            "overlap": overlap(catchments),
            "downstream": numbers[catchments.parent],
            "twin": numbers[catchments.twin],
            "doubts": names,
        }
    )


def _on_flats(drainage: Drainage, cell: NDArray[np.int64]) -> Flags:
    """Tell which flat cells have no neighbour of another height, once hollows are filled."""
    level = drainage.level
    flat = np.zeros(len(cell), dtype=bool)
    if level is None:
        return flat
    rows, columns = level.shape
    known = np.flatnonzero(cell >= 0)
    row, column = np.divmod(cell[known], columns)
    same = np.ones(len(known), dtype=bool)
    for down in (-1, 0, 1):
        for across in (-1, 0, 1):
            r, c = np.clip(row + down, 0, rows - 1), np.clip(column + across, 0, columns - 1)
            same &= level[r, c] == level[row, column]
    flat[known] = same
    return flat
