"""What the controls may look at."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Ground:
    """What controls may look at.

    Attributes
    ----------
    cube : (N, B) float32 array
        Standardised values of the B elements.
    cells, deposits, samples : (N, 2), (D, 2) and (S, 2) arrays
        Metric coordinates of the cells' centres, the deposits and the samples.
    side : float
        Side of a cell of the grid in metres.
    graphs : sequence of mappings
        `geohalo.evidence.superpixel_contrast.SCALE_ARRAYS` of each scale of superpixels, for the controls that need
        ``superpixels`` (see `geohalo.superpixels.graph.SuperpixelGraph`).
    sought : sequence of int
        Columns of the elements that the deposits are known for, for ``commodity_index`` alone.
    """

    cube: np.ndarray
    cells: np.ndarray
    deposits: np.ndarray
    samples: np.ndarray
    side: float
    graphs: Sequence[Mapping[str, np.ndarray]] = ()
    sought: Sequence[int] = ()
