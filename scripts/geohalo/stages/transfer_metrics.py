"""Judge scores that were learned on another survey by the deposits of this one, and make the map."""

import numpy as np
import xarray as xr

from geohalo.evidence.controls import CONTROLS
from geohalo.files.cells import Survey
from geohalo.files.maps import Band, write_map
from geohalo.files.scores import read_scores
from geohalo.files.tables import write_csv
from geohalo.stages.shared.evidence import measure_elsewhere


def transfer_metrics(
    scores: str,
    elements: str,
    samples: str | None,
    folder: str,
    labels: dict,
    bootstrap: int,
    about: dict[str, str],
    metrics: str,
    path: str,
) -> None:
    """Write the table of evidence, whose rows begin with ``about``, and the map of the first variant."""
    table = measure_elsewhere(scores, elements, samples, folder, labels, bootstrap)
    variants = ~table["variant"].isin(CONTROLS)
    table = table.assign(**about, split="transfer")
    table["scales"] = table["scales"].where(variants, "")
    columns = ["survey", "source", "variant", "scales", "split"]
    write_csv(table.set_index(columns).reset_index(), metrics)
    write_transferred(elements, scores, table["variant"].iloc[0], path)


def write_transferred(elements: str, scores: str, method: str, path: str) -> None:
    """Write score and spread of one method."""
    with xr.open_dataset(elements) as data:
        survey = Survey.of(data)
    bands = np.concatenate(read_scores(scores, "transfer", survey, method)).astype(np.float32)
    about = [
        Band("score", "anomaly score, mean over the members trained on all deposits of the other survey"),
        Band("spread", "standard deviation of the anomaly score over these members"),
    ]
    write_map(survey, survey.image(bands), path, np.nan, about)
