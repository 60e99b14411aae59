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


def plot(
    name: str, elements: str, deposits: str | None, samples: str | None, figures: dict[str, str]
) -> None:
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
    about = {"unit": "" if (unit := data["concentration"].attrs["units"]) == "1" else unit, "deposits": known}
    save_figure(element_maps(**where, ppm=grids, cv_explained=explained, **about), figures["elements"])
    if samples:
        frame = gpd.read_parquet(samples)
        censored = frame.filter(like="_censored").to_numpy().mean(axis=1)
        table = frame.get_coordinates().assign(censored_share=np.asarray(censored))
        save_figure(sample_map(**where, samples=table, deposits=known), figures["samples"])


if __name__ == "__main__":
    with job(snakemake):
        files = {name: snakemake.input.get(name) for name in ("elements", "deposits", "samples")}
        plot(snakemake.params.survey, **files, figures=dict(snakemake.output.items()))
