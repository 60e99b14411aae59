"""Judge scores that were learned on another survey by the deposits of this one, and make the map."""

from pathlib import Path

import numpy as np
import xarray as xr
from _cells import Survey, write_geotiff
from _evidence import measure_elsewhere
from _job import job, whole
from _scores import read_scores
from geohalo.evidence.controls import CONTROLS


def write_map(elements: str, scores: str, method: str, path: str) -> None:
    """Write score and spread of one method."""
    with xr.open_dataset(elements) as data:
        survey = Survey.of(data)
    bands = np.concatenate(read_scores(scores, "transfer", survey, method)).astype(np.float32)
    write_geotiff(survey, survey.image(bands), path, nodata=np.nan, names=["score", "spread"])


if __name__ == "__main__":
    with job(snakemake):
        files, params = snakemake.input, snakemake.params
        given = (str(Path(files.folds[0]).parent), params.labels, params.bootstrap)
        table = measure_elsewhere(files.scores, files.elements, files.get("samples"), *given)
        variants = ~table["variant"].isin(CONTROLS)
        table = table.assign(**params.about, split="transfer")
        table["scales"] = table["scales"].where(variants, "")
        columns = ["survey", "source", "variant", "scales", "split"]
        with whole(snakemake.output.metrics) as beside:
            table.set_index(columns).to_csv(beside)
        write_map(files.elements, files.scores, table["variant"].iloc[0], snakemake.output.map)
