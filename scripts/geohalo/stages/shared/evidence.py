"""The tables of evidence of many runs and controls, which are read one at a time."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
import xarray as xr

from geohalo.control_table import CONTROLS, PROBABILITY_CONTROLS
from geohalo.evidence.comparisons import compare_methods
from geohalo.evidence.evaluate import measure, success_curves
from geohalo.evidence.folds import Folds
from geohalo.evidence.judged import JudgedPlaces, judged_places
from geohalo.evidence.map_basis import is_traverse
from geohalo.evidence.type_evidence import evidence_by_type
from geohalo.files.cells import Survey, surveyed_places
from geohalo.files.folds import read_folds
from geohalo.files.scores import held_schemes, read_mean
from geohalo.files.tables import read_csv

Tables = dict[str, pd.DataFrame]


def measure_runs(
    runs: Sequence[tuple],
    elements: str,
    samples: str | None,
    folder: str,
    survey_name: str,
    splits: list[str],
    labels: dict,
    bootstrap: int,
) -> Tables:
    """Return the tables of evidence by name.

    Runs are (variant, scales, file, method); each is measured in those of the splits that its file holds. Without
    deposits the tables are those of classes.
    """
    with xr.open_dataset(elements) as data:
        survey = Survey.of(data)
    cells, (places, sampled) = survey.cells, evidence_places(folder, samples)
    held = {path: held_schemes(path) for path in dict.fromkeys(path for _, _, path, _ in runs)}
    tables: dict[str, list[pd.DataFrame]] = {}
    for split in splits:
        folds = read_folds(folder, split, survey.mask)
        if folds.n_folds == 0:
            continue
        arguments = (labels, bootstrap, labels["seed"])
        judged = judged_places(folds, cells, places, *arguments, sampled) if len(places) else None
        for variant, scales, path, method in runs:
            if split not in held[path]:
                continue
            scores = read_mean(path, split, survey, method)
            probability = method is None or method in PROBABILITY_CONTROLS
            found = (
                tables_of_deposits(scores, judged, probability)
                if judged
                else _of_classes(scores, folds, *arguments)
            )
            about = {"survey": survey_name, "variant": variant, "scales": scales, "split": split}
            for name, part in found.items():
                tables.setdefault(name, []).append(part.assign(**about)[[*about, *part.columns]])
    joined = {name: pd.concat(parts, ignore_index=True) for name, parts in tables.items()}
    if len(places):
        compared = compare_methods(joined["deposit_ranks"], bootstrap, labels["seed"])
        joined["comparisons"] = compared.assign(survey=survey_name)[["survey", *compared.columns]]
        known = read_csv(f"{folder}/deposits.csv", keep_default_na=False)
        if "type" in known:
            types = known.set_index("deposit")["type"]
            joined["type_evidence"] = evidence_by_type(
                joined["deposit_ranks"], types, bootstrap, labels["seed"]
            )
    return joined


def along_lines(elements: str, reach: float) -> bool:
    """Tell whether the samples lie along lines; reach is how far from one ground is mapped, in metres."""
    with xr.open_dataset(elements) as data:
        survey = Survey.of(data)
    return is_traverse(survey.mask, survey.grid.cell, reach)


def measure_elsewhere(
    scores: str, elements: str, samples: str | None, folder: str, labels: dict, bootstrap: int
) -> pd.DataFrame:
    """Return the metrics of every method of a file of scores that were learned on another survey.

    Deposits, decoys and test cells are those of the folds ``held_out``. A method has one map, which knows no deposit
    of this survey: the same for every fold.
    """
    with xr.open_dataset(elements) as data:
        survey = Survey.of(data)
    with xr.open_dataset(scores) as data:
        methods = [str(name) for name in data["method"].to_numpy()]
    folds, (places, sampled) = read_folds(folder, "held_out", survey.mask), evidence_places(folder, samples)
    judged = judged_places(folds, survey.cells, places, labels, bootstrap, labels["seed"], sampled)
    parts = []
    for method in methods:
        one = read_mean(scores, "transfer", survey, method)
        alike = np.broadcast_to(one, (folds.n_folds, one.shape[-1]))
        probability = method not in CONTROLS or method in PROBABILITY_CONTROLS
        parts.append(measure(alike, judged, probability).metrics.assign(variant=method))
    return pd.concat(parts, ignore_index=True)


def evidence_places(folder: str, samples: str | None) -> tuple[np.ndarray, np.ndarray | None]:
    """Return where the deposits of the folds are (D, 2), and the samples (S, 2) where they are known, in metres."""
    deposits = read_csv(f"{folder}/deposits.csv")[["x", "y"]].to_numpy()
    return deposits, surveyed_places(samples)[0] if samples else None


def tables_of_deposits(scores: np.ndarray, judged: JudgedPlaces, probability: bool) -> Tables:
    """Return the tables of one run in one split: metrics, deposit_ranks, success_rate and perhaps calibration."""
    found = measure(scores, judged, probability)
    curves = success_curves(found.deposits)
    tables = {"metrics": found.metrics, "deposit_ranks": found.deposits, "success_rate": curves}
    return tables | ({"calibration": found.calibration} if probability else {})


def _of_classes(scores: np.ndarray, folds: Folds, labels: dict, bootstrap: int, seed: int) -> Tables:
    """Return the tables of maps of classes of one run in one split."""
    from geohalo.evidence.class_metrics import class_metrics, confusion_table, judged_cells  # slow to import

    found, classes = judged_cells(scores, folds), folds.n_classes
    metrics = class_metrics(found, classes, bootstrap, seed)
    return {"metrics": metrics, "confusion": confusion_table(found, classes)}
