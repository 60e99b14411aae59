"""Cut the anomaly map into classes: by its concentration-area curve, and by what held-out deposits took to be found."""

import geohalo.quick_start  # noqa: F401
from geohalo.stages.classify_anomalies import classify_anomalies
from geohalo.workflow.job import job

if __name__ == "__main__":
    with job(snakemake) as log:
        params, files = snakemake.params, dict(snakemake.input.items())
        outputs = dict(snakemake.output.items())
        log.info(classify_anomalies(files, params.survey, params.variant, params.targets, outputs))
