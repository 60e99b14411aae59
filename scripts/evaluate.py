"""Measure runs and controls: held-out numbers, those of other splits, and the optimistic random split."""

from pathlib import Path

from _evidence import measure_runs
from _job import job, whole
from geohalo.evidence.verdict import verdict

if __name__ == "__main__":
    with job(snakemake) as log:
        tables = measure_runs(
            snakemake.params.runs,
            snakemake.input.elements,
            snakemake.input.get("samples"),
            str(Path(snakemake.input.folds[0]).parent),
            **snakemake.params.arguments,
        )
        # A comparison asks for some of the tables.
        for name, path in snakemake.output.items():
            with whole(path) as beside:
                if name == "verdict":
                    parts = (tables[part] for part in ("metrics", "comparisons", "deposit_ranks"))
                    text = verdict(*parts, snakemake.params.names)
                    beside.write_text(text, encoding="utf-8")
                    log.info("\n%s", text)
                else:
                    tables[name].to_csv(beside, index=False)
