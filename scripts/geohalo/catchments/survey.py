"""The catchments of a survey's samples, from the ways of its water to what is doubtful about each of them."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from geohalo.catchments.catchment import Catchments, delineated
from geohalo.catchments.drainage import Drainage
from geohalo.catchments.quality import KM2, Flags, Limits, doubts
from geohalo.catchments.snapping import snapped
from geohalo.cube.grid import Grid


@dataclass(frozen=True)
class SurveyCatchments:
    """Catchments with what they were found on.

    Attributes
    ----------
    drainage : Drainage
    catchments : Catchments
    label : ndarray (rows, columns) of int32
        For each cell of the terrain the first sample that its water passes; -1 where it passes none.
    places : ndarray (samples, 2)
        Of the samples in metres, before they were snapped.
    plausible : Limits
        With the largest area of this survey.
    doubts : dict of str to ndarray (samples,) of bool
        See `geohalo.catchments.quality.doubts`.
    """

    drainage: Drainage
    catchments: Catchments
    label: NDArray[np.int32]
    places: NDArray[np.float64]
    plausible: Limits
    doubts: dict[str, Flags]

    @property
    def median_area(self) -> float:
        """Median area of a catchment in km2; 0 where no sample has one."""
        area = self.catchments.area[self.catchments.area > 0]
        return float(np.median(area)) / KM2 if area.size else 0.0

    @property
    def mixtures(self) -> int:
        """Number of samples with different catchments."""
        return int(np.unique(self.catchments.cell[self.catchments.area > 0]).size)

    @property
    def crs_code(self) -> str:
        """Code of the maps' CRS, such as ``EPSG:32630``; empty for one without."""
        return ":".join(code) if (code := self.drainage.crs.to_authority()) else ""


def survey_catchments(
    drainage: Drainage, places: NDArray[np.float64], grid: Grid, plausible: Limits
) -> SurveyCatchments:
    """Bring samples to their channels, delineate their catchments, and tell which are doubtful.

    Parameters
    ----------
    drainage : Drainage
    places : ndarray (samples, 2)
        In metres of its CRS; NaN for samples without coordinates.
    grid : Grid
        Of the survey, in the same CRS.
    plausible : Limits

    Returns
    -------
    SurveyCatchments
    """
    on_channels = snapped(drainage, places, plausible.reach, plausible.channel)
    found, label = delineated(drainage, on_channels, grid)
    plausible = plausible.of_survey(found)
    doubtful = doubts(drainage, found, places, plausible)
    return SurveyCatchments(drainage, found, label, places, plausible, doubtful)
