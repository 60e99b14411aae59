"""How alike simulated and real surveys are: `python tests/benchmarks/realism.py --data FOLDER`.

The workflow prepares each survey (samples, cube, superpixels, folds) below `results/`: the real ones of
`config/surveys` from the data in FOLDER, and simulated ones. Three tables in Markdown: what the ground and the deposits
are like (`realism_measures`), and how many decoys simple methods outrank (`realism_methods`) on inner splits and on
held-out folds, with the rank correlation over methods between the means over real and over simulated surveys.
`--measures` leaves the methods out, which take most of the time.
"""

import argparse
import subprocess
import sys
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import yaml
from measure import print_header, print_row
from scipy.stats import kendalltau, spearmanr

sys.path.append(str(Path(__file__).resolve().parents[2] / "scripts"))

from geohalo.settings import check_settings, simulated_tables
from realism_measures import (
    Survey,
    chance,
    deposit_measures,
    ground_measures,
    left_over_measures,
    samples_of_a_group,
    survey_of,
)
from realism_methods import METHODS, SCHEMES, method_table

ROOT = Path(__file__).resolve().parents[2]
REAL = ("ireland-midlands", "gswa-sed1", "trondelag-c", "kola-c", "capricorn-soil")
#: Their groups of deposits are too few to hold any out within a fold, or to say what they share.
WITHOUT_METHODS = ("capricorn-soil",)
SEEDS = range(31, 39)
SIMULATED = {
    "simulate": {"samples": 1500, "deposits": 15},
    "grid": {"cell": 1000, "max_distance": 2500},
    "superpixels": {"compactness": 0.1},
    "labels": {"radius": 2000, "group_distance": 8000, "folds": 5},
}


def simulated_config(seed: int) -> dict:
    """Return the config of a simulated survey as large as the real ones."""
    simulate = SIMULATED["simulate"] | {"seed": seed}
    return SIMULATED | {"survey": f"simulated-{seed}", "simulate": simulate}


def prepare(config: Path, settings: dict, data: Path, cores: int) -> Path:
    """Make samples, cube, superpixels and folds of a survey by the workflow; returns its folder."""
    folder = ROOT / "results" / settings["survey"]
    graphs = [f"graph/{count}.npz" for count in settings["superpixels"]["n_segments"]]
    targets = [f"results/{settings['survey']}/{file}" for file in ("folds/held_out.csv", *graphs)]
    command = [sys.executable, "-m", "snakemake", "--cores", str(cores), "--quiet", "--nolock"]
    command += ["--configfile", str(config)]
    command += [] if "simulate" in settings else ["--config", f"data={{folder: {data}}}"]
    subprocess.run([*command, "--", *targets], check=True, cwd=ROOT)
    return folder


def read(folder: Path, settings: dict) -> Survey:
    """Read a prepared survey."""
    samples = gpd.read_parquet(folder / "samples.parquet")
    deposits = pd.read_csv(folder / "folds" / "deposits.csv")
    inside = deposits.loc[deposits["inside"], ["x", "y"]].to_numpy()
    frame, places = pd.DataFrame(samples.drop(columns="geometry")), samples.get_coordinates().to_numpy()
    return survey_of(frame, places, inside, settings["labels"], commodities(settings))


def commodities(settings: dict) -> list[str]:
    """Return what the deposits of a survey are known for."""
    tables = simulated_tables(settings["simulate"]) if "simulate" in settings else settings
    return tables["deposits"]["commodities"]


def of_deposits(survey: Survey) -> dict[str, float]:
    """Return all quantities of deposits."""
    return deposit_measures(survey) | left_over_measures(survey)


def measures(survey: Survey) -> dict[str, float]:
    """Return sizes and quantities of one survey; those of deposits beside what deposits at random places give."""
    found: dict[str, float] = {"samples": len(survey.places), "elements": len(survey.names)}
    found |= {"deposits": len(survey.deposits), "groups": len(np.unique(survey.group))}
    found["samples of a group"] = samples_of_a_group(survey)
    nothing = chance(survey, of_deposits)
    for name, value in of_deposits(survey).items():
        values = np.array(nothing[name])
        known = values[~np.isnan(values)]
        found |= {name: value, f"{name} (chance)": float(np.median(known)) if len(known) else np.nan}
    return found | ground_measures(survey)


