"""Does it help to map the catchments of stream samples, where the truth is known?

Ten simulated surveys of streams (seeds 1 to 10; 1,500 samples for 4 km2 each, 25 deposits, all faults at their ordinary
strength). Maps of the elements that halos of the survey's deposits are rich in are made from the same samples as discs
(inverse distance, the workflow's default) and as catchments, and their standardised logs are added up with equal
weights: no label is used and nothing is fitted to deposits. For each survey:

- AUC: how often a cell of a true halo (half of its height or more) is above another cell.
- found: share of the halos' cells in the highest 5 per cent of the cells.
- distance: from a deposit to the highest cell within 5 km, mean over deposits; of a place at random it is 3.3 km.
- truth: correlation of the map with the same sum of logs of the true ground, over all cells.

Printed are means over surveys, and the mean difference of pairs with its 95 per cent interval (Student's t).
`--quick` runs two small surveys, to see that it works.
"""

import argparse
from dataclasses import dataclass

import numpy as np
import pandas as pd
from geohalo.catchments.catchment import delineated
from geohalo.catchments.drainage import Drainage, Frame
from geohalo.catchments.snapping import snapped
from geohalo.catchments.waters import SteepestWaters
from geohalo.cube import inverse_distance
from geohalo.cube.grid import Grid, sampled_mask
from geohalo.medium import CHANNEL
from geohalo.sources.folds import tree_folds
from geohalo.sources.mixing import Mixing
from geohalo.sources.unmixing import Options, unmix
from geohalo.survey.simulate import SimulatedSurvey, simulate_survey
from geohalo.survey.simulation.faults import column_name
from geohalo.survey.simulation.signatures import HALO_TYPES
from measure import print_header, print_row
from numpy.typing import NDArray
from pyproj import CRS
from scipy.stats import rankdata, t

Array = NDArray[np.float64]
NEAR, TOP, HALO = 5000.0, 0.05, 0.5
#: Side in metres of the square that a sample stands for; ground is mapped and folds are cut by its size.
SPACING = 2000.0
REACH = 1.25
MEASURES = ("AUC", "found", "distance", "truth")


@dataclass(frozen=True)
class Case:
    """A simulated survey on the grid of its truth."""

    survey: SimulatedSurvey
    grid: Grid
    points: Array
    elements: list[str]
    values: Array
    mixing: Mixing
    spacing: float


def simulated(seed: int, samples: int, deposits: int, spacing: float) -> Case:
    """Simulate a survey and delineate its catchments from the relief, as a user would."""
    faults = {"anthropogenic": 1.0, "overburden": 1.0, "laboratory": 1.0}
    section = {"seed": seed, "samples": samples, "spacing": spacing, "deposits": deposits, "faults": faults}
    survey = simulate_survey({**section, "deposit_type": "any", "medium": "stream"}, SteepestWaters())
    relief, points = survey.relief, survey.samples[["x", "y"]].to_numpy()
    assert relief is not None
    cell = relief.cell
    frame = Frame(*relief.heights.shape, relief.x[0] - cell / 2, relief.y[0] + cell / 2, cell, cell)
    codes = SteepestWaters().directions(relief.heights, relief.cell)
    drainage = Drainage(codes, frame, CRS.from_user_input(survey.crs), "relief")
    grid = Grid(survey.truth.x.to_numpy(), survey.truth.y.to_numpy())
    catchments, _ = delineated(
        drainage, snapped(drainage, points, 2 * relief.cell, CHANNEL * spacing**2), grid
    )
    elements = rich_elements(survey)
    columns = [numbers(survey.samples[column_name(element)]) for element in elements]
    mixing = Mixing.of(catchments.shares, catchments.parent, catchments.twin)
    return Case(survey, grid, points, elements, np.log(np.column_stack(columns)), mixing, spacing)


def rich_elements(survey: SimulatedSurvey) -> list[str]:
    """Return the elements that halos of the survey's type of deposits are rich in."""
    zones = HALO_TYPES[survey.deposits["type"].iloc[0]]
    return sorted({element for zone in ("core", "main", "front") for element in zones[zone]})


