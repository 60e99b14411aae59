"""Read samples row by row with their batches, and merge them to places again once they are levelled."""

import geopandas as gpd
import numpy as np
import pandas as pd

from geohalo.files.provenance import provenance
from geohalo.quality.level_survey import Levelling, Rows
from geohalo.quality.levelling import levelled
from geohalo.quality.place_rows import rows_of_places
from geohalo.survey.places import merge_places


def read_places(samples: str) -> tuple[gpd.GeoDataFrame, list[str]]:
    """Read cleaned samples with their provenance in `attrs`, and the names of the elements."""
    places = gpd.read_parquet(samples)
    places.attrs = provenance(samples)
    return places, [name.removesuffix("_censored") for name in places if str(name).endswith("_censored")]


def read_rows(analyses: str, places: gpd.GeoDataFrame, elements: list[str]) -> tuple[Rows, Rows, np.ndarray]:
    """Read the analyses that the places were merged from, those of reference materials, and the place of each row."""
    flags = [f"{element}_censored" for element in elements]
    columns = ["row", "role", "material", "batch", *elements, *flags, "geometry"]
    return rows_of_places(gpd.read_parquet(analyses, columns=columns), places, elements)


def join_places(
    places: gpd.GeoDataFrame, elements: list[str], rows: Rows, place: np.ndarray, found: Levelling
) -> gpd.GeoDataFrame:
    """Return the places with the levelled values of their rows; a place of several rows has their median."""
    correction = np.zeros((len(elements), len(found.batches)))
    moved = [elements.index(name) for name in found.elements]
    correction[moved] = found.shifts.correction
    codes = pd.Index(found.batches, dtype=object).get_indexer(pd.Index(rows.batch, dtype=object))
    values = pd.DataFrame(levelled(rows.values, codes, correction), columns=elements)
    censored = pd.DataFrame(rows.censored, columns=elements)
    _, values, censored = merge_places(place, rows.points, values, censored)
    joined = places.copy()
    for element in elements:
        joined[element] = values[element].to_numpy(dtype=float)
        joined[f"{element}_censored"] = censored[element].to_numpy(dtype=bool)
    joined.attrs = places.attrs
    return joined
