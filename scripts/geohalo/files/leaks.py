"""Layers of a file of covariates that are made from the known deposits are refused."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import xarray as xr

from geohalo.covariates.leaks import DepositPattern
from geohalo.files.cells import Survey
from geohalo.input_warnings import InputWarning


def refuse_leaks(path: str, survey: Survey, deposits: np.ndarray) -> list[InputWarning]:
    """Stop for a layer that is made from the known deposits; bands are read one at a time.

    Parameters
    ----------
    path : str
        Of a file of covariates.
    survey : Survey
    deposits : ndarray (deposits, 2)
        Places in metres.

    Returns
    -------
    list of InputWarning
        Layers of points that hold some of the deposits; of their files the names alone.

    Raises
    ------
    InputError
    """
    pattern, doubts = DepositPattern.of(survey.cells, survey.grid.cell, deposits), list[InputWarning]()
    with xr.open_dataset(path) as data:
        wheres = [str(where) for where in data["where"].to_numpy()]
        keys = [f"covariates.{layer}" for layer in data["layer"].to_numpy()]
        if "point" in data:
            points, numbers = data["point"].to_numpy(), data["point_band"].to_numpy()
            for band in np.unique(numbers):
                doubts += pattern.check_points(points[numbers == band], wheres[band], keys[band])
        for band, name in enumerate(map(str, data["band"].to_numpy())):
            values = data["covariate"][band].to_numpy()[survey.mask]
            pattern.check_band(name, values, wheres[band], keys[band])
    return [replace(one, file=Path(one.file.split(", column ")[0]).name) for one in doubts]
