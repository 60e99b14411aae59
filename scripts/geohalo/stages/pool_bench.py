"""Put what every method is worth in every survey together: tables, text and figure."""

from collections.abc import Mapping, Sequence

import pandas as pd

from geohalo.evidence.pooling import bench_tables
from geohalo.files.tables import read_csv, write_csv, write_text
from geohalo.products.bench_figure import bench_figure
from geohalo.products.bench_text import bench_text
from geohalo.products.styles import save_figure


def pool_bench(
    tables: Sequence[str], kinds: Mapping[str, str], bootstrap: int, seed: int, files: Mapping[str, str]
) -> str:
    """Write the values of each survey, the pooled differences, their text and the figure; returns the text."""
    ranks = pd.concat([read_csv(file, dtype={"survey": str}) for file in tables], ignore_index=True)
    values, pooled = bench_tables(ranks, kinds, bootstrap, seed)
    write_csv(values, files["values"])
    write_csv(pooled, files["pooled"])
    text = bench_text(values, pooled)
    write_text(text, files["text"])
    save_figure(bench_figure(values, pooled), files["figure"])
    return text
