"""Draw the comparison of the network's variants and the controls."""

import pandas as pd
from _job import job
from _plots import held_out_groups
from geohalo.products.figures import ablation_plot, save_figure


def plot(survey: str, table: str, deposits: str, cells: str, figure: str) -> None:
    """Write the figure."""
    groups = held_out_groups(deposits, cells)
    save_figure(ablation_plot(survey, pd.read_csv(table), groups), figure)


if __name__ == "__main__":
    with job(snakemake):
        plot(snakemake.params.survey, **snakemake.input, **snakemake.output)
