"""Draw what quality control says of the survey."""

import geopandas as gpd
import numpy as np
import pandas as pd
from _job import job
from _tables import read_csv
from geohalo.products.figures import save_figure
from geohalo.products.quality_figure import MOST_CHARTS, Chart, quality_plot
from geohalo.quality.charts import MOST_BLANKS, in_order, worst_blanks, worst_materials


def charts(rows: pd.DataFrame, elements: pd.DataFrame, reference: pd.DataFrame, bias: float) -> list[Chart]:
    """Return the charts of the materials that are farthest off, and of the blanks that hold most."""
    blanks = worst_blanks(elements, MOST_BLANKS)
    found = []
    for material, element in worst_materials(reference, bias, MOST_CHARTS - len(blanks)):
        line = reference[(reference["material"] == material) & (reference["element"] == element)].iloc[0]
        told = "own mean" if np.isnan(line["bias_percent"]) else f"bias {line['bias_percent']:+.0f} %"
        values = in_order(rows, {"role": "reference", "material": material}, element)
        title = (
            f"{element} in {material}: {told}".replace("-", "−")
            if told != "own mean"
            else f"{element} in {material}"
        )
        found.append(Chart(title, values[0], line["middle_ppm"], line["limits_sd_ppm"], np.nan, values[1]))
    limits = elements.set_index("element")["blank_limit_ppm"]
    for element in blanks:
        values = in_order(rows, {"role": "blank"}, element)
        found.append(
            Chart(f"{element} in blanks (ppm)", values[0], np.nan, np.nan, limits[element], values[1])
        )
    return found


def plot(
    survey: str, quality: str, reference: str, duplicates: str, analyses: str, limits: dict, figure: str
) -> None:
    """Write the figure."""
    elements, materials, pairs = (read_csv(file) for file in (quality, reference, duplicates))
    drawn = charts(pd.DataFrame(gpd.read_parquet(analyses)), elements, materials, limits["bias"])
    save_figure(quality_plot(survey, elements, pairs, drawn, limits["precision"], limits["noise"]), figure)


if __name__ == "__main__":
    with job(snakemake):
        params = snakemake.params
        plot(params.survey, **snakemake.input, limits=params.limits, figure=snakemake.output.figure)
