"""Measure what the workflows of a design agree on, and how much each choice moves the result."""

import geohalo.quick_start  # noqa: F401
import numpy as np
from geohalo.stages.measure_consensus import measure_consensus
from geohalo.workflow.job import job

if __name__ == "__main__":
    with job(snakemake) as log:
        params = snakemake.params
        arguments = {"choices": params.choices, "design": np.array(params.design), "about": params.about}
        log.info(
            measure_consensus(
                snakemake.input.elements, params.runs, **arguments, files=dict(snakemake.output.items())
            )
        )
