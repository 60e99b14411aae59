"""Put the held-out evidence of several surveys together."""

import pandas as pd

from geohalo.files.tables import read_csv


def collect_surveys(files: list[str]) -> pd.DataFrame:
    """Return the rows of the held-out split of all tables of metrics."""
    table = pd.concat([read_csv(file, dtype={"survey": str}) for file in files], ignore_index=True)
    return table[table["split"] == "held_out"]
