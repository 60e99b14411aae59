"""Interpolate all elements to the grid, or to one band of its rows, each by the method chosen for it."""

import numpy as np

from geohalo.cube.grid import Grid, sampled_mask, survey_grid
from geohalo.cube.interpolation import Interpolation
from geohalo.files.cells import Survey, netcdf_by_rows, tile_rows
from geohalo.files.interpolation import blocks_of_rows, interpolated_frame, read_fits, read_logarithms
from geohalo.method_table import with_variance
from geohalo.progress import steps

MAPS = {
    "concentration": {"long_name": "concentration", "units": "ppm"},
    "variance": {
        "long_name": "kriging variance of ln concentration, without the nugget",
        "units": "(ln ppm)2",
    },
}


def interpolate_elements(
    samples: str, interpolation: str, grid: dict, elements: str, band: str | None = None
) -> str:
    """Write concentrations and mask, of all rows or of a band such as ``2-of-8``; returns a line for the log."""
    points, logarithms, names, crs = read_logarithms(samples)
    by_name, settings = read_fits(interpolation)
    fits = [by_name[name] for name in names]
    methods, variograms = [fit.method for fit in fits], [fit.variogram for fit in fits]
    layout = survey_grid(points, grid["cell"], grid["max_distance"])
    if band:
        layout = Grid(layout.x, layout.y[tile_rows(layout.shape, band)])
    survey = Survey(layout, sampled_mask(layout, points, grid["max_distance"]), crs.to_wkt())
    fitted = Interpolation.fit(points, logarithms, methods, variograms, settings)
    maps = {name: MAPS[name] for name in (MAPS if with_variance(methods) else ["concentration"])}
    frame = interpolated_frame(survey, names, fits)
    # A band is read once and removed.
    with netcdf_by_rows(frame, maps, elements, compressed=band is None) as write:
        for rows in steps(list(blocks_of_rows(survey, 2 * len(names))), "block of rows"):
            part = survey.band(rows)
            values, variance = fitted.estimate(part.cells)
            write("concentration", rows, part.image(np.exp(values, out=values).T.astype(np.float32)))
            if "variance" in maps and variance is not None:
                write("variance", rows, part.image(variance.T.astype(np.float32)))
    return f"{len(points)} samples, {len(names)} elements, {survey.mask.sum()} cells of {grid['cell']:g} m"
