"""Layers of a file of covariates that are made from the known deposits are refused."""

import numpy as np
import xarray as xr

from geohalo.covariates.leaks import DepositPattern
from geohalo.files.cells import Survey


def refuse_leaks(path: str, survey: Survey, deposits: np.ndarray) -> None:
    """Stop for a layer that is made from the known deposits; bands are read one at a time.

    Parameters
    ----------
    path : str
        Of a file of covariates.
    survey : Survey
    deposits : ndarray (deposits, 2)
        Places in metres.

    Raises
    ------
    InputError
    """
    pattern = DepositPattern.of(survey.cells, survey.grid.cell, deposits)
    with xr.open_dataset(path) as data:
        wheres = [str(where) for where in data["where"].to_numpy()]
        keys = [f"covariates.{layer}" for layer in data["layer"].to_numpy()]
        if "point" in data:
            points, numbers = data["point"].to_numpy(), data["point_band"].to_numpy()
            for band in np.unique(numbers):
                pattern.check_points(points[numbers == band], wheres[band], keys[band])
        for band, name in enumerate(map(str, data["band"].to_numpy())):
            values = data["covariate"][band].to_numpy()[survey.mask]
            pattern.check_band(name, values, wheres[band], keys[band])
