"""Files of targets: the table, fingerprints, map, GeoPackage and QGIS project, from the maps of a survey."""

import sqlite3
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pyogrio
import xarray as xr
from scipy.spatial import KDTree

from geohalo.atomic_files import NotWrittenError, atomic_write
from geohalo.cube.logratio import transformed
from geohalo.files.cells import Survey, read_geotiff
from geohalo.files.maps import corner_transform
from geohalo.files.tables import read_csv
from geohalo.products.fingerprints import Contrasts, named_covariates, named_elements
from geohalo.products.qgis_styles import layer_style
from geohalo.products.target_parts import SPACINGS, largest_area, sample_spacing
from geohalo.products.target_shapes import degrees, nearest_deposits, outlines, superpixels_of
from geohalo.products.targets import Targets, anomalous_ground, find_targets, ground_table

#: Means over a target that are of use: column of the table, map and its band.
MEANS = {"spread": ("spread", 0), "heldout_score": ("heldout_score", 0), "probability": ("probability", 0)}
#: Columns of the table of targets, in this order.
COLUMNS = [
    "rank",
    "ground",
    "area_km2",
    "mean_score",
    "peak_score",
    "spread",
    "heldout_score",
    "probability",
    "applicable",
]
COLUMNS += ["priority", "nearest_deposit", "distance_km", "superpixels", "enriched", "depleted"]
COLUMNS += ["x", "y", "lon", "lat"]
#: ... and those of exploration effort, where it is known, which follow the first.
EFFORT_COLUMNS, EFFORT_AFTER = ["effort", "effort_percentile"], "applicable"
#: A GeoPackage of more sample sites than this has those in targets and around them alone.
MOST_SAMPLES = 100_000


def find(files: dict[str, str], survey: Survey, settings: dict) -> tuple[Targets, pd.DataFrame]:
    """Rank the targets of the score's map, cut as the settings say; returns them and what ground they were cut from."""
    score, cell = read_geotiff(files["score"])[0], survey.grid.cell
    known = near_deposits(files["deposits"], survey, settings["radius"])
    if settings["cut"] == "share":
        ground = anomalous_ground(score, known, settings["share"])
    else:
        table = read_csv(files["thresholds"])
        classes = table[(table["kind"] == settings["cut"]) & (table["class"] > 0)]
        high = score >= (classes["score"].max() if len(classes) else np.inf)
        ground = high & ~known, high & known
    means = {column: read_geotiff(files[name])[band] for column, (name, band) in MEANS.items()}
    means["applicable"] = (read_geotiff(files["applicability"])[1] == 1).astype(np.float32)
    if "effort" in files:
        means |= dict(zip(EFFORT_COLUMNS, read_geotiff(files["effort"]), strict=True))
    largest = max(int(min(largest_of(files, settings) / cell**2, score.size)), settings["fewest_cells"])
    targets = find_targets(score, ground, settings["fewest_cells"], settings["most"], largest, means)
    return targets, ground_table(score, ground, known, settings["share"], cell, targets.table)


def largest_of(files: dict[str, str], settings: dict) -> float:
    """Return the largest area of a target in square metres: as set, or by the spacing of the samples.

    Rasters come without samples; half of the ring, a few sample spacings by its definition, stands for two of them.
    """
    if settings["largest_area"] is not None:
        return settings["largest_area"] * 1e6
    spacing = settings["ring"] / (2 * SPACINGS)
    if "samples" in files:
        places = gpd.read_parquet(files["samples"], columns=["geometry"]).get_coordinates().to_numpy()
        spacing = sample_spacing(places)
    return largest_area(spacing) if np.isfinite(spacing) else np.inf


def near_deposits(deposits: str, survey: Survey, radius: float) -> np.ndarray:
    """Return which cells (rows, columns) lie within a radius in metres of a known deposit."""
    places = gpd.read_parquet(deposits).get_coordinates().to_numpy()
    near = np.zeros(survey.mask.shape, dtype=bool)
    if len(places):
        # Cells farther away are not looked for; the bound itself is not within it.
        bound = np.nextafter(radius, np.inf)
        near[survey.mask] = KDTree(places).query(survey.cells, distance_upper_bound=bound)[0] <= radius
    return near


