"""All figures of a survey: each function returns a matplotlib figure, `save_figure` writes it."""

from geohalo.products.anomaly_figures import anomaly_map, truth_map
from geohalo.products.cell_figures import folds_map, superpixel_map
from geohalo.products.evidence_figures import history_plot, metric_comparison, success_rate
from geohalo.products.styles import save_figure
from geohalo.products.survey_figures import element_maps, sample_map

__all__ = [
    "anomaly_map",
    "element_maps",
    "folds_map",
    "history_plot",
    "metric_comparison",
    "sample_map",
    "save_figure",
    "success_rate",
    "superpixel_map",
    "truth_map",
]
