"""Last stage of an alternative: folds, and the scores of variants and controls on them."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

from geohalo.evidence.schemes import EXTRA_SCHEMES
from geohalo.files.tables import write_json
from geohalo.network.presets import VARIANTS
from geohalo.network.run import Settings
from geohalo.stages.make_folds import make_folds
from geohalo.stages.score_controls import score_controls
from geohalo.stages.train import train
from geohalo.superpixels.counts import fineness


def alternative_scores(
    elements: str, cube: str, settings: dict, machine: dict, threads: int, folder: str, log: Any
) -> None:
    """Write settings, folds, and a file of scores for each variant and for the controls."""
    folds, schemes = f"{folder}/folds", settings["schemes"]
    Path(folds).mkdir(parents=True, exist_ok=True)
    write_json(settings, f"{folder}/settings.json")
    labels = settings["labels"] | {"extra_splits": [name for name in schemes if name in EXTRA_SCHEMES]}
    gridded, deposits = f"{elements}/elements.nc", f"{elements}/deposits.parquet"
    log.info(make_folds(gridded, deposits, labels, settings["members"], folds))
    graphs = [*map(str, sorted(Path(cube, "graph").glob("*.npz"), key=lambda file: fineness(file.stem)))]
    tables = {name: f"_{name}.csv" for name in ("history", "pathfinders")}
    for variant in settings["variants"]:
        files = {"scores": ".nc", "members": ".pt", **tables}
        outputs = SimpleNamespace(**{name: f"{folder}/{variant}{end}" for name, end in files.items()})
        run, order = training(settings, variant, machine)
        train(
            f"{cube}/cube.nc",
            graphs,
            folds,
            schemes,
            order,
            settings["commodities"],
            run,
            outputs,
            log,
            shuffle=variant == "shuffle",
        )
        Path(outputs.members).unlink()  # weights that no one looks at again
    if settings["controls"]:
        surveyed = next(file for file in (f"{elements}/samples.parquet", gridded) if Path(file).exists())
        score_controls(
            f"{cube}/cube.nc",
            surveyed,
            folds,
            settings["controls"],
            threads,
            f"{folder}/controls.nc",
            log,
            schemes,
            graphs,
            settings["commodities"],
        )


def training(settings: dict, variant: str, machine: dict) -> tuple[Settings, str]:
    """Return how to train a variant and its order of elements; shuffled labels are those of the first variant."""
    network = dict(settings["network"])
    order, patience = network.pop("spectrum_order"), network.pop("early_stopping")
    name = settings["variants"][0] if variant == "shuffle" else variant
    patience = patience if "inner" in settings["schemes"] else None  # else there is nothing to stop by
    order = order if "spectrum" in VARIANTS[name] else "given"
    return Settings(variant=name, patience=patience, **network, **machine), order
