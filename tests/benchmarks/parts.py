"""What each part of the default network is worth on the inner split of real surveys; not part of `make bench`.

Trains the inner members of each survey with one part of the preset taken out at a time, from the cube, the graphs and
the folds that the workflow left in ``results/``, and prints the mean share of decoys outranked of each, with the pooled
difference from the whole (`geohalo.evidence.pooling`). Inner members know nothing of the deposits of their held-out
fold, and nothing is scored on held-out deposits. Inner members use the published weights of the branches, so that the
fitted weights are not judged here.

    snakemake --cores all --configfile config/surveys/kola-c.yaml --config 'data={folder: ...}' -- \\
        results/kola-c/folds/held_out.csv results/kola-c/graph/{100,300,900}.npz
    python tests/benchmarks/parts.py --to parts.csv kola-c gswa-sed1 ireland-midlands trondelag-c
"""

import argparse
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import xarray as xr
import yaml

sys.path.append(str(Path(__file__).resolve().parents[2] / "scripts"))

from geohalo.evidence.evaluate import measure
from geohalo.evidence.judged import judged_places
from geohalo.evidence.pooling import floored, pool, survey_moments
from geohalo.files.cells import Survey, read_spectra
from geohalo.files.folds import read_folds
from geohalo.files.members import stack_members
from geohalo.network.run import Settings, train_and_predict
from geohalo.settings import check_settings

ROOT = Path(__file__).resolve().parents[2]
PLAIN = {"epsilon": 1e-5, "weight_decay": 0.01}
#: Name of each row: variant, options that differ from the default, whether the commodities are told.
PARTS = {
    "default: all parts": ("fusion", {}, True),
    "linear term alone": ("linear", {}, True),
    "linear term and spectrum": ("spectrum", {}, True),
    "linear term and internal graph": ("internal", {}, True),
    "linear term and external graph": ("external", {}, True),
    "without commodities": ("fusion", {}, False),
    "linear term alone, without commodities": ("linear", {}, False),
    "without the linear term": ("fusion", {"linear": False}, True),
    "all elements": ("fusion", {"pathfinders": 0}, True),
    "plain normalisation and decay": ("fusion", PLAIN, True),
    "groups weigh by their cells": ("fusion", {"group_weights": False}, True),
    "none of these": ("fusion", PLAIN | {"linear": False, "pathfinders": 0, "group_weights": False}, False),
}


def scores_of(name: str, data: str) -> pd.DataFrame:
    """Return deposit, group and share of decoys outranked by each part, for one survey."""
    config = check_settings(
        yaml.safe_load((ROOT / f"config/surveys/{name}.yaml").read_text(encoding="utf-8"))
    )
    folder = Path(data) / name
    with xr.open_dataset(folder / "cube.nc") as cube:
        survey = Survey.of(cube)
        names = [str(one) for one in cube["element"].to_numpy()]
        values = read_spectra(cube, "cube", survey)
    graphs = []
    for path in sorted((folder / "graph").glob("*.npz")):
        with np.load(path, allow_pickle=False) as arrays:
            graphs.append(dict(arrays))
    folds = read_folds(str(folder / "folds"), "inner", survey.mask)
    members, table = stack_members([folds])
    deposits = pd.read_csv(folder / "folds/deposits.csv")[["x", "y"]].to_numpy()
    judged = judged_places(folds, survey.cells, deposits, config["labels"], 0, 0)
    sought = tuple(names.index(one) for one in config["deposits"]["commodities"] if one in names)
    rows = []
    for part, (variant, options, told) in PARTS.items():
        settings = Settings(variant=variant, options=options, sought=sought if told else ())
        result = train_and_predict(values, graphs, members, settings, report=lambda line: None)
        number = table["fold"].to_numpy()
        maps = np.stack([result.score[number == fold].mean(axis=0) for fold in range(folds.n_folds)])
        maps = maps.reshape(len(maps), -1)
        shares = measure(maps, judged, probability=False).deposits[["deposit", "group", "above_decoys"]]
        rows.append(shares.assign(survey=name, part=part))
        print(f"{name}: {part}: {shares['above_decoys'].mean():.3f}", file=sys.stderr, flush=True)
    return pd.concat(rows)


def main() -> None:
    """Write what each deposit outranks, survey by survey, and print the means."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("surveys", nargs="*")
    parser.add_argument("--results", default=str(ROOT / "results"), help="folder of the surveys' results")
    parser.add_argument("--to", default="parts.csv", help="table to write")
    parser.add_argument("--from", dest="read", help="table that was written before, in place of training")
    given = parser.parse_args()
    if given.read:
        print(table_of(pd.read_csv(given.read)).to_markdown(floatfmt=".3f"))
        return
    rows = []
    for name in given.surveys:
        rows.append(scores_of(name, given.results))
        pd.concat(rows).to_csv(given.to, index=False)
    print(table_of(pd.concat(rows)).to_markdown(floatfmt=".3f"))


def table_of(shares: pd.DataFrame) -> pd.DataFrame:
    """Return the mean of every part in every survey, over the surveys, and its pooled difference from the whole."""
    found = shares.groupby(["part", "survey"], sort=False)["above_decoys"].mean().unstack()
    names = list(found.columns)
    found["mean"] = found.mean(axis=1)
    whole = next(iter(PARTS))
    moments = [
        survey_moments(
            shares[shares["survey"] == name].assign(variant=shares["part"]), "above_decoys", 1000, 0
        )
        for name in names
    ]
    groups = np.array([one.groups for one in moments])
    for part in list(PARTS)[1:]:
        effects, variances = np.array([one.difference(part, whole) for one in moments]).T
        numbers = pool(effects, floored(variances, groups))[:3]
        found.loc[part, ["difference", "low", "high"]] = numbers
    return found


if __name__ == "__main__":
    main()
