"""Which analyses the places of a survey were merged from."""

import geopandas as gpd
import numpy as np
import pandas as pd

from geohalo.quality.level_survey import Rows
from geohalo.survey.row_roles import REFERENCE


def rows_of_places(
    analyses: gpd.GeoDataFrame, places: gpd.GeoDataFrame, elements: list[str]
) -> tuple[Rows, Rows, np.ndarray]:
    """Return the analyses that places were merged from, those of reference materials, and the place of each row.

    Parameters
    ----------
    analyses : GeoDataFrame
        See `geohalo.survey.analyses.analyses_table`.
    places : GeoDataFrame
        Clean samples: `sample` holds the numbers of their rows.
    elements : list of str
        Those of the samples.

    Returns
    -------
    samples, references : Rows
    place : ndarray of int, shape (rows of samples,)
        Position of the place that each row went into.
    """
    numbers = places["sample"].astype("str").str.split(";")
    place = np.repeat(np.arange(len(places)), numbers.str.len())
    at = pd.Index(analyses["row"]).get_indexer(numbers.explode().astype("int64"))
    references = analyses[analyses["role"] == REFERENCE]
    return _rows(analyses.iloc[at], elements), _rows(references, elements), place


def _rows(frame: gpd.GeoDataFrame, elements: list[str]) -> Rows:
    points = np.column_stack([frame.geometry.x, frame.geometry.y])
    return Rows(
        values=frame[elements].to_numpy(dtype=float),
        censored=frame[[f"{element}_censored" for element in elements]].to_numpy(dtype=bool),
        batch=frame["batch"].to_numpy(dtype=object),
        points=points,
        material=frame["material"].to_numpy(dtype=object),
    )