def print_table(table: pd.DataFrame, real: list[str], simulated: list[str], first: str) -> None:
    """Print real surveys one by one, their mean, and mean and range of the simulated ones."""
    print_header(first, *real, "real, mean", "simulated, mean", "simulated, lowest to highest")
    for name, row in table.iterrows():
        known = row[simulated].dropna()
        span = f"{known.min():.3g} to {known.max():.3g}" if len(known) else ""
        means = (row[real].mean(), row[simulated].mean())
        texts = ["" if np.isnan(value) else f"{value:.3g}" for value in (*row[real], *means)]
        print_row(name, *texts, span)


def orders(table: pd.DataFrame, real: list[str], simulated: list[str]) -> pd.DataFrame:
    """Return Spearman's correlation over methods (rows of the table) of pairs of orders.

    Rows: all real surveys by their mean, then each real survey. Columns: against the mean of the simulated surveys, and
    against the mean of the other real ones, which is how far real surveys agree with each other.
    """
    simulated_mean = table[simulated].mean(axis=1)
    rows = {"mean of real": (spearmanr(table[real].mean(axis=1), simulated_mean).statistic, np.nan)}
    for name in real:
        others = table[real].drop(columns=name).mean(axis=1)
        rows[name] = tuple(spearmanr(table[name], column).statistic for column in (simulated_mean, others))
    return pd.DataFrame.from_dict(rows, orient="index", columns=["simulated", "other real"])


def print_order(table: pd.DataFrame, real: list[str], simulated: list[str]) -> None:
    """Print how far methods have one order on real and on simulated surveys."""
    agree = orders(table, real, simulated)
    print_header("order of methods, Spearman", "against simulated, mean", "against other real ones, mean")
    for name, row in agree.iterrows():
        print_row(name, *("" if np.isnan(value) else f"{value:.2f}" for value in row))
    ours, theirs = table[real].mean(axis=1), table[simulated].mean(axis=1)
    rank, concordance = spearmanr(ours, theirs), kendalltau(ours, theirs)
    print(f"\n{len(table)} methods: Spearman {rank.statistic:.2f} (p {rank.pvalue:.3f}), ", end="")
    print(f"Kendall {concordance.statistic:.2f} (p {concordance.pvalue:.3f})")


def main() -> None:
    """Prepare, measure, print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, required=True, help="folder of the real surveys' files")
    parser.add_argument("--cores", type=int, default=1)
    parser.add_argument("--measures", action="store_true", help="leave the methods out")
    options = parser.parse_args()
    files = {name: ROOT / "config" / "surveys" / f"{name}.yaml" for name in REAL}
    (ROOT / "results" / "realism").mkdir(parents=True, exist_ok=True)
    for seed in SEEDS:
        config = simulated_config(seed)
        files[config["survey"]] = ROOT / "results" / "realism" / f"{config['survey']}.yaml"
        files[config["survey"]].write_text(yaml.safe_dump(config), encoding="utf-8")
    found, methods = {}, {}
    for name, file in files.items():
        settings = check_settings(yaml.safe_load(file.read_text(encoding="utf-8")))
        folder = prepare(file, settings, options.data.resolve(), options.cores)
        found[name] = measures(read(folder, settings))
        if not options.measures and name not in WITHOUT_METHODS:
            methods[name] = method_table(folder, settings["labels"]["radius"], commodities(settings))
    simulated = [name for name in files if name not in REAL]
    print_table(pd.DataFrame(found), list(REAL), simulated, "quantity")
    for scheme in SCHEMES if methods else ():
        table = pd.DataFrame(
            {survey: {name: row.get((scheme, name)) for name in METHODS} for survey, row in methods.items()}
        ).astype(float)
        real = [name for name in REAL if name in table]
        print_table(table, real, simulated, f"decoys outranked, {scheme}")
        print_order(table, real, simulated)


if __name__ == "__main__":
    main()
