"""Draw what elements add to the score, over the map and in the fingerprints of the targets."""

from collections import defaultdict

import numpy as np
import xarray as xr
from geohalo.files.cells import Survey, read_geotiff
from geohalo.files.tables import read_csv
from geohalo.products.figures import attribution_map, fingerprint_plot, save_figure
from geohalo.products.map_elements import carrying_elements
from geohalo.stages.shared.plots import deposit_table, ground
from geohalo.workflow.job import job

#: Elements that have a map.
DRAWN = 6
#: Share of all attribution that such an element has at least.
FAINTEST = 0.005


def draw_attribution(name: str, attribution: str, deposits: str, targets: str, figure: str) -> None:
    """Draw the maps of the elements with the largest mean absolute attribution, all branches together."""
    branches: dict[str, float] = defaultdict(float)
    elements, layers = {}, {}
    with xr.open_dataset(attribution) as data:
        survey = Survey.of(data)
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
        **ground(name, survey),
        layers=layers,
        shares=shares[0],
        branches=shares[1],
        deposits=deposit_table(deposits),
        targets=read_geotiff(targets)[0],
    )
    save_figure(drawn, figure)


if __name__ == "__main__":
    with job(snakemake):
        paths, figures = snakemake.input, snakemake.output
        name = snakemake.params.survey
        draw_attribution(name, paths.attribution, paths.deposits, paths.target_map, figures.attribution)
        tables = [read_csv(paths[table]) for table in ("targets", "fingerprints", "elements")]
        carrying = carrying_elements(read_csv(paths.pathfinders))
        save_figure(fingerprint_plot(name, *tables, carrying=carrying), figures.fingerprints)
