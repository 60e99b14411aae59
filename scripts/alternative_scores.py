"""Last stage of an alternative: folds, and the scores of variants and controls on them."""

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import torch
from _job import job
from geohalo.evidence.schemes import EXTRA_SCHEMES
from geohalo.network.presets import VARIANTS
from geohalo.network.run import Settings
from geohalo.superpixels.counts import fineness
from make_folds import make_folds
from score_controls import score
from train import train


def make(
    elements: str, cube: str, settings: dict, machine: dict, threads: int, folder: str, log: Any
) -> None:
    """Write settings, folds, and a file of scores for each variant and for the controls."""
    folds, schemes = f"{folder}/folds", settings["schemes"]
    Path(folds).mkdir(parents=True, exist_ok=True)
    Path(folder, "settings.json").write_text(json.dumps(settings, indent=1), encoding="utf-8")
    labels = settings["labels"] | {"extra_splits": [name for name in schemes if name in EXTRA_SCHEMES]}
    places = (f"{elements}/elements.nc", f"{elements}/deposits.parquet")
    log.info(make_folds(*places, labels, settings["members"], folds))
    graphs = [*map(str, sorted(Path(cube, "graph").glob("*.npz"), key=lambda file: fineness(file.stem)))]
    for variant in settings["variants"]:
        files = {"scores": f"{variant}.nc", "history": f"{variant}_history.csv", "members": f"{variant}.pt"}
        outputs = SimpleNamespace(**{name: f"{folder}/{file}" for name, file in files.items()})
        run, order = training(settings, variant, machine)
        train(f"{cube}/cube.nc", graphs, folds, schemes, order, run, outputs, log, variant == "shuffle")
        Path(outputs.members).unlink()  # weights that no one looks at again
    if settings["controls"]:
        surveyed = next(file for file in (f"{elements}/samples.parquet", places[0]) if Path(file).exists())
        found = {"scores": f"{folder}/controls.nc", "schemes": schemes, "graphs": graphs}
        score(f"{cube}/cube.nc", surveyed, folds, settings["controls"], threads, log=log, **found)


def training(settings: dict, variant: str, machine: dict) -> tuple[Settings, str]:
    """Return how to train a variant and its order of elements; shuffled labels are those of the first variant."""
    network = dict(settings["network"])
    order, patience = network.pop("spectrum_order"), network.pop("early_stopping")
    name = settings["variants"][0] if variant == "shuffle" else variant
    # Without inner members there is nothing to stop by.
    patience = patience if "inner" in settings["schemes"] else None
    order = order if "spectrum" in VARIANTS[name] else "given"
    return Settings(variant=name, patience=patience, **network, **machine), order


if __name__ == "__main__":
    with job(snakemake) as log:
        torch.set_num_threads(snakemake.threads)
        settings, machine, paths = snakemake.params.settings, snakemake.params.machine, snakemake.input
        # There are many of these jobs: progress goes to the log's file alone.
        quiet = SimpleNamespace(info=print)
        make(paths.elements, paths.cube, settings, machine, snakemake.threads, snakemake.output.folder, quiet)
        log.info(f"scored {', '.join([*settings['variants'], *settings['controls']])}")
