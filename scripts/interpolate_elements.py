"""Interpolate all elements to the grid (inverse-distance weighting of log concentrations)."""

import geopandas as gpd
import numpy as np
from _cells import Survey, write_netcdf
from _job import job
from geohalo.cube.grid import sampled_mask, survey_grid
from geohalo.cube.interpolation import cross_validated_error, interpolate


def interpolate_elements(samples: str, grid: dict, method: dict, elements: str) -> str:
    """Write concentrations, mask and cross-validated errors; returns a line for the log."""
    frame = gpd.read_parquet(samples)
    points = frame.get_coordinates().to_numpy()
    names = [name.removesuffix("_censored") for name in frame.columns if name.endswith("_censored")]
    logarithms = np.log(frame[names].to_numpy())
    layout = survey_grid(points, grid["cell"], grid["max_distance"])
    survey = Survey(layout, sampled_mask(layout, points, grid["max_distance"]), frame.crs.to_wkt())
    values = np.exp(interpolate(points, logarithms, survey.cells, **method)).T.astype(np.float32)
    error, explained = cross_validated_error(points, logarithms, block=2 * grid["max_distance"], **method)
    data = survey.dataset(
        concentration=(
            ("element", "y", "x"),
            survey.image(values),
            {"long_name": "concentration", "units": "ppm"},
        ),
        cv_error=(
            "element",
            error / np.log(10),
            {"long_name": "cross-validated RMSE, blocks left out", "units": "log10 ppm"},
        ),
        cv_explained=(
            "element",
            explained,
            {"long_name": "cross-validated share of variance explained", "units": "1"},
        ),
    ).assign_coords(element=names)
    write_netcdf(data, elements)
    return f"{len(points)} samples, {len(names)} elements, {len(survey.cells)} cells of {grid['cell']:g} m"


if __name__ == "__main__":
    with job(snakemake) as log:
        log.info(
            interpolate_elements(
                snakemake.input.samples,
                snakemake.params.grid,
                snakemake.params.interpolation,
                snakemake.output.elements,
            )
        )
