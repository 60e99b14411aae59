"""The report's map from the files of a survey."""

import math
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import rasterio
import xarray as xr
from pyproj import CRS

from geohalo.cube.grid import Grid
from geohalo.evidence.effort import Effort
from geohalo.files.cells import Survey
from geohalo.files.effort import read_effort
from geohalo.files.paths import file_path
from geohalo.products.map_elements import carrying_elements
from geohalo.products.report_layers import (
    MOST_ATTRIBUTED,
    attribution_layer,
    chosen_elements,
    effort_layer,
    element_layer,
    predicted_layers,
    threshold_layers,
    value_layers,
)
from geohalo.products.report_map import Layer, map_data
from geohalo.stages.shared.report import Results

#: Maps that are no layer of values.
CODED = ("fold", "targets", "anomaly_classes", "success_classes", "classes")
#: The map of exploration effort, where there is one.
EFFORT = file_path("effort")

#: Cells of the rectangle around the survey that are shown at most; of more, one in so many along each side.
MOST_CELLS = 2_000_000


def bands(path: str, step: int = 1) -> np.ndarray:
    """Read all bands (bands, rows, columns) as float32, NaN where there is no value; every ``step``-th cell."""
    with rasterio.open(path) as file:
        read = [file.read(band, masked=True)[::step, ::step] for band in range(1, file.count + 1)]
    return np.array([band.astype(np.float32).filled(np.nan) for band in read])


def thinned(survey: Survey) -> tuple[Grid, int]:
    """Return the grid of what is shown, and of how many cells along each side one is."""
    step = math.ceil(math.sqrt(survey.mask.size / MOST_CELLS))
    grid, cell = survey.grid, survey.grid.cell
    moved = cell * (step - 1) / 2
    return Grid(grid.x[::step] + moved, grid.y[::step] - moved), step


def labels_of(results: Results) -> dict[str, np.ndarray]:
    """Read the superpixels of each scale, by the number that was asked for."""
    found = {}
    for name in results.matching("superpixels/*.tif"):
        with rasterio.open(results[name]) as file:
            found[Path(name).stem] = file.read(1)
    return dict(sorted(found.items(), key=lambda item: int(item[1].max())))


def carrying(results: Results) -> list[str]:
    """Return the elements that carry the map; none where labels are a raster of classes."""
    summary = results.table("pathfinders.csv")
    return [] if summary is None else carrying_elements(summary)


def known_deposits(results: Results) -> pd.DataFrame | None:
    """Read the deposits with columns x and y, in the order of their file."""
    if "deposits.parquet" not in results:
        return None
    frame = gpd.read_parquet(results["deposits.parquet"])
    return pd.DataFrame(frame.drop(columns="geometry")).join(frame.get_coordinates())


def survey_map(results: Results, survey: Survey) -> dict[str, Any]:
    """Gather the map of the report, as `geohalo.products.report_map.map_data` returns it."""
    grid, step = thinned(survey)
    crs = CRS.from_wkt(survey.crs)
    authority = crs.to_authority()
    samples = None
    if "samples.parquet" in results:
        samples = gpd.read_parquet(results["samples.parquet"], columns=["geometry"]).get_coordinates()
    targets = results.table("targets.csv")
    shapes = None
    if targets is not None and "maps/targets.tif" in results:
        shapes = (np.nan_to_num(bands(results["maps/targets.tif"], step)[0]).astype(int), targets)
    return map_data(
        grid,
        (survey.crs, ":".join(authority) if authority else crs.name),
        [
            *_map_layers(results, step),
            *_attribution_layers(results, step),
            *_element_layers(results, survey, step),
        ],
        samples=samples,
        deposits=known_deposits(results),
        superpixels={name: labels[::step, ::step] for name, labels in labels_of(results).items()},
        targets=shapes,
        fingerprints=results.table("fingerprints.csv"),
        attributions=results.table("target_attribution.csv"),
        neighbours=results.table("target_neighbours.csv"),
        carrying=carrying(results),
    )


def _map_layers(results: Results, step: int) -> list[Layer]:
    images = {Path(name).stem: bands(results[name], step) for name in results.matching("maps/*.tif")}
    coded = {name: image[0] for name, image in images.items() if name in CODED}
    values = {name: image for name, image in images.items() if name not in CODED}
    if "classes" in coded:
        scores = values.pop("score")
        values["spread"] = values["spread"].mean(axis=0, keepdims=True)
        return [*predicted_layers(coded["classes"], scores), *value_layers(values)]
    effort = effort_of(results)
    layers = value_layers(values, {"effort": effort.unit} if effort else {})
    if effort:
        layers.append(effort_layer(values["score"][0], values["effort"][1]))
    return [*layers, *threshold_layers(coded, results.table("thresholds.csv"))]


def effort_of(results: Results) -> Effort | None:
    """Read the map of exploration effort; None where there is none."""
    return read_effort(results[EFFORT]) if EFFORT in results else None


def _attribution_layers(results: Results, step: int) -> list[Layer]:
    images: dict[str, np.ndarray] = {}
    for file in results.matching("attribution/*.nc"):
        with xr.open_dataset(results[file]) as data:
            for name in map(str, data["element"].to_numpy()):
                part = data["attribution"].sel(element=name).to_numpy()[:, ::step, ::step]
                images[name] = part.sum(axis=0)
    if not images:
        return []
    sizes = {name: float(np.nanmean(np.abs(image))) for name, image in images.items()}
    chosen = sorted(sizes, key=lambda name: -sizes[name])[:MOST_ATTRIBUTED]
    widest = max(float(np.nanpercentile(np.abs(images[name]), 99)) for name in chosen) or 1.0
    return [attribution_layer(name, images[name], widest) for name in chosen]


def _element_layers(results: Results, survey: Survey, step: int) -> list[Layer]:
    with xr.open_dataset(results["elements.nc"]) as data:
        names = [str(name) for name in data["element"].to_numpy()]
        explained = (
            dict(zip(names, data["cv_explained"].to_numpy(), strict=True)) if "cv_explained" in data else {}
        )
        unit = str(data["concentration"].attrs.get("units", "ppm"))
        chosen = chosen_elements(names, explained, survey.mask.size // step**2, carrying(results))
        return [
            element_layer(
                name,
                data["concentration"].sel(element=name).to_numpy()[::step, ::step],
                "" if unit == "1" else unit,
            )
            for name in chosen
        ]
