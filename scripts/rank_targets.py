"""Rank the anomalous ground: a map, tables, a GeoPackage with styles, and a QGIS project."""

import geopandas as gpd
import xarray as xr
from _cells import Survey
from _job import job, whole
from _maps import write_map
from _qgis import write_project
from _targets import find, fingerprints, nearby_samples, superpixel_frame, target_frame, write_geopackage
from geohalo.products.targets import surroundings


def rank_targets(files: dict[str, str], name: str, transform: str, settings: dict, outputs: dict) -> str:
    """Write all of it; returns a line for the log."""
    with xr.open_dataset(files["elements"]) as data:
        survey = Survey.of(data)
    targets = find(files, survey, settings)
    around = surroundings(targets.rank, survey.mask, settings["ring"] / survey.grid.cell)
    prints = fingerprints(files["elements"], transform, survey, targets, around)
    deposits = gpd.read_parquet(files["deposits"])
    frame = target_frame(targets, prints, deposits, files["superpixels"], survey)
    write_map(survey, targets.rank[None], outputs["map"], 0, ["target"])
    for key, table in (("table", frame.drop(columns="geometry")), ("fingerprints", prints)):
        with whole(outputs[key]) as beside:
            table.to_csv(beside, index=False)
    layers = {"targets": frame, "deposits": deposits}
    if "samples" in files:
        layers["samples"] = nearby_samples(files["samples"], targets.rank, around, survey)
    layers["superpixels"] = superpixel_frame(files["superpixels"], targets.rank, survey)
    write_geopackage(layers, outputs["geopackage"])
    write_project(name, survey, list(layers), files, outputs["project"])
    return f"{len(frame)} targets on {frame['area_km2'].sum():,.0f} km2"


if __name__ == "__main__":
    with job(snakemake) as log:
        params, files = snakemake.params, dict(snakemake.input.items())
        arguments = (params.survey, params.transform, params.targets, dict(snakemake.output.items()))
        log.info(rank_targets(files, *arguments))
