"""Simulated surveys to test with, each made once."""

from functools import cache

import numpy as np
import pandas as pd
from geohalo.survey.simulate import SimulatedSurvey, simulate_survey
from geohalo.survey.simulation.faults import column_name
from geohalo.survey.simulation.signatures import ELEMENTS
from scipy.ndimage import maximum_filter

SPACING = 2000.0
HEADERS = [column_name(element) for element in ELEMENTS]


@cache
def survey(
    anthropogenic: float = 0,
    overburden: float = 0,
    laboratory: float = 0,
    samples: int = 3000,
    deposits: int = 25,
    seed: int = 7,
) -> SimulatedSurvey:
    faults = {"anthropogenic": anthropogenic, "overburden": overburden, "laboratory": laboratory}
    section = {"seed": seed, "samples": samples, "spacing": SPACING, "deposits": deposits, "faults": faults}
    return simulate_survey(section)


def concentrations(result: SimulatedSurvey) -> pd.DataFrame:
    """Reported numbers by element; NaN where missing or below the limit."""
    numbers = result.samples[HEADERS].apply(pd.to_numeric, errors="coerce")
    return numbers.set_axis(list(ELEMENTS), axis=1)


def truth_at_samples(result: SimulatedSurvey, layer: str, window: int = 1) -> np.ndarray:
    """Truth of the cell that each sample is in, or the largest of a window of cells around it."""
    values = maximum_filter(result.truth[layer].to_numpy(), size=window, mode="nearest")
    cell = SPACING / 2
    west, north = result.truth.x[0].item() - cell / 2, result.truth.y[0].item() + cell / 2
    column = ((result.samples["x"] - west) // cell).astype(int)
    row = ((north - result.samples["y"]) // cell).astype(int)
    return values[row, column]