def members(
    targets: Targets, around: list[np.ndarray], mask: np.ndarray
) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """Return the cells of targets and of their surroundings, numbered within the mask."""
    number = np.cumsum(mask.ravel()) - 1
    rank = targets.rank.ravel()
    at = np.flatnonzero(rank)
    ordered = at[np.argsort(rank[at], kind="stable")]
    own = np.split(ordered, np.cumsum(targets.table["cells"].to_numpy(dtype=int))[:-1])
    return [number[cells] for cells in own[: len(targets.table)]], [number[cells] for cells in around]


def fingerprints(
    elements: str, transform: str, survey: Survey, targets: Targets, around: list[np.ndarray]
) -> pd.DataFrame:
    """Return what sets each target apart, reading the elements by blocks of rows."""
    own, near = members(targets, around, survey.mask)
    contrasts = Contrasts(own, near, int(survey.mask.sum()))
    with xr.open_dataset(elements) as data:
        names = [str(name) for name in data["element"].to_numpy()]
        for rows in survey.row_blocks():
            if survey.mask[rows].any():
                inside = data["concentration"][:, rows].to_numpy()[:, survey.mask[rows]]
                contrasts.add(transformed(inside.T.astype(np.float64), names, transform))
    return contrasts.table(names)


def covariate_prints(
    covariates: str, survey: Survey, targets: Targets, around: list[np.ndarray]
) -> pd.DataFrame:
    """Return how the covariates of each target differ from those around it, as `fingerprints` does of elements.

    Returns
    -------
    DataFrame
        ``rank``, ``covariate``, ``contrast`` in the unit of the layer or as a share of the ground, and ``z``, the same
        in standard deviations over the survey.
    """
    own, near = members(targets, around, survey.mask)
    contrasts = Contrasts(own, near, int(survey.mask.sum()))
    with xr.open_dataset(covariates) as data:
        names = [str(name) for name in data["band"].to_numpy()]
        means = np.array([np.nanmean(data["covariate"][band].to_numpy()) for band in range(len(names))])
        for rows in survey.row_blocks():
            if survey.mask[rows].any():
                inside = data["covariate"][:, rows].to_numpy()[:, survey.mask[rows]].T.astype(np.float64)
                contrasts.add(np.where(np.isfinite(inside), inside, means))
    return contrasts.table(names).rename(columns={"element": "covariate"})


def target_frame(
    targets: Targets,
    prints: pd.DataFrame,
    carrying: list[str],
    deposits: gpd.GeoDataFrame,
    superpixels: str,
    survey: Survey,
    further: pd.DataFrame | None = None,
) -> gpd.GeoDataFrame:
    """Return the table of targets with their outlines; of elements it names those that carry the map.

    ``further`` are the prints of the covariates, of which the table names the strongest.
    """
    shapes = outlines(targets.rank, corner_transform(survey))
    frame = gpd.GeoDataFrame(targets.table, geometry=list(shapes.values()), crs=survey.crs)
    frame["area_km2"] = frame.pop("cells") * survey.grid.cell**2 / 1e6
    frame["x"] = survey.grid.x[frame.pop("column").to_numpy(dtype=int)]
    frame["y"] = survey.grid.y[frame.pop("row").to_numpy(dtype=int)]
    frame["lon"], frame["lat"] = degrees(frame["x"].to_numpy(), frame["y"].to_numpy(), survey.crs)
    near = nearest_deposits(frame.geometry, deposits)
    messages = [named_elements(part, carrying) for _, part in prints.groupby("rank")]
    frame = frame.assign(
        **near,
        superpixels=superpixels_of(targets.rank, read_geotiff(superpixels)[0]),
        enriched=[one for one, _ in messages],
        depleted=[one for _, one in messages],
    )
    columns = list(COLUMNS)
    if EFFORT_COLUMNS[0] in frame:
        after = columns.index(EFFORT_AFTER) + 1
        columns[after:after] = EFFORT_COLUMNS
    if further is not None:
        frame["covariates"] = [named_covariates(part) for _, part in further.groupby("rank")]
        columns.append("covariates")
    return frame[[*columns, "geometry"]]


