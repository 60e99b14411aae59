"""Draw the comparison of superpixel settings."""

from geohalo.files.tables import read_csv
from geohalo.products.figures import save_figure, sweep_plot
from geohalo.stages.shared.plots import held_out_groups


def plot_sweep(survey: str, in_use: str, table: str, deposits: str, cells: str, figure: str) -> None:
    """Write the figure."""
    metrics = read_csv(table, dtype={"scales": str})
    groups = held_out_groups(deposits, cells)
    save_figure(sweep_plot(survey, metrics, groups, in_use), figure)
