"""Draw the samples and the elements of the survey, the superpixels over the cube, and the folds."""

import geopandas as gpd
import numpy as np
import pyarrow.parquet as pq
import xarray as xr

from geohalo.files.cells import Survey
from geohalo.files.tables import read_csv
from geohalo.products.figures import element_maps, sample_map, save_figure
from geohalo.products.map_elements import carrying_elements, element_notes
from geohalo.stages.shared.covariate_figure import covariate_figure
from geohalo.stages.shared.plots import deposit_table, map_ground
from geohalo.stages.shared.superpixel_figures import superpixel_figures

#: Elements drawn at most.
PANELS = 12


def plot_survey(
    name: str,
    files: dict[str, str],
    labels: dict[int, str],
    figures: dict[str, str],
    covariates: bool = False,
) -> None:
    """Write the figures, of the elements that carry the map; of classes those whose interpolation explains most.

    Parameters
    ----------
    name : str
        Of the survey.
    files : dict
        Elements and cube; where there are such, samples, covariates, deposits, their pathfinders and their held-out
        folds.
    labels : dict
        Maps of superpixels by their count.
    figures : dict
        Of elements and superpixels; of samples, covariates and folds where there are such.
    covariates : bool
        Whether superpixels are made with regard to covariates.
    """
    with xr.open_dataset(files["elements"]) as data:
        survey = Survey.of(data)
        names = [str(element) for element in data["element"].to_numpy()]
        shares = data["cv_explained"].to_numpy() if "cv_explained" in data else np.empty(0)
        explained = dict(zip(names, shares, strict=False))
        chosen = sorted(names, key=lambda element: -explained.get(element, 0.0))[:PANELS]
        notes: dict[str, str] = {}
        if "pathfinders" in files:
            summary = read_csv(files["pathfinders"])
            chosen, notes = carrying_elements(summary), element_notes(summary)
        concentration = data["concentration"]
        grids = {element: concentration.sel(element=element).to_numpy() for element in chosen}
        unit = concentration.attrs["units"]
        seen = data["seen"].to_numpy().astype(bool) if "seen" in data else None
    known, ground = deposit_table(files.get("deposits")), map_ground(name, survey)
    shown = "" if unit == "1" else unit
    drawn = element_maps(ground, grids, explained, known, unit=shown, notes=notes, seen=seen)
    save_figure(drawn, figures["elements"])
    if "samples" in files:
        samples = files["samples"]
        flags = [column for column in pq.read_schema(samples).names if column.endswith("_censored")]
        frame = gpd.read_parquet(samples, columns=[*flags, "geometry"])
        censored = frame[flags].to_numpy().mean(axis=1)
        table = frame.get_coordinates().assign(censored_share=np.asarray(censored))
        save_figure(sample_map(ground, table, known), figures["samples"])
    if "covariates" in files:
        covariate_figure(ground, known, files["covariates"], figures["covariates"])
    superpixel_figures(ground, known, files["cube"], labels, files.get("folds"), figures, covariates)
