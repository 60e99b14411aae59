"""The ways of water on a relief that is at hand, as the simulation needs them (`geohalo.survey.simulation.relief`)."""

import numpy as np
from numpy.typing import NDArray

from geohalo.catchments.drainage import below, nearest_downstream, upstream_cells
from geohalo.catchments.steepest import filled, flow_directions

Codes = NDArray[np.uint8]


class SteepestWaters:
    """Steepest descent on filled heights, as surveys are read."""

    def directions(self, heights: NDArray[np.float32], cell: float) -> Codes:
        """Return the flow directions of heights (rows, columns) in metres, on cells of so many metres."""
        return flow_directions(filled(heights), cell, cell, heights)

    def upstream(self, codes: Codes) -> NDArray[np.int32]:
        """Count the cells (rows, columns) that drain through each, itself included."""
        return upstream_cells(codes)[0]

    def increments(
        self, codes: Codes, outlets: NDArray[np.int64]
    ) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
        """Return the first outlet that each cell drains through (rows, columns), and the next one below each outlet."""
        label = nearest_downstream(codes, outlets)
        beneath = below(codes, outlets)
        return label, np.where(beneath >= 0, label.ravel()[beneath], -1).astype(np.int64)
