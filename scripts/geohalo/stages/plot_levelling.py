"""Draw the levels of batches before and after levelling."""

import numpy as np
import pandas as pd

from geohalo.files.batches import read_places, read_rows
from geohalo.files.tables import read_csv
from geohalo.products.figures import levelling_plot, save_figure
from geohalo.products.map_ground import MapGround
from geohalo.quality.levelling_error import error_message
from geohalo.stages.shared.plots import crs_label


def plot_levelling(
    name: str, samples: str, before: str, analyses: str, table: str, errors: str, figure: str
) -> None:
    """Write the figure."""
    (after, elements), (old, _), shifts = read_places(samples), read_places(before), read_csv(table)
    rows, _, place = read_rows(analyses, after, elements)
    batch = rows.batch[np.unique(place, return_index=True)[1]]
    levels = [pd.DataFrame(frame[elements]) for frame in (old, after)]
    message = error_message(read_csv(errors), bool(shifts["applied"].any()))
    points = after.get_coordinates().to_numpy()
    ground = MapGround.around(name, points, crs_label(after.crs))
    save_figure(levelling_plot(ground, points, batch, levels[0], levels[1], shifts, message), figure)
