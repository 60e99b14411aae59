"""Measure how well each method interpolates each element at left-out samples, and choose."""

import numpy as np
import pandas as pd

from geohalo.cube import method_choice
from geohalo.cube.method_choice import ElementFit
from geohalo.files.interpolation import read_logarithms, write_fits
from geohalo.files.tables import write_csv
from geohalo.method_table import METHODS


def fit_interpolation(
    samples: str, max_distance: float, settings: dict, interpolation: str, table: str
) -> str:
    """Write the fits as JSON and as a table; returns a line for the log."""
    points, logarithms, names, _ = read_logarithms(samples)
    fits = method_choice.fit_interpolation(points, logarithms, settings, block=2 * max_distance)
    write_fits(names, fits, settings, interpolation)
    rows = pd.DataFrame([row for name, fit in zip(names, fits, strict=True) for row in _rows(name, fit)])
    write_csv(rows, table, float_format="%.6g")
    used = rows.loc[rows["chosen"], "method"].value_counts()
    counts = ", ".join(f"{method} for {number}" for method, number in used.items())
    return f"{counts} elements, median {rows.loc[rows['chosen'], 'cv_explained'].median():.0%} explained"


def _rows(name: str, fit: ElementFit) -> list[dict]:
    rows = []
    for method, score in fit.scores.items():
        row = {"element": name, "method": method, "chosen": method == fit.method}
        row |= {"cv_error": score.error / np.log(10), "cv_explained": score.explained}
        row |= dict.fromkeys(["cv_variance_ratio", "model", "nugget", "sill", "range"])
        if METHODS[method].variance and (model := fit.variogram):
            row |= {"cv_variance_ratio": score.variance_ratio, "model": model.family}
            row |= {"nugget": model.nugget, "sill": model.sill, "range": model.range}
        rows.append(row)
    return rows
