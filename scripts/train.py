"""Train one variant of the network on all folds and predict the map with each."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
import xarray as xr
from _cells import Survey, read_spectra
from _folds import read_folds
from _job import job, whole
from _members import history_table, outer_fold, shuffle_labels, stack_members, write_members
from geohalo.cube.element_order import element_order
from geohalo.network.run import Settings, train_and_predict


def train(
    cube: str,
    graphs: list[str],
    folder: str,
    schemes: list[str],
    spectrum_order: str,
    settings: Settings,
    outputs: Any,
    log: Any,
    shuffle: bool = False,
) -> None:
    """Write scores, members and history; with ``shuffle`` of members that learn from permuted labels."""
    with xr.open_dataset(cube) as data:
        survey = Survey.of(data)
        names = [str(name) for name in data["element"].to_numpy()]
        values = read_spectra(data, "cube", survey)
    order = element_order(names, values, spectrum_order)
    log.info(f"Spectrum, {spectrum_order} order: {' '.join(names[k] for k in order)}")
    settings = replace(settings, spectrum_order=tuple(order.tolist()))
    drawn = [read_folds(folder, scheme, survey.mask) for scheme in schemes]
    members, table = stack_members(drawn)
    if shuffle:
        members = shuffle_labels(members, table)
    outer = outer_fold(table, drawn)
    del drawn
    # In no one else's hands: these arrays go when training has made its own of them.
    scales = [[dict(np.load(graph, allow_pickle=False)) for graph in graphs]]
    result = train_and_predict(values, scales.pop(), members, settings, outer, log.info)
    with whole(outputs.members) as beside:
        torch.save(result.state, beside)
    with whole(outputs.history) as beside:
        history_table(table, result).to_csv(beside, index=False)
    write_members(survey, table, result.score, outputs.scores)


if __name__ == "__main__":
    with job(snakemake) as log:
        torch.set_num_threads(snakemake.threads)
        paths, params = snakemake.input, snakemake.params
        folder = str(Path(paths.folds[0]).parent)
        settings = Settings(**params.settings, **params.machine, checkpoint=params.checkpoint)
        known = (paths.cube, paths.graphs, folder, params.schemes, params.spectrum_order, settings)
        train(*known, snakemake.output, log, params.shuffle)
