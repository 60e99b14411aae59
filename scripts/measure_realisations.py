"""Measure what held-out deposits say of each realisation, of their mean, and of the interpolated map itself."""

from pathlib import Path

import pandas as pd
from geohalo.files.tables import write_csv
from geohalo.stages.shared.evidence import measure_runs
from geohalo.workflow.job import job


def told(table: pd.DataFrame) -> str:
    """Say in a sentence how far held-out evidence hangs on the interpolation."""
    rows = table[table["metric"].isin(["capture", "average_accuracy"])].set_index("realisation")
    found = rows["estimate"]
    each = found.drop(["interpolated", "mean"])
    return (
        f"Held-out {rows['metric'].iloc[0].replace('_', ' ')} of the interpolated map {found['interpolated']:.2f}; "
        f"of {len(each)} realisations {each.mean():.2f} ({each.min():.2f} to {each.max():.2f}), "
        f"of their mean {found['mean']:.2f}"
    )


if __name__ == "__main__":
    with job(snakemake) as log:
        paths, params = snakemake.input, snakemake.params
        folder = str(Path(paths.folds[0]).parent)
        tables = measure_runs(params.runs, paths.elements, paths.get("samples"), folder, **params.arguments)
        table = tables["metrics"].rename(columns={"variant": "realisation"})
        table.insert(1, "variant", params.variant)
        write_csv(table, snakemake.output.table)
        log.info(told(table))
