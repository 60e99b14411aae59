"""Draw the ranked targets, and the concentration-area curve of the map that they were cut from."""

import pandas as pd
import xarray as xr
from _cells import Survey, read_geotiff
from _job import job
from _plots import deposit_table, ground
from geohalo.products.concentration_area import concentration_area_curve
from geohalo.products.figures import concentration_area_plot, save_figure, target_map


def plot(name: str, files: dict[str, str], figures: dict[str, str]) -> None:
    """Write both figures from elements, deposits, thresholds, targets, score and ranks."""
    with xr.open_dataset(files["elements"]) as data:
        survey = Survey.of(data)
    score, rank = (read_geotiff(files[key])[0] for key in ("score", "ranks"))
    targets = pd.read_csv(files["targets"], keep_default_na=False, na_values={"distance_km": ""})
    drawn = target_map(
        **ground(name, survey),
        score=score,
        rank=rank,
        targets=targets,
        deposits=deposit_table(files["deposits"]),
    )
    save_figure(drawn, figures["targets"])
    table = pd.read_csv(files["thresholds"])
    curve = concentration_area_curve(score[survey.mask])
    classes = table[table["kind"] == "concentration_area"]
    save_figure(concentration_area_plot(name, *curve, classes), figures["concentration_area"])


if __name__ == "__main__":
    with job(snakemake):
        plot(snakemake.params.survey, dict(snakemake.input.items()), dict(snakemake.output.items()))
