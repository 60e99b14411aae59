"""The metrics of some scores on some places."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from geohalo.evidence.evaluate import measure
from geohalo.evidence.folds import Folds
from geohalo.evidence.judged import judged_places


def metric_table(
    scores: np.ndarray,
    folds: Folds,
    cells: np.ndarray,
    deposits: np.ndarray,
    labels: Mapping[str, Any],
    n_bootstrap: int,
    seed: int,
    probability: bool = True,
    samples: np.ndarray | None = None,
) -> pd.DataFrame:
    """Measure the maps of all folds on the places that `judged_places` finds."""
    judged = judged_places(folds, cells, deposits, labels, n_bootstrap, seed, samples)
    return measure(scores, judged, probability).metrics
