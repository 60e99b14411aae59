"""Measure all conditions of one seed against the truth: what maps find of halos, and what they mistake for one."""

from pathlib import Path

import pandas as pd
import xarray as xr

from geohalo.evidence.claims import TrueGround, holding_fold, measure, true_ground
from geohalo.evidence.judged import judged_places
from geohalo.files.cells import Survey
from geohalo.files.folds import read_folds
from geohalo.files.scores import read_scores
from geohalo.files.tables import read_csv
from geohalo.survey.simulate import simulate_survey


def known_ground(truth: xr.Dataset, survey: Survey) -> TrueGround:
    """Return what is true of the cells of a survey, by the nearest cell of the truth."""
    x, y = (xr.DataArray(axis, dims="cell") for axis in survey.cells.T)
    near = truth.sel(x=x, y=y, method="nearest")
    return true_ground(*(near[layer].to_numpy() for layer in ("halo", "halo_weak", "false")))


def measure_folder(folder: Path, truth: xr.Dataset, radius: float, area: float) -> pd.DataFrame:
    """Return method, metric and value of every score in the folder of one simulated survey."""
    files, rows = sorted(folder.glob("*.nc")), []
    with xr.open_dataset(files[0]) as data:
        survey = Survey.of(data)
    folds = read_folds(str(folder / "folds"), "held_out", survey.mask)
    deposits = read_csv(folder / "folds" / "deposits.csv")[["x", "y"]].to_numpy()
    judged = judged_places(folds, survey.cells, deposits, {"radius": radius}, n_bootstrap=0, seed=0)
    where = (known_ground(truth, survey), holding_fold(folds, survey.cells, deposits), area, survey.grid.cell)
    for file in files:
        with xr.open_dataset(file) as data:
            methods = [str(name) for name in data["method"].to_numpy()] if "method" in data else [None]
        for method in methods:
            scores, _ = read_scores(str(file), "held_out", survey, method)
            rows += [(method or file.stem, *item) for item in measure(scores, judged, *where).items()]
    return pd.DataFrame(rows, columns=["method", "metric", "value"])


def measure_claims(
    folders: list[str], conditions: list[dict], simulate: dict, radius: float, area: float
) -> pd.DataFrame:
    """Return the measures of all conditions of one seed; ``simulate`` has every fault at strength 1."""
    truth, parts = simulate_survey(simulate).truth, []
    for folder, about in zip(folders, conditions, strict=True):
        part = measure_folder(Path(folder), truth, radius, area)
        parts.append(part.assign(**about)[[*about, *part.columns]])
    return pd.concat(parts)
