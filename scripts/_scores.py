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


def held_schemes(path: str) -> list[str]:
    """Return the schemes that a file of scores holds."""
    with xr.open_dataset(path) as data:
        return [str(name).removeprefix("score_") for name in data if str(name).startswith("score_")]


def read_scores(
    path: str, scheme: str, survey: Survey, method: str | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Read mean and spread of one scheme, (folds, cells) or (folds, classes, cells)."""
    mean, spread = (_read(path, f"{kind}_{scheme}", survey, method) for kind in ("score", "spread"))
    return mean, spread


def read_mean(path: str, scheme: str, survey: Survey, method: str | None = None) -> np.ndarray:
    """Read the mean of one scheme, (folds, cells) or (folds, classes, cells)."""
    return _read(path, f"score_{scheme}", survey, method)


def _read(path: str, name: str, survey: Survey, method: str | None) -> np.ndarray:
    with xr.open_dataset(path) as data:
        return (data.sel({"method": method}) if method else data)[name].to_numpy()[..., survey.mask]
