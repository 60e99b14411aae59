"""Draw the samples and the elements of the survey."""

import geopandas as gpd
import numpy as np
import xarray as xr
from _cells import Survey
from _job import job
from _plots import deposit_table, ground
from geohalo.products.figures import element_maps, sample_map, save_figure

#: Elements drawn at most, those first whose interpolation explains most.
PANELS = 12


def plot(name: str, elements: str, deposits: str, samples: str | None, figures: dict[str, str]) -> None:
    """Write the figures."""
    with xr.open_dataset(elements) as data:
        survey, data = Survey.of(data), data.load()
    known, where = deposit_table(deposits), ground(name, survey)
    names = [str(element) for element in data["element"].to_numpy()]
    explained = (
        dict(zip(names, data["cv_explained"].to_numpy(), strict=True)) if "cv_explained" in data else {}
    )
    chosen = sorted(names, key=lambda element: -explained.get(element, 0.0))[:PANELS]
    grids = {element: data["concentration"].sel(element=element).to_numpy() for element in chosen}
    save_figure(element_maps(**where, ppm=grids, cv_explained=explained, deposits=known), figures["elements"])
    if samples:
        frame = gpd.read_parquet(samples)
        censored = frame.filter(like="_censored").to_numpy().mean(axis=1)
        table = frame.get_coordinates().assign(censored_share=np.asarray(censored))
        save_figure(sample_map(**where, samples=table, deposits=known), figures["samples"])


if __name__ == "__main__":
    with job(snakemake):
        files = {"elements": snakemake.input.elements, "deposits": snakemake.input.deposits}
        samples = snakemake.input.get("samples")
        plot(snakemake.params.survey, **files, samples=samples, figures=dict(snakemake.output.items()))
