"""Draw what elements add to the score, over the map and in the fingerprints of the targets."""

from collections import defaultdict

import numpy as np
import pandas as pd
import xarray as xr

from geohalo.files.cells import Survey, cube_part, read_geotiff
from geohalo.files.tables import read_csv
from geohalo.products.figures import attribution_map, fingerprint_plot, save_figure
from geohalo.products.map_elements import carrying_elements
from geohalo.products.map_ground import MapGround

#: Elements that have a map.
DRAWN = 6
#: Share of all attribution that such an element has at least.
FAINTEST = 0.005


def attribution_figure(
    ground: MapGround, known: pd.DataFrame, attribution: str, targets: str, figure: str
) -> None:
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
        ground,
        layers=layers,
        shares=shares[0],
        branches=shares[1],
        deposits=known,
        targets=read_geotiff(targets)[0],
        covariates=covariates,
    )
    save_figure(drawn, figure)


def fingerprint_figure(name: str, files: dict[str, str], figure: str) -> None:
    """Draw the fingerprints of the targets, and what elements add to them."""
    carrying = carrying_elements(read_csv(files["pathfinders"]))
    targets, fingerprints, added = (read_csv(files[key]) for key in ("targets", "fingerprints", "added"))
    save_figure(fingerprint_plot(name, targets, fingerprints, added, carrying=carrying), figure)
