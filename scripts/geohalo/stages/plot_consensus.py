"""Draw the consensus of the workflows."""

import xarray as xr

from geohalo.files.cells import Survey, read_geotiff
from geohalo.files.tables import read_csv
from geohalo.products.consensus_figures import consensus_plot
from geohalo.products.figures import save_figure
from geohalo.stages.shared.plots import deposit_table, map_ground


def plot_consensus(name: str, area: float, files: dict[str, str], figure: str) -> None:
    """Write the figure; ``files`` has elements, deposits, table, choices and agreement."""
    with xr.open_dataset(files["elements"]) as data:
        ground = map_ground(name, Survey.of(data))
    agreement, _, spread = read_geotiff(files["agreement"])
    table, choices = read_csv(files["table"]), read_csv(files["choices"], dtype={"level": str})
    known = deposit_table(files["deposits"])
    save_figure(consensus_plot(ground, agreement, spread, known, table, choices, area), figure)
