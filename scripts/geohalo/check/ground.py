"""What a check knows of the ground of a survey, as far as it could be read."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pyproj import CRS

from geohalo.covariates.layers import SampleTable
from geohalo.cube.grid import Grid
from geohalo.products.html_pages import Section


@dataclass
class Ground:
    """Samples or rasters of a survey.

    Attributes
    ----------
    source : str
        What messages call the file.
    elements : list of str
        Elements that a run would use.
    columns : DataFrame
        One row for each column or band: what was understood of it; empty where none could be read.
    places : ndarray (places, 2), or None
        Where the survey has values, in metres: samples (rows of the table where cleaning stops), or cells of rasters.
    crs : pyproj.CRS or None
        Metric, of the places.
    spacing : float or None
        Median distance in metres from a sample to the next one; rasters do not tell it.
    grid, mask : Grid, ndarray (rows, columns) of bool, or None
        Cells of the maps.
    counted : dict
        What became of the rows of the table, as `clean_samples` counts it.
    unused : list of str
        Columns of the file that nothing was read from.
    censored : ndarray (places,) or None
        Share of a sample's elements that are below their detection limits.
    table : DataFrame or None
        The table of samples as it was read; rasters have none.
    samples : SampleTable or None
        The same with the rows and places of the clean samples; None where cleaning stops.
    control : Section
        What quality control and batches say; empty where the config names neither.
    """

    source: str = ""
    elements: list[str] = field(default_factory=list)
    columns: pd.DataFrame = field(default_factory=pd.DataFrame)
    places: NDArray[np.float64] | None = None
    crs: CRS | None = None
    spacing: float | None = None
    grid: Grid | None = None
    mask: NDArray[np.bool_] | None = None
    counted: dict[str, Any] = field(default_factory=dict)
    unused: list[str] = field(default_factory=list)
    censored: NDArray[np.float64] | None = None
    table: pd.DataFrame | None = None
    samples: SampleTable | None = None
    control: Section = field(default_factory=lambda: Section("control", "Quality control"))

    @property
    def cells(self) -> NDArray[np.float64] | None:
        """Centres (cells, 2) of the cells inside the survey, in metres."""
        return None if self.grid is None or self.mask is None else self.grid.centres(self.mask)

    @property
    def n_cells(self) -> int:
        """Number of cells inside the survey."""
        return 0 if self.mask is None else int(self.mask.sum())
