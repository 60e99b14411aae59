"""Draw halos found, false alarms and weak halos found against the strength of each fault."""

from geohalo.files.tables import read_csv
from geohalo.products.claims_figure import claims_plot
from geohalo.products.styles import save_figure


def plot_claims(survey: str, area: float, summary: str, verdicts: str, figure: str) -> None:
    """Write the figure."""
    save_figure(claims_plot(survey, read_csv(summary), read_csv(verdicts), area), figure)
