"""Till against disc on real samples, and against strips that lead elsewhere: errors at left-out samples.

`python tests/benchmarks/real_till.py SAMPLES CONFIG`, with the clean samples (`samples.parquet`) and the config of a
survey of till, whose bearing and length are fixed from what is published of the ice before any run. Of a survey whose
config has none they are given: for trondelag-c `--bearing 315 --length 23000`, since the ice of central Norway flowed
to the north-west (Follestad 2003, NGU Bulletin 441), and the length of kola-c-till. Beside the bearing of the config
are the opposite one and both across it: if the samples came from up-ice, those are worse. `place` has the same penalty,
and each sample tells of the cell that it lies in, so that what it has less than the discs is of the penalty and not of
the ice. All methods use and predict the same samples; errors are root mean squares of log10.
"""

import argparse
from pathlib import Path

import numpy as np
import yaml
from geohalo.cube.grid import survey_grid
from geohalo.files.interpolation import read_logarithms
from geohalo.settings import check_settings
from geohalo.sources.folds import tree_folds
from geohalo.sources.left_out_discs import predicted_as_discs, predicted_as_places, scores
from geohalo.sources.mixing import Mixing
from geohalo.sources.till import till_shares
from geohalo.sources.unmixing import Options, unmix
from geohalo.stages.shared.mixtures import SLENDER
from measure import print_header, print_row

DISCS = ("idw", "smooth", "kriging")
TURNS = {"up-ice": 0, "down-ice": 180, "left of it": -90, "right of it": 90}


def predictions(samples: Path, settings: dict) -> tuple[list[str], np.ndarray, dict[str, np.ndarray]]:
    """Return names of elements, values (samples, elements), and what each method predicts of them."""
    points, values, names, _ = read_logarithms(str(samples))
    cell, reach = settings["grid"]["cell"], settings["grid"]["max_distance"]
    grid = survey_grid(points, cell, reach)
    alone = np.full(len(points), -1)
    folds = tree_folds(alone, points, 2 * reach)
    found = {
        name: predicted_as_discs(points, values, folds, name, settings["interpolation"]) for name in DISCS
    }
    length, bearing = settings["ice"]["length"], settings["ice"]["bearing"]
    width = settings["ice"]["width"] or SLENDER * length
    options = Options(kind=settings["sources"]["penalty"], variance=False)
    found["place"] = predicted_as_places(points, grid, values, folds, options)
    for name, turn in TURNS.items():
        shares = till_shares(points, grid, (bearing + turn) % 360.0, length, width)
        found[name] = unmix(Mixing.of(shares, alone), grid.shape, cell, values, folds, options).predicted
    return names, values, found


def read_settings(config: Path, bearing: float | None, length: float | None) -> dict:
    """Return the settings of a survey, as till of this bearing and length where they are given."""
    settings = yaml.safe_load(config.read_text(encoding="utf-8"))
    if bearing is not None:
        settings["samples"]["medium"], settings["ice"] = "till", {"bearing": bearing, "length": length}
    return check_settings(settings)


def main(samples: Path, settings: dict) -> None:
    """Print the errors of elements, and how often each method is better than inverse distance."""
    names, values, found = predictions(samples, settings)
    of_methods, count = scores(values, found)
    errors = {
        name: np.array([one.error for one in of_method]) / np.log(10)
        for name, of_method in of_methods.items()
    }
    print(f"{len(values)} samples, {np.median(count):.0f} compared")
    print_header("Element", *errors)
    for element, name in enumerate(names):
        print_row(name, *(f"{error[element]:.3f}" for error in errors.values()))
    print_row("mean", *(f"{error.mean():.4f}" for error in errors.values()))
    for other in ("idw", "place", "up-ice"):
        print_row(f"better than {other}", *(f"{(error < errors[other]).sum()}" for error in errors.values()))
        print_row(
            f"of {other}, geometric mean",
            *(f"{np.exp(np.log(error / errors[other]).mean()):.3f}" for error in errors.values()),
        )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("samples", type=Path)
    parser.add_argument("config", type=Path)
    parser.add_argument("--bearing", type=float, help="towards which the ice moved, in place of the config's")
    parser.add_argument(
        "--length", type=float, help="metres over which what comes from a place falls to 37 %"
    )
    given = parser.parse_args()
    main(given.samples, read_settings(given.config, given.bearing, given.length))
