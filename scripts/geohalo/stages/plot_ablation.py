"""Draw the comparison of the network's variants and the controls."""

from geohalo.files.tables import read_csv
from geohalo.products.figures import ablation_plot, difference_plot, save_figure
from geohalo.stages.shared.plots import held_out_groups


def plot_ablation(survey: str, tables: dict[str, str], figures: dict[str, str]) -> None:
    """Write the figures; differences only where they are asked for, which classes have none of."""
    metrics, groups = read_csv(tables["table"]), held_out_groups(tables["deposits"], tables["cells"])
    save_figure(ablation_plot(survey, metrics, groups), figures["figure"])
    if "differences" in figures:
        compared = difference_plot(survey, read_csv(tables["comparisons"]), metrics)
        save_figure(compared, figures["differences"])
