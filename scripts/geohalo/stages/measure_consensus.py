"""Measure what the workflows of a design agree on, and how much each choice moves the result."""

import numpy as np
import pandas as pd
import xarray as xr

from geohalo.evidence.consensus import agreement, choices_table
from geohalo.files.cells import Survey
from geohalo.files.maps import write_map
from geohalo.files.tables import write_csv
from geohalo.stages.shared.consensus import measure_workflow


def measure_consensus(
    elements: str, runs: list[dict], choices: dict, design: np.ndarray, about: dict, files: dict
) -> str:
    """Write the tables and the map; returns a line for the log."""
    with xr.open_dataset(elements) as data:
        survey = Survey.of(data)
    measured = [measure_workflow(run["file"], about["radius"], survey.cells) for run in runs]
    captured, above, ranks = (np.array(part) for part in zip(*measured, strict=True))
    messages = [
        {**run["values"], "capture": c, "above_decoys": a} | run["keys"]
        for run, c, a in zip(runs, captured, above, strict=True)
    ]
    table = pd.DataFrame(messages)
    table.insert(0, "workflow", np.arange(1, len(runs) + 1))
    everywhere = np.isfinite(ranks).all(axis=0)
    results = {"capture": captured, "above_decoys": above, "map": ranks[:, everywhere]}
    effects = choices_table(design, choices, results)
    for name, part in (("consensus", table), ("consensus_choices", effects)):
        part.insert(0, "survey", about["survey"])
        write_csv(part, files[name])
    bands = np.stack(agreement(ranks, about["area"])).astype(np.float32)
    names = ["agreement", "mean_rank", "sd_rank"]
    write_map(survey, survey.image(bands), files["agreement"], np.nan, names)
    return f"{len(runs)} workflows, capture {captured.min():.2f} to {captured.max():.2f}"
