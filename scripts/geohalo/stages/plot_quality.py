"""Draw what quality control says of the survey."""

import geopandas as gpd
import pandas as pd

from geohalo.files.tables import read_csv
from geohalo.products.figures import save_figure
from geohalo.products.quality_figure import quality_plot, worst_charts


def plot_quality(
    survey: str, quality: str, reference: str, duplicates: str, analyses: str, limits: dict, figure: str
) -> None:
    """Write the figure."""
    files = (quality, reference, duplicates)
    elements, materials, pairs = (read_csv(file, keep_default_na=False, na_values=[""]) for file in files)
    drawn = worst_charts(pd.DataFrame(gpd.read_parquet(analyses)), elements, materials, limits["bias"])
    save_figure(quality_plot(survey, elements, pairs, drawn, limits["precision"], limits["noise"]), figure)
