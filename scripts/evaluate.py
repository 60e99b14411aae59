"""Measure runs and controls: held-out numbers, those of the inner split, and the optimistic random split."""

from pathlib import Path

import pandas as pd
import xarray as xr
from _cells import Survey
from _folds import read_folds
from _job import job, whole
from _scores import read_scores
from geohalo.evidence.class_metrics import class_metrics, confusion_table, judged_cells
from geohalo.evidence.controls import PROBABILITY_CONTROLS
from geohalo.evidence.evaluate import evaluate_scores, per_deposit, success_curves


def evaluate(
    runs: list[tuple], elements: str, folder: str, survey_name: str, labels: dict, bootstrap: int
) -> list:
    """Return tables of metrics, deposits and success-rate curves, or of metrics and confusion for classes.

    Runs are (variant, scales, file, method).
    """
    with xr.open_dataset(elements) as data:
        survey = Survey.of(data)
    deposits = pd.read_csv(f"{folder}/deposits.csv")
    places, tables = deposits[["x", "y"]].to_numpy(), ([], [], [])
    for split in ("held_out", "inner", "random"):
        folds = read_folds(folder, split, survey.mask)
        if folds.n_folds == 0:
            continue
        for variant, scales, path, method in runs:
            scores, _ = read_scores(path, split, survey, method)
            about = {"survey": survey_name, "variant": variant, "scales": scales, "split": split}
            if len(places):
                probability = method is None or method in PROBABILITY_CONTROLS
                arguments = (scores, folds, survey.cells, places, labels)
                ranks = per_deposit(*arguments)
                measured = evaluate_scores(*arguments, bootstrap, labels["seed"], probability)
                parts = [measured, ranks, success_curves(ranks)]
            else:
                found, classes = judged_cells(scores, folds), folds.n_classes
                measured = class_metrics(found, classes, bootstrap, labels["seed"])
                parts = [measured, confusion_table(found, classes)]
            for table, part in zip(tables, parts, strict=False):
                table.append(part.assign(**about)[[*about, *part.columns]])
    return [pd.concat(parts) for parts in tables if parts]


if __name__ == "__main__":
    with job(snakemake):
        tables = evaluate(
            snakemake.params.runs,
            snakemake.input.elements,
            str(Path(snakemake.input.folds[0]).parent),
            **snakemake.params.arguments,
        )
        # A comparison asks for the metrics alone.
        for table, path in zip(tables, snakemake.output, strict=False):
            with whole(path) as beside:
                table.to_csv(beside, index=False)
