"""Cleaned samples as arrays; how their elements are interpolated, as a file; and the frame of the interpolated maps."""

import json
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

import geopandas as gpd
import numpy as np
import pyarrow.parquet
import xarray as xr

from geohalo.atomic_files import atomic_write
from geohalo.cube.method_choice import ElementFit, Score
from geohalo.cube.variogram import Variogram
from geohalo.files.cells import Survey

#: Bytes that the maps of the rows interpolated at a time may take, in float64.
BLOCK_BYTES = 128e6


def read_logarithms(samples: str) -> tuple[np.ndarray, np.ndarray, list[str], Any]:
    """Read places (samples, 2) in metres, ln ppm (samples, elements), names of the elements, and the CRS."""
    places = gpd.read_parquet(samples, columns=["geometry"])
    with pyarrow.parquet.ParquetFile(samples) as file:
        columns = file.schema_arrow.names
        names = [name.removesuffix("_censored") for name in columns if name.endswith("_censored")]
        logarithms = np.empty((len(places), len(names)))
        # One column after another: the whole table and its copies would take four times the memory.
        for k, name in enumerate(names):
            np.log(file.read([name])[name].to_numpy(), out=logarithms[:, k])
    return places.get_coordinates().to_numpy(), logarithms, names, places.crs


def write_fits(names: list[str], fits: list[ElementFit], settings: dict, path: str) -> None:
    """Write the settings and, for each element, method, scores in ln ppm and variogram in (ln ppm)² and metres."""
    elements = {name: asdict(fit) for name, fit in zip(names, fits, strict=True)}
    text = json.dumps({"settings": settings, "elements": _without_nan(elements)}, indent=1)
    with atomic_write(path) as temporary:
        temporary.write_text(text + "\n", encoding="utf-8")


def read_fits(path: str) -> tuple[dict[str, ElementFit], dict]:
    """Read the fit of each element by name, and the settings."""
    with open(path, encoding="utf-8") as file:
        data = json.load(file)
    fits = {}
    for name, entry in data["elements"].items():
        scores = {
            method: Score(**{key: np.nan if value is None else value for key, value in score.items()})
            for method, score in entry["scores"].items()
        }
        variogram = Variogram(**entry["variogram"]) if entry["variogram"] else None
        fits[name] = ElementFit(entry["method"], scores, variogram)
    return fits, data["settings"]


def interpolated_frame(survey: Survey, names: list[str], fits: list[ElementFit]) -> xr.Dataset:
    """Make the dataset of interpolated elements but for the maps: method and left-out error of each element."""
    scores = [fit.scores[fit.method] for fit in fits]
    error = np.array([score.error for score in scores]) / np.log(10)
    explained = np.array([score.explained for score in scores])
    about = {"long_name": "cross-validated RMSE, blocks left out", "units": "log10 ppm"}
    share = {"long_name": "cross-validated share of variance explained", "units": "1"}
    return survey.dataset(
        cv_error=("element", error, about),
        cv_explained=("element", explained, share),
        method=("element", np.array([fit.method for fit in fits], dtype=object), {"long_name": "method"}),
    ).assign_coords(element=names)


def blocks_of_rows(survey: Survey, maps: int) -> Iterator[slice]:
    """Yield blocks of rows, whole chunks of the file, whose maps take about `BLOCK_BYTES`."""
    row = survey.chunk_rows
    step = row * max(1, int(BLOCK_BYTES / (8 * maps * row * survey.grid.x.size)))
    for start in range(0, survey.grid.y.size, step):
        rows = slice(start, min(start + step, survey.grid.y.size))
        if survey.mask[rows].any():
            yield rows


def _without_nan(value: Any) -> Any:
    """Write what is not known as null: JSON has no NaN."""
    if isinstance(value, dict):
        return {key: _without_nan(item) for key, item in value.items()}
    return None if isinstance(value, float) and np.isnan(value) else value
