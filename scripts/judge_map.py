"""Put a map that was made elsewhere through the survey's evidence, beside the survey's own methods."""

from pathlib import Path

import geohalo.quick_start  # noqa: F401
from geohalo.stages.judge_map import judge_map
from geohalo.workflow.job import job

if __name__ == "__main__":
    with job(snakemake) as log:
        given, params = snakemake.input, snakemake.params
        judged = {name: given[name] for name in ("map", "deposits", "warnings")}
        places = (given.elements, given.get("samples"), str(Path(given.folds[0]).parent))
        files = dict(snakemake.output.items())
        log.info("\n%s", judge_map(judged, params.runs, *places, files, params.about, params.names))
