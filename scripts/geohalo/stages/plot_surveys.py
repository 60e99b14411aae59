"""Draw the evidence of several surveys beside each other."""

from geohalo.files.tables import read_csv
from geohalo.products.several_figures import survey_comparison
from geohalo.products.styles import save_figure


def plot_surveys(table: str, figure: str) -> None:
    """Write the figure."""
    save_figure(survey_comparison(read_csv(table, dtype={"survey": str})), figure)
