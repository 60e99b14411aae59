"""Both sides of a transfer: the survey that a model is trained on, and the one that it is applied to."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd
import xarray as xr

from geohalo.cube.element_order import element_order
from geohalo.evidence.classifiers import transferred_scores
from geohalo.evidence.folds import Folds
from geohalo.files.cells import Survey, read_cells
from geohalo.files.elements import sought_elements
from geohalo.files.members import history_table, outer_fold, stack_members
from geohalo.network.presets import VARIANTS
from geohalo.network.run import Settings, train_and_predict
from geohalo.network.transfer import predict_elsewhere
from geohalo.superpixels.counts import fineness


@dataclass(frozen=True)
class Side:
    """Cube and graphs of one survey: values (cells, elements), and the arrays of each scale from coarse to fine."""

    survey: Survey
    names: list[str]
    values: np.ndarray
    graphs: list[dict]

    @classmethod
    def read(cls, folder: str) -> "Side":
        """Read it from a folder of `alternative_cube.make`."""
        with xr.open_dataset(f"{folder}/cube.nc") as data:
            survey = Survey.of(data)
            names = [str(name) for name in data["element"].to_numpy()]
            values = np.ascontiguousarray(read_cells(data, "cube", survey).T)
        files = sorted(Path(folder, "graph").glob("*.npz"), key=lambda file: fineness(file.stem))
        graphs = [dict(np.load(file, allow_pickle=False)) for file in files]
        return cls(survey, names, values, graphs)


def learned_elsewhere(
    source: Side,
    target: Side,
    folds: list[Folds],
    settings: dict,
    variants: list[str],
    early_stopping: int | None,
    spectrum_order: str,
    commodities: list[str],
    controls: list[str],
    threads: int,
    report: Callable[[str], None],
) -> tuple[dict[str, tuple[np.ndarray, np.ndarray]], pd.DataFrame]:
    """Train every variant and control on folds of the source, the last of which hold out nothing.

    Returns
    -------
    scores : dict of (mean, spread)
        Of each method, (1, cells of the target).
    history : pandas.DataFrame
        Of the variants.
    """
    scored: dict[str, tuple[np.ndarray, np.ndarray]] = {}
    histories = []
    for variant in variants:
        run = Settings(**settings, variant=variant, patience=early_stopping)
        mean, spread, history = network_elsewhere(
            source, target, folds, run, spectrum_order, commodities, report
        )
        scored[variant] = mean, spread
        histories.append(history.assign(variant=variant)[["variant", *history.columns]])
    for name in controls:
        scored[name] = transferred_scores(name, source.values, folds[-1], target.values, 0, threads)
    return scored, pd.concat(histories)


def network_elsewhere(
    source: Side,
    target: Side,
    folds: list[Folds],
    settings: Settings,
    spectrum_order: str,
    commodities: list[str],
    report: Callable[[str], None],
) -> tuple[np.ndarray, np.ndarray, pd.DataFrame]:
    """Train one variant on folds of the source.

    Returns
    -------
    mean, spread : ndarray (1, cells of the target)
        Over the members that hold out nothing.
    history : pandas.DataFrame
    """
    how = spectrum_order if "spectrum" in VARIANTS[settings.variant] else "given"
    order = element_order(source.names, source.values, how)
    sought = sought_elements(commodities, source.names, report)
    settings = replace(settings, spectrum_order=tuple(order.tolist()), sought=sought)
    members, table = stack_members(folds)
    trained = (source.values, source.graphs)
    result = train_and_predict(*trained, members, settings, outer_fold(table, folds), report)
    final = np.flatnonzero(table["scheme"] == "final")
    score = predict_elsewhere(result, settings, trained, (target.values, target.graphs), final)
    return score.mean(axis=0), score.std(axis=0), history_table(table, result)
