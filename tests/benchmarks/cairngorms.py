"""Catchment against disc on real samples: errors at left-out samples of the Cairngorms, element by element.

`python tests/benchmarks/cairngorms.py FOLDER`, where the folder holds `samples.csv` and `d8.tif` of a survey
of nested stream samples (63 samples, 54 elements with values in most; Lipp et al. 2023, doi
10.1029/2023WR036159; the README of the repository AlexLipp/funmixer says where they are from). No sample that
is used shares ground with one that is predicted, and all methods use the same samples. Errors are of natural
logs.
"""

import argparse
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import rasterio
from geohalo.catchments.catchment import delineated
from geohalo.catchments.directions import checked_directions
from geohalo.catchments.drainage import Drainage, Frame
from geohalo.catchments.snapping import Snapped
from geohalo.cube.grid import Grid
from geohalo.cube.interpolation import INTERPOLATORS
from geohalo.cube.method_choice import cross_validate
from geohalo.sources.folds import Folds, tree_folds
from geohalo.sources.left_out_discs import predicted_as_places, predicted_by_mass
from geohalo.sources.mixing import Mixing
from geohalo.sources.unmixing import Options, relative_noise, unmix
from measure import print_header, print_row
from pyproj import CRS

#: Cell of the grid in metres, side of the blocks, a strength for all, and the workflow's defaults for discs.
CELL, BLOCK = 1000.0, 20_000.0
FIXED = 0.3
DISC = {"neighbours": 12, "power": 2.0, "smoothing": 10.0, "variogram": "exponential"}
DISC |= {"anisotropy": {"ratio": 1.0, "bearing": 0.0}}
NOT_ELEMENTS = {"sample_name", "x_coordinate", "y_coordinate", "catchment", "long", "lat", "locality"}


@dataclass(frozen=True)
class Survey:
    """Samples with their mixing on a grid."""

    points: np.ndarray
    values: np.ndarray
    elements: list[str]
    mixing: Mixing
    grid: Grid


def read_survey(folder: Path) -> Survey:
    """Read the samples and delineate their catchments."""
    table = pd.read_csv(folder / "samples.csv")
    elements = [name for name in table if name not in NOT_ELEMENTS and not name.startswith("Unnamed")]
    elements = [name for name in elements if table[name].notna().mean() >= 0.5]
    with rasterio.open(folder / "d8.tif") as file:
        codes, place = file.read(1).astype(np.float32), file.transform
    frame = Frame(*codes.shape, place.c, place.f, place.a, -place.e)
    # The files lie in a frame of their own, which no code names: any metric CRS.
    drainage = Drainage(checked_directions(codes, "esri", "d8.tif"), frame, CRS.from_epsg(27700), "d8.tif")
    points = table[["x_coordinate", "y_coordinate"]].to_numpy(dtype=float)
    west, south, east, north = frame.bounds
    x = np.arange(west + CELL / 2, east, CELL)
    y = np.arange(south + CELL / 2, north, CELL)[::-1]
    grid = Grid(x, y)
    catchments, _ = delineated(drainage, Snapped(frame.cells_at(points), np.zeros(len(points))), grid)
    with np.errstate(divide="ignore"):
        values = np.log(table[elements].to_numpy(dtype=float))
    values[~np.isfinite(values)] = np.nan
    mixing = Mixing.of(catchments.shares, catchments.parent, catchments.twin)
    return Survey(points, values, elements, mixing, grid)


def by_disc(survey: Survey, folds: Folds, method: str) -> np.ndarray:
    """Predict left-out samples (samples, elements) by an interpolator; the mean of the samples in use for `mean`."""
    predicted = np.full_like(survey.values, np.nan)
    for number, withheld in enumerate(folds.withheld):
        tested = folds.fold == number
        for element, column in enumerate(survey.values.T):
            used = ~withheld & ~np.isnan(column)
            if method == "mean":
                predicted[tested, element] = column[used].mean()
                continue
            fitted = INTERPOLATORS[method].fit(survey.points[used], column[used, None], DISC)
            predicted[tested, element] = fitted.estimate(survey.points[tested])[0][:, 0]
    return predicted


def errors(survey: Survey, folds: Folds, predicted: np.ndarray) -> np.ndarray:
    """Root mean square error of each element."""
    return np.sqrt(np.nanmean((predicted - survey.values)[folds.fold >= 0] ** 2, axis=0))


def predictions(survey: Survey, folds: Folds, with_mass: bool) -> dict[str, np.ndarray]:
    """Predict the left-out samples by every method."""
    found = {name: by_disc(survey, folds, name) for name in ("mean", "nearest", "idw", "smooth", "kriging")}
    # With the penalty of the catchments, and none of their ground.
    found["place, first"] = predicted_as_places(
        survey.points, survey.grid, survey.values, folds, Options(variance=False)
    )
    for grain in (0.0, 30.0):
        noise = relative_noise(survey.mixing, CELL, grain)
        for kind in ("first", "second"):
            options = Options(kind=kind, variance=False)
            result = unmix(survey.mixing, survey.grid.shape, CELL, survey.values, folds, options, noise=noise)
            name = f"catchment, {kind}" + (", grain" if grain else "")
            found[name] = result.predicted
            if kind == "first" and not grain and with_mass:
                what = (survey.mixing, survey.grid.shape, CELL, survey.values, folds, options)
                found[f"{name}, mass"] = predicted_by_mass(*what, result.strength)
    # No strength is chosen: the errors of the others are those that theirs was chosen by.
    fixed = Options(shares=[FIXED], variance=False)
    found["catchment, first, one strength"] = unmix(
        survey.mixing, survey.grid.shape, CELL, survey.values, folds, fixed
    ).predicted
    return found


def main(folder: Path, block: float, with_mass: bool) -> None:
    """Print the table of elements, and how often each method is the better one."""
    survey = read_survey(folder)
    folds = tree_folds(survey.mixing.parent, survey.points, block, first=survey.mixing.first)
    tested = int((folds.fold >= 0).sum())
    print(f"{len(survey.points)} samples, {tested} predicted, in {len(folds.withheld)} folds")
    found = {name: errors(survey, folds, one) for name, one in predictions(survey, folds, with_mass).items()}
    squares = {
        "idw": [score.error for score in cross_validate(survey.points, survey.values, "idw", DISC, block)]
    }
    print_header("Element", *found)
    for element, name in enumerate(survey.elements):
        print_row(name, *(f"{error[element]:.3f}" for error in found.values()))
    print_row("geometric mean", *(f"{np.exp(np.log(error).mean()):.3f}" for error in found.values()))
    print_row("better than idw", *(f"{(error < found['idw']).sum()}" for error in found.values()))
    print(f"\nidw in square blocks of samples alone: {np.exp(np.log(squares['idw']).mean()):.3f}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--block", type=float, default=BLOCK, help="side of the blocks in metres")
    parser.add_argument("--mass", action="store_true", help="mass balance, too: minutes")
    given = parser.parse_args()
    main(given.folder, given.block, given.mass)
