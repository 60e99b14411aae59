"""Draw success-rate curves, the comparison of methods, and the training history."""

import pandas as pd
from _job import job
from geohalo.products.figures import history_plot, metric_comparison, save_figure, success_rate


def plot(survey: str, metrics: str, curves: str, history: str, figures: dict[str, str]) -> None:
    """Write the figures."""
    table = pd.read_csv(metrics, keep_default_na=False, na_values={"estimate": "", "low": "", "high": ""})
    points = pd.read_csv(curves).rename(columns={"variant": "method"})
    save_figure(success_rate(survey, points, table), figures["success_rate"])
    save_figure(metric_comparison(survey, table), figures["metrics"])
    save_figure(history_plot(survey, pd.read_csv(history)), figures["history"])


if __name__ == "__main__":
    with job(snakemake):
        files = {
            "metrics": snakemake.input.metrics,
            "curves": snakemake.input.curves,
            "history": snakemake.input.history,
        }
        plot(snakemake.params.survey, **files, figures=dict(snakemake.output.items()))
