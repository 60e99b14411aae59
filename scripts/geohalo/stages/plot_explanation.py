"""Draw what elements add to the score, over the map and in the fingerprints of the targets."""

from collections import defaultdict
from collections.abc import Mapping, Sequence

import numpy as np
import xarray as xr

from geohalo.files.cells import Survey, cube_part, read_geotiff
from geohalo.files.tables import read_csv
from geohalo.products.figures import attribution_map, fingerprint_plot, save_figure
from geohalo.products.map_elements import carrying_elements
from geohalo.stages.shared.plots import deposit_table, map_ground

#: Elements that have a map.
DRAWN = 6
#: Share of all attribution that such an element has at least.
FAINTEST = 0.005


def plot_explanation(
    name: str,
    attribution: str,
    deposits: str,
    target_map: str,
    tables: Sequence[str],
    pathfinders: str,
    figures: Mapping[str, str],
) -> None:
    """Write the maps of what elements add, and the fingerprints of the targets.

    ``tables`` are those of targets, of their fingerprints and of what elements add to them.
    """
    plot_attribution(name, attribution, deposits, target_map, figures["attribution"])
    carrying = carrying_elements(read_csv(pathfinders))
    targets, fingerprints, added = map(read_csv, tables)
    save_figure(
        fingerprint_plot(name, targets, fingerprints, added, carrying=carrying), figures["fingerprints"]
    )


def plot_attribution(name: str, attribution: str, deposits: str, targets: str, figure: str) -> None:
    """Draw the maps of the elements with the largest mean absolute attribution, all branches together."""
    branches: dict[str, float] = defaultdict(float)
    elements, layers = {}, {}
    with xr.open_dataset(attribution) as data:
        survey = Survey.of(data)
        covariates = [str(name) for name in cube_part(data, "covariate")["element"].to_numpy()]
        for element in map(str, data["element"].to_numpy()):
            each = data["attribution"].sel(element=element).to_numpy()
            for branch, image in zip(map(str, data["branch"].to_numpy()), each, strict=True):
                branches[branch] += float(np.abs(image[survey.mask]).mean())
            elements[element] = float(np.abs(each.sum(axis=0)[survey.mask]).mean())
        least = FAINTEST * sum(elements.values())
        strongest = sorted(elements, key=elements.__getitem__, reverse=True)[:DRAWN]
        strongest = [element for element in strongest if elements[element] >= least]
        for element in strongest:
            layers[element] = data["attribution"].sel(element=element).to_numpy().sum(axis=0)
    shares = [
        {key: value / (sum(part.values()) or 1.0) for key, value in part.items()}
        for part in (elements, branches)
    ]
    drawn = attribution_map(
        map_ground(name, survey),
        layers=layers,
        shares=shares[0],
        branches=shares[1],
        deposits=deposit_table(deposits),
        targets=read_geotiff(targets)[0],
        covariates=covariates,
    )
    save_figure(drawn, figure)
