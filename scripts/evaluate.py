"""Measure runs and controls: held-out numbers, those of other splits, and the optimistic random split."""

from pathlib import Path

from geohalo.evidence.verdict import verdict
from geohalo.files.input_warnings import read_warnings
from geohalo.files.tables import write_csv
from geohalo.stages.shared.evidence import along_lines, measure_runs
from geohalo.whole_files import whole
from geohalo.workflow.job import job

if __name__ == "__main__":
    with job(snakemake) as log:
        tables = measure_runs(
            snakemake.params.runs,
            snakemake.input.elements,
            snakemake.input.get("samples"),
            str(Path(snakemake.input.folds[0]).parent),
            **snakemake.params.arguments,
        )
        tables["warnings"], doubts = read_warnings(snakemake.input.get("warnings", []))
        # A comparison asks for some of the tables.
        for name, path in snakemake.output.items():
            if name != "verdict":
                write_csv(tables[name], path)
                continue
            parts = (tables[part] for part in ("metrics", "comparisons", "deposit_ranks"))
            lines = along_lines(snakemake.input.elements, snakemake.params.reach)
            text = verdict(*parts, snakemake.params.names, lines, [str(one) for one in doubts])
            with whole(path) as beside:
                beside.write_text(text, encoding="utf-8")
            log.info("\n%s", text)
