"""Put what every method is worth in every survey together: tables, text and figure."""

import pandas as pd
from geohalo.evidence.pooling import bench_tables
from geohalo.files.tables import read_csv, write_csv
from geohalo.products.bench_figure import bench_figure
from geohalo.products.bench_text import bench_text
from geohalo.products.styles import save_figure
from geohalo.whole_files import whole
from geohalo.workflow.job import job

if __name__ == "__main__":
    with job(snakemake) as log:
        paths, params, outputs = snakemake.input, snakemake.params, snakemake.output
        ranks = pd.concat([read_csv(file, dtype={"survey": str}) for file in paths.ranks], ignore_index=True)
        values, pooled = bench_tables(ranks, params.kinds, params.bootstrap, params.seed)
        for path, table in ((outputs.values, values), (outputs.pooled, pooled)):
            write_csv(table, path)
        text = bench_text(values, pooled)
        with whole(outputs.text) as beside:
            beside.write_text(text, encoding="utf-8")
        log.info("\n%s", text)
        save_figure(bench_figure(values, pooled), outputs.figure)
