"""Draw the samples and the elements of the survey."""

import geopandas as gpd
import numpy as np
import pyarrow.parquet as pq
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
        survey = Survey.of(data)
        names = [str(element) for element in data["element"].to_numpy()]
        shares = data["cv_explained"].to_numpy() if "cv_explained" in data else []
        explained = dict(zip(names, shares, strict=False))
        chosen = sorted(names, key=lambda element: -explained.get(element, 0.0))[:PANELS]
        concentration = data["concentration"]
        grids = {element: concentration.sel(element=element).to_numpy() for element in chosen}
        unit = concentration.attrs["units"]
    known, where = deposit_table(deposits), ground(name, survey)
    about = {"unit": "" if unit == "1" else unit, "deposits": known}
    save_figure(element_maps(**where, ppm=grids, cv_explained=explained, **about), figures["elements"])
    if samples:
        flags = [column for column in pq.read_schema(samples).names if column.endswith("_censored")]
        frame = gpd.read_parquet(samples, columns=[*flags, "geometry"])
        censored = frame[flags].to_numpy().mean(axis=1)
        table = frame.get_coordinates().assign(censored_share=np.asarray(censored))
        save_figure(sample_map(**where, samples=table, deposits=known), figures["samples"])


if __name__ == "__main__":
    with job(snakemake):
        files = {name: snakemake.input.get(name) for name in ("elements", "deposits", "samples")}
        plot(snakemake.params.survey, **files, figures=dict(snakemake.output.items()))
