"""Draw one realisation of the elements: as kriging leaves them possible, in place of the kriged ones."""

import numpy as np
import xarray as xr

from geohalo.cube.realisations import error_correlation, left_out_residuals, realise
from geohalo.errors import InputError
from geohalo.files.cells import Survey, netcdf_by_rows, read_cells
from geohalo.files.interpolation import read_fits, read_logarithms
from geohalo.method_table import METHODS
from geohalo.progress import steps


def realise_elements(samples: str, elements: str, interpolation: str, realisation: int, drawn: str) -> str:
    """Write the concentrations, those of elements that are not kriged unchanged; returns a line for the log."""
    points, logarithms, names, _ = read_logarithms(samples)
    fits, settings = read_fits(interpolation)
    kriged = [k for k, name in enumerate(names) if METHODS[fits[name].method].variance]
    if not kriged:
        raise InputError(
            "config key interpolation.realisations: no element is kriged, so that all realisations would be the same. "
            "Set interpolation.method: kriging, or interpolation.realisations: 0."
        )
    models = [one.model(**settings["anisotropy"]) for k in kriged if (one := fits[names[k]].variogram)]
    values, neighbours = logarithms[:, kriged], settings["neighbours"]
    correlation = error_correlation(left_out_residuals(points, values, models, neighbours))
    with xr.open_dataset(elements) as data:
        survey, about = Survey.of(data), data["concentration"].attrs
        maps = read_cells(data, "concentration", survey)
    what = (points, values, survey.grid, survey.mask, models, correlation, neighbours, realisation)
    maps[kriged] = np.exp(realise(*what))
    last = np.cumsum(survey.mask.sum(axis=1))
    with netcdf_by_rows(
        survey.dataset().assign_coords(element=names), {"concentration": about}, drawn
    ) as write:
        for rows in steps(list(survey.row_blocks()), "block of rows"):
            band = survey.band(rows)
            inside = slice(last[rows.stop - 1] - band.mask.sum(), last[rows.stop - 1])
            write("concentration", rows, band.image(maps[:, inside]))
    return f"{len(kriged)} of {len(names)} elements drawn"
