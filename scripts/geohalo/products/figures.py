"""All figures of a survey: each function returns a matplotlib figure, `save_figure` writes it."""

from geohalo.products.anomaly_figures import anomaly_map, truth_map
from geohalo.products.attribution_figure import attribution_map
from geohalo.products.calibration_figure import calibration_plot
from geohalo.products.cell_figures import folds_map, superpixel_map
from geohalo.products.class_figures import class_comparison, class_folds_map, class_map, confusion_plot
from geohalo.products.comparison_figures import ablation_plot, sweep_plot
from geohalo.products.concentration_area_figure import concentration_area_plot
from geohalo.products.difference_figure import difference_plot
from geohalo.products.effort_figure import effort_map
from geohalo.products.evidence_figures import metric_comparison
from geohalo.products.fingerprint_figure import fingerprint_plot
from geohalo.products.history_figures import history_plot
from geohalo.products.levelling_figure import levelling_plot
from geohalo.products.pathfinder_figure import pathfinder_plot
from geohalo.products.rose_figure import attention_rose
from geohalo.products.split_figure import split_comparison
from geohalo.products.styles import save_figure
from geohalo.products.success_figure import success_rate
from geohalo.products.survey_figures import element_maps, sample_map
from geohalo.products.target_figure import target_map
from geohalo.products.type_figure import type_comparison

__all__ = [
    "ablation_plot",
    "anomaly_map",
    "attention_rose",
    "attribution_map",
    "calibration_plot",
    "class_comparison",
    "class_folds_map",
    "class_map",
    "concentration_area_plot",
    "confusion_plot",
    "difference_plot",
    "effort_map",
    "element_maps",
    "fingerprint_plot",
    "folds_map",
    "history_plot",
    "levelling_plot",
    "metric_comparison",
    "pathfinder_plot",
    "sample_map",
    "save_figure",
    "split_comparison",
    "success_rate",
    "superpixel_map",
    "sweep_plot",
    "target_map",
    "truth_map",
    "type_comparison",
]
