"""Draw the figures of the evidence, and the training history."""

import pandas as pd

from geohalo.files.tables import read_csv
from geohalo.products.figures import (
    calibration_plot,
    difference_plot,
    history_plot,
    metric_comparison,
    save_figure,
    split_comparison,
    success_rate,
    type_comparison,
)


def evidence_figures(survey: str, tables: dict[str, str], figures: dict[str, str]) -> None:
    """Write those figures that are asked for."""
    metrics = read_csv(
        tables["metrics"], keep_default_na=False, na_values={"estimate": "", "low": "", "high": ""}
    )
    read = {name: read_csv(tables[name]) for name in ("curves", "comparisons", "calibration", "history")}
    curves = read["curves"].rename(columns={"variant": "method"})
    drawn = {
        "success_rate": lambda: success_rate(survey, curves, metrics),
        "metrics": lambda: metric_comparison(survey, metrics),
        "differences": lambda: difference_plot(survey, read["comparisons"], metrics),
        "calibration": lambda: calibration_plot(survey, read["calibration"], metrics),
        "splits": lambda: split_comparison(survey, metrics),
        "types": lambda: type_comparison(survey, read_types(tables["types"])),
        "history": lambda: history_plot(survey, read["history"]),
    }
    for name, draw in drawn.items():
        if name in figures:
            save_figure(draw(), figures[name])


def read_types(path: str) -> pd.DataFrame:
    """Read the evidence of each type; one that is called NA is not missing."""
    return read_csv(path, keep_default_na=False, na_values={"estimate": "", "low": "", "high": ""})