def numbers(column: pd.Series) -> Array:
    """Read a column of the laboratory: half the limit below it, NaN where nothing was measured."""
    text = column.astype(str)
    below = text.str.startswith("<")
    value = pd.to_numeric(text.str.lstrip("<"), errors="coerce").to_numpy(dtype=float)
    return np.where(below, value / 2, value)


def disc_map(case: Case) -> Array:
    """Interpolate by inverse distance."""
    return inverse_distance.interpolate(case.points, case.values, case.grid.centres())


def catchment_map(case: Case, **options: object) -> Array:
    """Unmix the catchments."""
    folds = tree_folds(case.mixing.parent, case.points, 2 * REACH * case.spacing, first=case.mixing.first)
    cell = case.grid.cell
    chosen = Options(variance=False, **options)  # type: ignore[arg-type]
    return unmix(case.mixing, case.grid.shape, cell, case.values, folds, chosen).estimate


def index_of(maps: Array, inside: NDArray[np.bool_]) -> Array:
    """Add up standardised maps (cells, elements)."""
    there = maps[inside]
    return ((maps - there.mean(axis=0)) / there.std(axis=0)).mean(axis=1)


def measured(case: Case, index: Array, inside: NDArray[np.bool_]) -> list[float]:
    """Return what the docstring of this file names, of one map."""
    halo = case.survey.truth["halo"].to_numpy().ravel()[inside] >= HALO
    there = index[inside]
    rank = rankdata(there)
    auc = (rank[halo].mean() - (halo.sum() + 1) / 2) / (~halo).sum()
    found = (there[halo] >= np.quantile(there, 1 - TOP)).mean()
    centres = case.grid.centres()[inside]
    away = []
    for place in case.survey.deposits[["x", "y"]].to_numpy():
        distance = np.hypot(*(centres - place).T)
        near = np.flatnonzero(distance <= NEAR)
        away.append(distance[near[np.argmax(there[near])]])
    true = (
        np.log(case.survey.truth["ground"].sel(element=case.elements).to_numpy())
        .reshape(len(case.elements), -1)
        .T
    )
    truth = np.corrcoef(there, index_of(true, inside)[inside])[0, 1]
    return [float(auc), float(found), float(np.mean(away)) / 1000, float(truth)]


def main(seeds: int, samples: int, deposits: int, spacing: float = SPACING) -> None:
    """Print the means and the differences of pairs."""
    methods = {
        "disc": disc_map,
        "catchment, logs, first": lambda case: catchment_map(case),
        "catchment, logs, second": lambda case: catchment_map(case, kind="second"),
        "catchment, mass, first": lambda case: catchment_map(case, law="mass"),
    }
    results = np.empty((seeds, len(methods), len(MEASURES)))
    for seed in range(seeds):
        case = simulated(seed + 1, samples, deposits, spacing)
        inside = sampled_mask(case.grid, case.points, REACH * spacing).ravel()
        for number, method in enumerate(methods.values()):
            results[seed, number] = measured(case, index_of(method(case), inside), inside)
        print(f"seed {seed + 1}:", np.array2string(results[seed], precision=3).replace("\n", ""), flush=True)
    print_header("Method", *(f"{name} (km)" if name == "distance" else name for name in MEASURES))
    for number, name in enumerate(methods):
        print_row(name, *(f"{value:.3f}" for value in results[:, number].mean(axis=0)))
    for number, name in list(enumerate(methods))[1:]:
        less = results[:, number] - results[:, 0]
        half = t.ppf(0.975, seeds - 1) * less.std(axis=0, ddof=1) / np.sqrt(seeds)
        print_row(
            f"{name} less disc",
            *(f"{m:+.3f} ± {h:.3f}" for m, h in zip(less.mean(axis=0), half, strict=True)),
        )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="two small surveys")
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--spacing", type=float, default=SPACING, help="side of a sample's square in metres")
    given = parser.parse_args()
    if given.quick:
        main(2, 200, 5)
    else:
        main(given.seeds, 1500, 25, given.spacing)
