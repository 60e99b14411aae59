"""Train one variant of the network on all folds and predict the map with each."""

from pathlib import Path
from typing import Any

import numpy as np
import torch
import xarray as xr
from _cells import Survey
from _folds import read_folds
from _job import job, whole
from _members import history_table, scheme_scores, stack_members
from _scores import write_scores
from geohalo.evidence.folds import SCHEMES
from geohalo.network.training import train_and_predict


def train(
    cube: str, graphs: list[str], folder: str, threads: int, settings: dict, outputs: Any, log: Any
) -> None:
    """Write scores, members and history."""
    torch.set_num_threads(threads)
    with xr.open_dataset(cube) as data:
        survey = Survey.of(data)
        values = data["cube"].to_numpy()[:, survey.mask].T
    members, table = stack_members([read_folds(folder, scheme, survey.mask) for scheme in SCHEMES])
    scales = [dict(np.load(graph, allow_pickle=False)) for graph in graphs]
    result = train_and_predict(values, scales, members, report=log.info, **settings)
    with whole(outputs.members) as beside:
        torch.save(result.state, beside)
    with whole(outputs.history) as beside:
        history_table(table, result.history).to_csv(beside, index=False)
    write_scores(survey, scheme_scores(table, result.score), outputs.scores)


if __name__ == "__main__":
    with job(snakemake) as log:
        arguments = {"folder": str(Path(snakemake.input.folds[0]).parent), "threads": snakemake.threads}
        train(
            snakemake.input.cube,
            snakemake.input.graphs,
            **arguments,
            settings=snakemake.params.settings,
            outputs=snakemake.output,
            log=log,
        )
