"""Train one variant of the network on all folds and predict the map with each."""

from dataclasses import replace
from typing import Any

import numpy as np
import xarray as xr

from geohalo.cube.element_order import element_order
from geohalo.files.cells import Survey, covariate_count, cube_part, read_spectra
from geohalo.files.elements import sought_elements
from geohalo.files.folds import read_folds
from geohalo.files.members import outer_fold, shuffle_labels, stack_members, write_results
from geohalo.network.run import Settings, train_and_predict

#: What a variant sees of the cube; all others see the whole.
SEEN = {"geochemistry": "element", "covariates": "covariate"}


def train(
    cube: str,
    graphs: list[str],
    folder: str,
    schemes: list[str],
    spectrum_order: str,
    commodities: list[str],
    settings: Settings,
    outputs: Any,
    log: Any,
    shuffle: bool = False,
) -> None:
    """Write scores, members, history and pathfinders; with ``shuffle`` of members that learn from permuted labels."""
    with xr.open_dataset(cube) as whole:
        survey, data = Survey.of(whole), cube_part(whole, SEEN.get(settings.variant))
        covariates = covariate_count(data)
        names = [str(name) for name in data["element"].to_numpy()]
        values = read_spectra(data, "cube", survey)
    elements = len(names) - covariates
    order = element_order(names[:elements], values[:, :elements], spectrum_order)
    log.info(f"Spectrum, {spectrum_order} order: {' '.join(names[k] for k in order)}")
    # Permuted labels should teach chance: what is known beforehand would be more.
    sought = () if shuffle else sought_elements(commodities, names[:elements], log.info)
    ordered = tuple(order.tolist())
    settings = replace(settings, spectrum_order=ordered, sought=sought, n_covariates=covariates)
    drawn = [read_folds(folder, scheme, survey.mask) for scheme in schemes]
    members, table = stack_members(drawn)
    if shuffle:
        members = shuffle_labels(members, table)
    outer = outer_fold(table, drawn)
    del drawn
    # In no one else's hands: these arrays go when training has made its own of them.
    scales = [[dict(np.load(graph, allow_pickle=False)) for graph in graphs]]
    result = train_and_predict(values, scales.pop(), members, settings, outer, log.info)
    write_results(survey, table, result, names, outputs)
