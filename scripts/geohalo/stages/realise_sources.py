"""Draw one realisation of the elements of streams or till: the ground that their samples leave possible."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import xarray as xr

from geohalo.files.cells import netcdf_by_rows
from geohalo.files.interpolation import blocks_of_rows
from geohalo.sources.realisations import realise_sources as realise
from geohalo.stages.shared.mixtures import read_mixtures


def realise_sources(
    samples: str,
    elements: str,
    grid: Mapping[str, float],
    settings: Mapping[str, Any],
    realisation: int,
    drawn: str,
    catchments: str | None = None,
    bearing: str | None = None,
) -> str:
    """Write the concentrations of one realisation of all elements; returns a line for the log.

    Parameters
    ----------
    samples, grid, settings, catchments, bearing
        As in `geohalo.stages.unmix_elements.unmix_elements`.
    elements : str
        The gridded elements, which hold the strength of the penalty and the scale that they were mapped with.
    realisation : int
        Its number.
    drawn : str
        File to write.

    Raises
    ------
    InputError
        As in `geohalo.stages.unmix_elements.unmix_elements`.
    """
    given = read_mixtures(samples, grid, settings, catchments, bearing)
    with xr.open_dataset(elements) as data:
        found = data[["strength", "scale"]].sel(element=given.names).load()
        about = data["concentration"].attrs
    strength, scale = found["strength"].to_numpy(), found["scale"].to_numpy()
    survey, kind = given.survey, settings["sources"]["penalty"]
    ground = (given.mixing, survey.grid.shape, survey.grid.cell)
    maps = realise(*ground, given.logarithms, kind, strength, scale, given.names, realisation)
    columns = survey.grid.x.size
    with netcdf_by_rows(
        survey.dataset().assign_coords(element=given.names), {"concentration": about}, drawn
    ) as write:
        for rows in blocks_of_rows(survey, 2 * len(given.names)):
            part = survey.band(rows)
            inside = maps[rows.start * columns : rows.stop * columns][part.mask.ravel()]
            write("concentration", rows, part.image(np.exp(inside).T.astype(np.float32)))
    return f"{np.isfinite(scale).sum()} of {len(scale)} elements drawn"
