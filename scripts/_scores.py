"""Scores of all folds of all schemes as one NetCDF file, the same for the network and for the controls."""

import numpy as np
import xarray as xr
from _cells import Survey, write_netcdf

#: Scheme -> (mean, spread), each (folds, cells), or (folds, classes, cells) with more than two classes; methods before.
Scores = dict[str, tuple[np.ndarray, np.ndarray]]


def write_scores(survey: Survey, scores: Scores, path: str, methods: list[str] | None = None) -> None:
    """Write the mean and the spread over members for every fold of every scheme."""
    variables = {}
    for scheme, (mean, spread) in scores.items():
        leading = ["method", f"fold_{scheme}"] if methods else [f"fold_{scheme}"]
        dims = (*leading, *(["class"] if mean.ndim > len(leading) + 1 else []), "y", "x")
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
    """Read mean and spread of one scheme, (folds, cells) or (folds, classes, cells)."""
    with xr.open_dataset(path) as data:
        if method:
            data = data.sel({"method": method})
        mean, spread = (data[f"{kind}_{scheme}"].to_numpy()[..., survey.mask] for kind in ("score", "spread"))
    return mean, spread
