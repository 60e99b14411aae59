"""Put the held-out evidence of several surveys together."""

import pandas as pd
from _job import job, whole


def collect(files: list[str]) -> pd.DataFrame:
    """Return the rows of the held-out split of all tables of metrics."""
    table = pd.concat([pd.read_csv(file) for file in files], ignore_index=True)
    return table[table["split"] == "held_out"]


if __name__ == "__main__":
    with job(snakemake):
        table = collect(snakemake.input.metrics)
        with whole(snakemake.output.table) as beside:
            table.to_csv(beside, index=False)
