"""Draw how a map that was made elsewhere compares with the survey's own methods."""

from geohalo.files.tables import read_csv
from geohalo.products.figures import difference_plot, save_figure, success_rate


def plot_judged(survey: str, tables: dict[str, str], figures: dict[str, str]) -> None:
    """Write the figures of differences and of success rates."""
    metrics = read_csv(
        tables["metrics"], keep_default_na=False, na_values={"estimate": "", "low": "", "high": ""}
    )
    curves = read_csv(tables["curves"]).rename(columns={"variant": "method"})
    compared, name = read_csv(tables["comparisons"]), str(metrics["variant"].iloc[0])
    save_figure(difference_plot(survey, compared, metrics, foreign=True), figures["differences"])
    save_figure(success_rate(survey, curves, metrics, foreign=name), figures["success"])
