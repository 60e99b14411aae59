"""Scores of all folds of all schemes as one NetCDF file, the same for the network and for the controls."""

import numpy as np
import xarray as xr
from _cells import Survey, write_netcdf

#: Scheme -> (mean, spread), each (..., folds, cells).
Scores = dict[str, tuple[np.ndarray, np.ndarray]]


def write_scores(survey: Survey, scores: Scores, path: str, methods: list[str] | None = None) -> None:
    """Write the mean and the spread over members for every fold of every scheme."""
    variables = {}
    for scheme, (mean, spread) in scores.items():
        dims = (*(["method"] if methods else []), f"fold_{scheme}", "y", "x")
        about = {"scheme": scheme, "units": "1"}
        variables[f"score_{scheme}"] = (dims, survey.image(mean), about | {"long_name": "anomaly score"})
        variables[f"spread_{scheme}"] = (
            dims,
            survey.image(spread),
            about | {"long_name": "standard deviation of the score over members"},
        )
    data = survey.dataset(**variables)
    write_netcdf(data.assign_coords(method=methods) if methods else data, path)


def read_scores(
    path: str, scheme: str, survey: Survey, method: str | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Read mean and spread (folds, cells) of one scheme."""
    with xr.open_dataset(path) as data:
        if method:
            data = data.sel({"method": method})
        mean, spread = (data[f"{kind}_{scheme}"].to_numpy()[:, survey.mask] for kind in ("score", "spread"))
    return mean, spread
