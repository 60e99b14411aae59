"""Cut the anomaly map into classes and rank its targets: maps, tables, a GeoPackage with styles, and a QGIS project."""

import geopandas as gpd
import xarray as xr

from geohalo.evidence.sample_density import sample_density
from geohalo.files.cells import Survey
from geohalo.files.effort import OF_SAMPLES, SAMPLES_UNIT, write_effort
from geohalo.files.maps import write_map
from geohalo.files.qgis import write_project
from geohalo.files.tables import read_csv, write_csv
from geohalo.files.targets import (
    covariate_prints,
    find,
    fingerprints,
    nearby_samples,
    superpixel_frame,
    target_frame,
    write_geopackage,
)
from geohalo.products.map_elements import carrying_elements
from geohalo.products.targets import surroundings
from geohalo.stages.shared.anomaly_classes import classify_anomalies


def rank_targets(
    files: dict[str, str], name: str, variant: str, transform: str, settings: dict, outputs: dict
) -> tuple[str, str]:
    """Write all of it; returns two lines for the log.

    Parameters
    ----------
    files : dict
        Elements, deposits and their ranks, maps, pathfinders and superpixels; samples where there are such, and the
        map of exploration effort where a layer of it is known.
    name : str
        Of the survey.
    variant : str
        The one that the map is made by.
    transform : str
        Of the cube.
    settings : dict
        Of the targets, with the radius of the labels.
    outputs : dict
        Two maps of classes and the table of their thresholds; map, tables, GeoPackage and project of the targets; the
        map of exploration effort where it is to be that of the density of samples.
    """
    classes = classify_anomalies(files, name, variant, settings, outputs)
    made = {key: outputs[key] for key in ("thresholds", "effort") if key in outputs}
    if "effort" in made:
        write_sample_effort(files["elements"], files["samples"], made["effort"])
    return classes, write_targets(files | made, name, transform, settings, outputs)


def write_sample_effort(elements: str, samples: str, effort: str) -> None:
    """Write the density of the samples as the map of exploration effort."""
    with xr.open_dataset(elements) as data:
        survey = Survey.of(data)
    places = gpd.read_parquet(samples, columns=["geometry"]).get_coordinates().to_numpy()
    density = sample_density(places, survey.cells, survey.grid.cell)
    write_effort(survey, density, SAMPLES_UNIT, OF_SAMPLES, effort)


def write_targets(files: dict[str, str], name: str, transform: str, settings: dict, outputs: dict) -> str:
    """Write what targets come with, from files with the thresholds of the classes; returns a line for the log."""
    with xr.open_dataset(files["elements"]) as data:
        survey = Survey.of(data)
    targets, ground = find(files, survey, settings)
    around = surroundings(targets.rank, survey.mask, settings["ring"] / survey.grid.cell)
    prints = fingerprints(files["elements"], transform, survey, targets, around)
    deposits = gpd.read_parquet(files["deposits"])
    carrying = carrying_elements(read_csv(files["pathfinders"]))
    further = (
        covariate_prints(files["covariates"], survey, targets, around) if "covariates" in files else None
    )
    frame = target_frame(targets, prints, carrying, deposits, files["superpixels"], survey, further)
    write_map(survey, targets.rank[None], outputs["map"], 0, ["target"])
    for key, table in (
        ("table", frame.drop(columns="geometry")),
        ("fingerprints", prints),
        ("ground", ground),
    ):
        write_csv(table, outputs[key])
    if further is not None:
        write_csv(further, outputs["covariates"])
    layers = {"targets": frame, "deposits": deposits}
    if "samples" in files:
        layers["samples"] = nearby_samples(files["samples"], targets.rank, around, survey)
    layers["superpixels"] = superpixel_frame(files["superpixels"], targets.rank, survey)
    write_geopackage(layers, outputs["geopackage"])
    write_project(name, survey, list(layers), files, outputs["project"])
    new, halo = ground.to_dict("records")
    return (
        f"{new['targets']} targets on {new['targets_km2']:,.0f} km2 of new ground, {halo['targets']} on known halos, "
        f"which have {100 * halo['best_share']:.0f} % of the best {100 * halo['share']:g} %"
    )
