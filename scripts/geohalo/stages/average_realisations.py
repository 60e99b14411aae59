"""Put the scores of all realisations together: their mean, and how far members and realisations differ."""

from contextlib import ExitStack

import numpy as np
import xarray as xr

from geohalo.files.cells import Survey, write_netcdf
from geohalo.files.scores import held_schemes


def pooled(means: np.ndarray, spreads: np.ndarray) -> dict[str, np.ndarray]:
    """Mean and standard deviation over all members, and of the means alone, from those of groups of as many members.

    All are (realisations, ...). Squared, the spread is that between the realisations plus the mean of that within.
    """
    between = means.std(axis=0)
    spread = np.sqrt(between**2 + (spreads**2).mean(axis=0))
    return {"score": means.mean(axis=0), "spread": spread, "between": between}


def average_realisations(scores: list[str], averaged: str) -> None:
    """Write score and spread over all members of all realisations, and the spread between realisations."""
    with ExitStack() as stack:
        runs = [stack.enter_context(xr.open_dataset(path)) for path in scores]
        variables = {}
        for scheme in held_schemes(scores[0]):
            mean, spread = ([run[f"{name}_{scheme}"] for run in runs] for name in ("score", "spread"))
            about = spread[0].attrs | {"long_name": "standard deviation of the score between realisations"}
            attributes = {"score": mean[0].attrs, "spread": spread[0].attrs, "between": about}
            for name, values in pooled(np.stack(mean), np.stack(spread)).items():
                variables[f"{name}_{scheme}"] = (mean[0].dims, values, attributes[name])
        write_netcdf(Survey.of(runs[0]).dataset(**variables), averaged)
