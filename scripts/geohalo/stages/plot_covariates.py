"""Draw the layers beside geochemistry as the network gets them."""

import xarray as xr

from geohalo.files.cells import Survey
from geohalo.products.covariate_figure import CovariateMap, covariate_maps
from geohalo.products.figures import save_figure
from geohalo.stages.shared.plots import deposit_table, map_ground


def plot_covariates(name: str, covariates: str, deposits: str | None, figure: str) -> None:
    """Write the figure: a map of each continuous layer, and one of the main class of each categorical layer."""
    with xr.open_dataset(covariates) as data:
        survey = Survey.of(data)
        bands = [str(band) for band in data["band"].to_numpy()]
        layers, kinds, units = (
            [str(one) for one in data[key].to_numpy()] for key in ("layer", "kind", "unit")
        )
        found: dict[str, CovariateMap] = {}
        for layer in dict.fromkeys(layers):
            own = [k for k, one in enumerate(layers) if one == layer]
            values = data["covariate"][own].to_numpy()
            classes = (
                [bands[k].removeprefix(f"{layer}: ") for k in own] if kinds[own[0]] == "categorical" else []
            )
            found[layer] = CovariateMap(values if classes else values[0], units[own[0]], classes)
    ground = map_ground(name, survey)
    save_figure(covariate_maps(ground, found, deposit_table(deposits)), figure)
