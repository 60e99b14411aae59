"""Measure every variant and control: held-out numbers, and the optimistic random split beside them."""

from pathlib import Path

import pandas as pd
import xarray as xr
from _cells import Survey
from _folds import read_folds
from _job import job, whole
from _scores import read_scores
from geohalo.evidence.controls import PROBABILITY_CONTROLS
from geohalo.evidence.evaluate import evaluate_scores, per_deposit, success_curves


def evaluate(
    runs: list[tuple], elements: str, folder: str, survey_name: str, labels: dict, bootstrap: int
) -> list:
    """Return tables of metrics, deposits and success-rate curves; runs are (variant, scales, file, method)."""
    with xr.open_dataset(elements) as data:
        survey = Survey.of(data)
    deposits = pd.read_csv(f"{folder}/deposits.csv")
    places, tables = deposits[["x", "y"]].to_numpy(), ([], [], [])
    for split in ("held_out", "random"):
        folds = read_folds(folder, split, survey.mask)
        for variant, scales, path, method in runs:
            scores, _ = read_scores(path, split, survey, method)
            about = {"survey": survey_name, "variant": variant, "scales": scales, "split": split}
            probability = method is None or method in PROBABILITY_CONTROLS
            arguments = (scores, folds, survey.cells, places, labels)
            ranks = per_deposit(*arguments)
            parts = (
                evaluate_scores(*arguments, bootstrap, labels["seed"], probability),
                ranks,
                success_curves(ranks),
            )
            for table, part in zip(tables, parts, strict=True):
                table.append(part.assign(**about)[[*about, *part.columns]])
    return [pd.concat(parts) for parts in tables]


if __name__ == "__main__":
    with job(snakemake):
        tables = evaluate(
            snakemake.params.runs,
            snakemake.input.elements,
            str(Path(snakemake.input.folds[0]).parent),
            **snakemake.params.arguments,
        )
        for table, path in zip(tables, snakemake.output, strict=True):
            with whole(path) as beside:
                table.to_csv(beside, index=False)