def nearby_samples(path: str, rank: np.ndarray, around: list[np.ndarray], survey: Survey) -> gpd.GeoDataFrame:
    """Read the sample sites with their concentrations in ppm: all, or of very many those in and around targets."""
    names = [name for name in pq.read_schema(path).names if not name.endswith("_censored")]
    frame = gpd.read_parquet(path, columns=names)
    if len(frame) <= MOST_SAMPLES:
        return frame
    near = rank.ravel() > 0
    near[np.concatenate([*around, np.empty(0, dtype=np.int64)])] = True
    x, y = frame.get_coordinates().to_numpy().T
    column = np.clip(np.round((x - survey.grid.x[0]) / survey.grid.cell).astype(int), 0, rank.shape[1] - 1)
    row = np.clip(np.round((survey.grid.y[0] - y) / survey.grid.cell).astype(int), 0, rank.shape[0] - 1)
    return frame[near.reshape(rank.shape)[row, column]]


def superpixel_frame(superpixels: str, rank: np.ndarray, survey: Survey) -> gpd.GeoDataFrame:
    """Return the outlines of the superpixels that targets lie in."""
    labels = read_geotiff(superpixels)[0]
    labels[~np.isin(labels, np.unique(labels[rank > 0]))] = 0
    shapes = outlines(labels, corner_transform(survey))
    return gpd.GeoDataFrame({"superpixel": list(shapes)}, geometry=list(shapes.values()), crs=survey.crs)


def write_geopackage(layers: dict[str, gpd.GeoDataFrame], path: str) -> None:
    """Write layers in order, and their styles as QGIS looks for them, in a table ``layer_styles``."""
    kinds = {"targets": "MultiPolygon", "superpixels": "MultiPolygon"}
    styles: list[dict[str, Any]] = []
    with atomic_write(path, partial(_same_layers, layers=layers)) as temporary:
        for number, (name, frame) in enumerate(layers.items()):
            kind = kinds.get(name, "Point")
            pyogrio.write_dataframe(
                frame, temporary, layer=name, driver="GPKG", geometry_type=kind, append=number > 0,
                layer_options={"GEOMETRY_NAME": "geom"},
            )  # fmt: skip
            place = {
                "f_table_catalog": "",
                "f_table_schema": "",
                "f_table_name": name,
                "f_geometry_column": "geom",
            }
            about = {"styleName": name, "styleQML": layer_style(name), "styleSLD": "", "useAsDefault": True}
            styles.append(place | about | {"description": f"GeoHalo: {name}", "owner": "", "ui": ""})
        table = pd.DataFrame(styles).assign(update_time=pd.Timestamp.now("UTC"))
        pyogrio.write_dataframe(
            table, temporary, layer="layer_styles", driver="GPKG", append=True, layer_options={"FID": "id"}
        )


def _same_layers(path: Path, layers: dict[str, gpd.GeoDataFrame]) -> None:
    """Stop unless a GeoPackage holds every layer with all of its rows and its spatial index, and a style for each."""
    expected = {"layer_styles": len(layers)}
    for name, frame in layers.items():
        placed = ~(frame.geometry.isna() | frame.geometry.is_empty)
        expected |= {name: len(frame), f"rtree_{name}_geom": int(placed.sum())}
    with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as database:
        for name, rows in expected.items():
            (found,) = database.execute(f'SELECT count(*) FROM "{name}"').fetchone()
            if found != rows:
                raise NotWrittenError(f"{path}: {found} of {rows} rows of {name} were written")
