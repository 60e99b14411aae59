"""Train on all deposits of one survey, the network and the controls, and score the cells of another."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from _folds import read_folds
from _job import job, whole
from _scores import write_scores
from _transfer import Side, network_elsewhere
from geohalo.evidence.classifiers import transferred_scores
from geohalo.network.run import Settings


def transfer(
    cubes: str,
    folder: str,
    settings: dict,
    further: dict,
    controls: list[str],
    threads: int,
    outputs: dict[str, str],
    log: Any,
) -> None:
    """Write the scores of every variant and control, and the history; of the target nothing but its cube is read."""
    source, target = Side.read(f"{cubes}/source"), Side.read(f"{cubes}/target")
    # The number of epochs is told by inner members where it is not given.
    schemes = ["inner", "final"] if further["early_stopping"] else ["final"]
    folds = [read_folds(folder, scheme, source.survey.mask) for scheme in schemes]
    scored, histories = {}, []
    for variant in further["variants"]:
        run = Settings(**settings, variant=variant, patience=further["early_stopping"])
        order = further["spectrum_order"]
        *scored[variant], history = network_elsewhere(source, target, folds, run, order, log.info)
        histories.append(history.assign(variant=variant)[["variant", *history.columns]])
    for name in controls:
        scored[name] = transferred_scores(name, source.values, folds[-1], target.values, 0, threads)
    mean, spread = (np.stack(parts).astype(np.float32) for parts in zip(*scored.values(), strict=True))
    write_scores(target.survey, {"transfer": (mean, spread)}, outputs["scores"], list(scored))
    with whole(outputs["history"]) as beside:
        pd.concat(histories).to_csv(beside, index=False)


if __name__ == "__main__":
    with job(snakemake) as log:
        torch.set_num_threads(snakemake.threads)
        paths, params = snakemake.input, snakemake.params
        folder = str(Path(paths.folds[0]).parent)
        settings = params.settings | params.machine
        known = (paths.cubes, folder, settings, params.further, params.controls, snakemake.threads)
        transfer(*known, dict(snakemake.output.items()), log)
