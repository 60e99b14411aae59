"""All figures of a survey: each function returns a matplotlib figure, `save_figure` writes it."""

from geohalo.products.styles import save_figure
from geohalo.products.survey_figures import element_maps, sample_map

__all__ = ["element_maps", "sample_map", "save_figure"]
