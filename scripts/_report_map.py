"""The report's map from the files of a survey."""

from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import rasterio
import xarray as xr
from _cells import Survey
from _report import Results
from geohalo.products.report_layers import (
    chosen_elements,
    element_layer,
    predicted_layers,
    threshold_layers,
    value_layers,
)
from geohalo.products.report_map import Layer, map_data
from pyproj import CRS

#: Maps that are no layer of values.
CODED = ("fold", "targets", "anomaly_classes", "success_classes", "classes")


def bands(path: str) -> np.ndarray:
    """Read all bands (bands, rows, columns) as float32, NaN where there is no value."""
    with rasterio.open(path) as file:
        return file.read(masked=True).astype(np.float32).filled(np.nan)


def labels_of(results: Results) -> dict[str, np.ndarray]:
    """Read the superpixels of each scale, by the number that was asked for."""
    found = {}
    for name in results.matching("superpixels/*.tif"):
        with rasterio.open(results[name]) as file:
            found[Path(name).stem] = file.read(1)
    return dict(sorted(found.items(), key=lambda item: int(item[1].max())))


def known_deposits(results: Results) -> pd.DataFrame | None:
    """Read the deposits with columns x and y, in the order of their file."""
    if "deposits.parquet" not in results:
        return None
    frame = gpd.read_parquet(results["deposits.parquet"])
    return pd.DataFrame(frame.drop(columns="geometry")).join(frame.get_coordinates())


def survey_map(results: Results, survey: Survey) -> dict[str, Any]:
    """Gather the map of the report, as `geohalo.products.report_map.map_data` returns it."""
    crs = CRS.from_wkt(survey.crs)
    authority = crs.to_authority()
    samples = None
    if "samples.parquet" in results:
        samples = gpd.read_parquet(results["samples.parquet"], columns=["geometry"]).get_coordinates()
    targets = results.table("targets.csv")
    shapes = None
    if targets is not None and "maps/targets.tif" in results:
        shapes = (np.nan_to_num(bands(results["maps/targets.tif"])[0]).astype(int), targets)
    return map_data(
        survey.grid,
        (survey.crs, ":".join(authority) if authority else crs.name),
        [*_map_layers(results), *_element_layers(results, survey)],
        samples=samples,
        deposits=known_deposits(results),
        superpixels=labels_of(results),
        targets=shapes,
        fingerprints=results.table("fingerprints.csv"),
        attributions=results.table("target_attribution.csv"),
        neighbours=results.table("target_neighbours.csv"),
    )


def _map_layers(results: Results) -> list[Layer]:
    images = {Path(name).stem: bands(results[name]) for name in results.matching("maps/*.tif")}
    coded = {name: image[0] for name, image in images.items() if name in CODED}
    values = {name: image for name, image in images.items() if name not in CODED}
    if "classes" in coded:
        scores = values.pop("score")
        values["spread"] = values["spread"].mean(axis=0, keepdims=True)
        return [*predicted_layers(coded["classes"], scores), *value_layers(values)]
    return [*value_layers(values), *threshold_layers(coded, results.table("thresholds.csv"))]


def _element_layers(results: Results, survey: Survey) -> list[Layer]:
    with xr.open_dataset(results["elements.nc"]) as data:
        names = [str(name) for name in data["element"].to_numpy()]
        explained = (
            dict(zip(names, data["cv_explained"].to_numpy(), strict=True)) if "cv_explained" in data else {}
        )
        chosen = chosen_elements(names, explained, survey.mask.size)
        return [element_layer(name, data["concentration"].sel(element=name).to_numpy()) for name in chosen]
