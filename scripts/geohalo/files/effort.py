"""The map of exploration effort: its amount and its percentile in each cell."""

import numpy as np
import rasterio
from numpy.typing import NDArray

from geohalo.evidence.effort import Effort, effort_percentiles
from geohalo.files.cells import Survey
from geohalo.files.maps import Band, write_map

#: What it is where no layer of effort is named, and its unit.
OF_SAMPLES, SAMPLES_UNIT = "density of the samples that the map is made from", "samples per km²"
#: What the file calls it.
CALLED = "exploration effort: {}"


def write_effort(survey: Survey, values: NDArray[np.floating], unit: str, what: str, path: str) -> None:
    """Write the map.

    Parameters
    ----------
    survey : Survey
    values : ndarray (cells,)
        Effort, NaN where none is known.
    unit : str
        Of it; empty if it has none.
    what : str
        What it is, for the file.
    path : str
    """
    both = np.stack([values, effort_percentiles(values)]).astype(np.float32)
    bands: list[str | Band] = [Band("effort", CALLED.format(what), unit or "1"), "effort_percentile"]
    write_map(survey, survey.image(both), path, np.nan, bands)


def read_effort(path: str) -> Effort:
    """Read the map."""
    with rasterio.open(path) as file:
        (amount, percentile), unit, tags = file.read(), file.units[0], file.tags(1)
    of_samples = tags["long_name"] == CALLED.format(OF_SAMPLES)
    return Effort(amount, percentile, "" if unit in (None, "1") else unit, of_samples)
