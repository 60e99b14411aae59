"""Measure what held-out deposits say of each realisation, of their mean, and of the interpolated map itself."""

from collections.abc import Sequence
from typing import Any

import pandas as pd

from geohalo.files.tables import write_csv
from geohalo.stages.shared.evidence import measure_runs


def measure_realisations(
    runs: Sequence[tuple],
    elements: str,
    samples: str | None,
    folder: str,
    variant: str,
    path: str,
    **arguments: Any,
) -> str:
    """Write the table; returns a sentence for the log. For the arguments see `measure_runs`."""
    tables = measure_runs(runs, elements, samples, folder, **arguments)
    table = tables["metrics"].rename(columns={"variant": "realisation"})
    table.insert(1, "variant", variant)
    write_csv(table, path)
    return realisations_sentence(table)


def realisations_sentence(table: pd.DataFrame) -> str:
    """Say in a sentence how far held-out evidence hangs on the interpolation."""
    rows = table[table["metric"].isin(["capture", "average_accuracy"])].set_index("realisation")
    found = rows["estimate"]
    each = found.drop(["interpolated", "mean"])
    return (
        f"Held-out {rows['metric'].iloc[0].replace('_', ' ')} of the interpolated map {found['interpolated']:.2f}; "
        f"of {len(each)} realisations {each.mean():.2f} ({each.min():.2f} to {each.max():.2f}), "
        f"of their mean {found['mean']:.2f}"
    )
