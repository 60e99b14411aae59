"""Train one variant of the network on all folds and predict the map with each."""

from contextlib import ExitStack
from dataclasses import replace
from typing import Any

import numpy as np
import xarray as xr

from geohalo.cube.element_order import element_order
from geohalo.files.cells import Survey, covariate_count, cube_columns
from geohalo.files.elements import sought_elements
from geohalo.files.folds import read_folds
from geohalo.files.members import outer_fold, shuffle_labels, stack_members, write_results
from geohalo.files.spectra import open_spectra, scores_beside
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
    with xr.open_dataset(cube) as data:
        survey, columns = Survey.of(data), cube_columns(data, SEEN.get(settings.variant))
        seen = data.isel(element=columns)
        names, covariates = [str(name) for name in seen["element"].to_numpy()], covariate_count(seen)
    elements = names[: len(names) - covariates]
    drawn = [read_folds(folder, scheme, survey.mask) for scheme in schemes]
    members, table = stack_members(drawn)
    if shuffle:
        members = shuffle_labels(members, table)
    outer = outer_fold(table, drawn)
    del drawn
    with ExitStack() as stack:
        values = stack.enter_context(open_spectra(cube, "cube", survey, columns))
        order = element_order(elements, values, spectrum_order)
        log.info(f"Spectrum, {spectrum_order} order: {' '.join(names[k] for k in order)}")
        # Permuted labels should teach chance: what is known beforehand would be more.
        sought = () if shuffle else sought_elements(commodities, elements, log.info)
        settings = replace(
            settings, spectrum_order=tuple(order.tolist()), sought=sought, n_covariates=covariates
        )
        scales = [stack.enter_context(np.load(graph, allow_pickle=False)) for graph in graphs]
        keep = stack.enter_context(scores_beside(outputs.scores))
        result = train_and_predict(values, scales, members, settings, outer, log.info, keep)
        write_results(survey, table, result, names, outputs)
