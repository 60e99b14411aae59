"""Average the attention that trained members pay to neighbouring superpixels by direction."""

import numpy as np
import pandas as pd

from geohalo.files.network import MapNetwork
from geohalo.files.tables import write_csv
from geohalo.network.directions import attention_by_direction


def measure_attention(network: MapNetwork, attention: str) -> None:
    """Write the table."""
    trained = network.trained
    table = pd.DataFrame(attention_by_direction(trained))
    table["scale"] = np.array([graph.n_superpixels for graph in trained.graphs])[table["scale"]]
    write_csv(table.assign(scheme=network.scheme, members=trained.members), attention)
