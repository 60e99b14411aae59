"""What each method has at places without a deposit: the null value of decoys outranked; not part of `make bench`.

The deposits of a survey are moved together, by a random rotation, reflection and shift, to other ground of the same
survey. They keep their distances from each other, so that folds, buffers and decoys come to much the same as for the
real ones, but nothing is there to be found. Whatever a method outranks beyond half of the decoys there is given away
by the way in which deposits are held out. The default network is trained anew on moves, with the published weights of
the branches, since moved deposits have no inner split.

    snakemake --cores all --configfile config/surveys/kola-c.yaml --config 'data={folder: ...}' -- \\
        results/kola-c/cube.nc results/kola-c/folds/held_out.csv results/kola-c/graph/{100,300,900}.npz
    python tests/benchmarks/moved_deposits.py --to moved.csv kola-c gswa-sed1 ireland-midlands trondelag-c
"""

import argparse
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import xarray as xr
import yaml
from scipy.spatial import KDTree

sys.path.append(str(Path(__file__).resolve().parents[2] / "scripts"))

from geohalo.errors import InputError
from geohalo.evidence.evaluate import measure
from geohalo.evidence.folds import Folds, draw_folds
from geohalo.evidence.ground import Ground
from geohalo.evidence.judged import judged_places
from geohalo.evidence.simple_controls import MAPS, PLACES
from geohalo.files.cells import Survey, read_spectra, surveyed_places
from geohalo.files.members import stack_members
from geohalo.network.run import Settings, train_and_predict
from geohalo.settings import check_settings

ROOT = Path(__file__).resolve().parents[2]
#: Share of the deposits on surveyed ground that a move must leave there, and how often one is tried.
ON_GROUND, TRIES = 0.9, 20_000


class Moves:
    """One survey, from the files of its results, and what methods have at its deposits wherever they are put."""

    def __init__(self, name: str, results: str) -> None:
        self.config = check_settings(
            yaml.safe_load((ROOT / f"config/surveys/{name}.yaml").read_text(encoding="utf-8"))
        )
        folder = Path(results) / name
        with xr.open_dataset(folder / "cube.nc") as cube:
            self.survey = Survey.of(cube)
            names = [str(one) for one in cube["element"].to_numpy()]
            self.values = read_spectra(cube, "cube", self.survey)
        self.graphs = [
            dict(np.load(path, allow_pickle=False)) for path in sorted((folder / "graph").glob("*.npz"))
        ]
        self.samples = surveyed_places(str(folder / "samples.parquet"))[0]
        table = pd.read_csv(folder / "folds/deposits.csv")
        self.deposits, self.inside = table[["x", "y"]].to_numpy(), table["inside"].to_numpy()
        self.sought = tuple(
            names.index(one) for one in self.config["deposits"]["commodities"] if one in names
        )
        self.cells = self.survey.cells
        self.tree = KDTree(self.cells)

    def move(self, generator: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        """Return the deposits (D, 2) at other places, and which of them (D,) are on surveyed ground."""
        turn = generator.uniform(0, 2 * np.pi)
        matrix = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
        matrix[:, 1] *= generator.choice([-1, 1])
        middle = self.cells[generator.integers(len(self.cells))]
        places = (self.deposits - self.deposits[self.inside].mean(axis=0)) @ matrix + middle
        return places, self.tree.query(places)[0] <= self.survey.grid.cell

    def shares(self, places: np.ndarray, inside: np.ndarray, network: bool) -> dict[str, float]:
        """Return the mean share of decoys outranked by deposits at these places, for each method."""
        labels, seeds = self.config["labels"], self.config["network"]["seeds"]
        folds = draw_folds("held_out", self.cells, places, labels, seeds, inside)
        ground = Ground(self.values, self.cells, places, self.samples, self.graphs, self.sought)
        maps = {name: np.stack([score(ground)] * folds.n_folds) for name, score in MAPS.items()}
        maps |= {name: score(ground, folds) for name, score in PLACES.items()}
        if network:
            maps["fusion"] = self.fusion(folds)
        judged = judged_places(folds, self.cells, places, labels, 0, 0)
        return {
            name: float(measure(scored, judged, probability=False).deposits["above_decoys"].mean())
            for name, scored in maps.items()
        }

    def fusion(self, folds: Folds) -> np.ndarray:
        """Return the default network's map (F, N) of each fold, trained on these folds."""
        members, table = stack_members([folds])
        settings = Settings(variant="fusion", options={}, sought=self.sought)
        score = train_and_predict(self.values, self.graphs, members, settings, report=lambda line: None).score
        number = table["fold"].to_numpy()
        maps = np.stack([score[number == fold].mean(axis=0) for fold in range(folds.n_folds)])
        return maps.reshape(len(maps), -1)


def shares_of(name: str, results: str, moves: int, trained: int) -> pd.DataFrame:
    """Return the shares of all methods at the real places (move 0) and at moved ones (from 1), one row each.

    There are fewer moves where the deposits hardly fit on the surveyed ground anywhere else.
    """
    survey, generator, rows = Moves(name, results), np.random.default_rng(0), list[dict]()
    rows.append({"survey": name, "move": 0, **survey.shares(survey.deposits, survey.inside, True)})
    for _ in range(TRIES):
        places, inside = survey.move(generator)
        if inside.sum() < ON_GROUND * survey.inside.sum():
            continue
        try:
            rows.append(
                {"survey": name, "move": len(rows), **survey.shares(places, inside, len(rows) <= trained)}
            )
        except InputError:  # those on the ground have fewer groups than there are folds
            continue
        print(rows[-1], file=sys.stderr, flush=True)
        if len(rows) > moves:
            break
    return pd.DataFrame(rows)


def table_of(shares: pd.DataFrame) -> pd.DataFrame:
    """Return what each method has at the deposits, at moved ones, and the difference, with its error over surveys."""
    shares = shares.set_index(["survey", "move"])
    real = shares.xs(0, level="move")
    moved = shares.drop(index=0, level="move").groupby("survey").mean()
    more = real - moved
    found = pd.DataFrame(
        {
            "at deposits": real.mean(),
            "at moved deposits": moved.mean(),
            "difference": more.mean(),
            "standard error": more.std() / np.sqrt(len(more)),
        }
    )
    by_survey = moved.T.add_suffix(", moved").join(real.T.add_suffix(", real"))
    return found.join(by_survey[sorted(by_survey)]).sort_values("difference", ascending=False)


def main() -> None:
    """Write the shares at real and moved deposits, survey by survey, and print the means."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("surveys", nargs="*")
    parser.add_argument("--results", default=str(ROOT / "results"), help="folder of the surveys' results")
    parser.add_argument("--moves", type=int, default=20, help="moves of each survey's deposits")
    parser.add_argument("--trained", type=int, default=4, help="moves on which the network is trained")
    parser.add_argument("--to", default="moved.csv", help="table to write")
    given = parser.parse_args()
    rows = []
    for name in given.surveys:
        rows.append(shares_of(name, given.results, given.moves, given.trained))
        pd.concat(rows).to_csv(given.to, index=False)
    print(table_of(pd.concat(rows)).to_markdown(floatfmt=".2f"))


if __name__ == "__main__":
    main()
