"""Judge scores that were learned on another survey by the deposits of this one, and make the map."""

from pathlib import Path

import numpy as np
import xarray as xr
from geohalo.evidence.controls import CONTROLS
from geohalo.files.cells import Survey
from geohalo.files.maps import Band, write_map
from geohalo.files.scores import read_scores
from geohalo.files.tables import write_csv
from geohalo.stages.shared.evidence import measure_elsewhere
from geohalo.workflow.job import job


def map_transfer(elements: str, scores: str, method: str, path: str) -> None:
    """Write score and spread of one method."""
    with xr.open_dataset(elements) as data:
        survey = Survey.of(data)
    bands = np.concatenate(read_scores(scores, "transfer", survey, method)).astype(np.float32)
    about = [
        Band("score", "anomaly score, mean over the members trained on all deposits of the other survey"),
        Band("spread", "standard deviation of the anomaly score over these members"),
    ]
    write_map(survey, survey.image(bands), path, np.nan, about)


if __name__ == "__main__":
    with job(snakemake):
        files, params = snakemake.input, snakemake.params
        given = (str(Path(files.folds[0]).parent), params.labels, params.bootstrap)
        table = measure_elsewhere(files.scores, files.elements, files.get("samples"), *given)
        variants = ~table["variant"].isin(CONTROLS)
        table = table.assign(**params.about, split="transfer")
        table["scales"] = table["scales"].where(variants, "")
        columns = ["survey", "source", "variant", "scales", "split"]
        write_csv(table.set_index(columns).reset_index(), snakemake.output.metrics)
        map_transfer(files.elements, files.scores, table["variant"].iloc[0], snakemake.output.map)
