"""Put the evidence of models from other surveys beside that of the survey's own held-out run."""

import pandas as pd

from geohalo.files.tables import read_csv


def collect_transfer(transferred: list[str], own: str) -> pd.DataFrame:
    """Return one table; in the rows of its own run a survey is its own source."""
    tables = [read_csv(file) for file in transferred]
    held_out = read_csv(own)
    held_out = held_out[held_out["split"] == "held_out"].assign(source=held_out["survey"])
    return pd.concat([*tables, held_out[tables[0].columns]], ignore_index=True)
