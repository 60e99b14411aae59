"""Cut the anomaly map into classes: by its concentration-area curve, and by what held-out deposits took to be found."""

import numpy as np
import pandas as pd
import xarray as xr

from geohalo.files.cells import Survey, read_geotiff
from geohalo.files.maps import write_map
from geohalo.files.tables import read_csv, write_csv
from geohalo.products.concentration_area import concentration_area_curve, fit_lines
from geohalo.products.thresholds import classes_of, success_cuts, threshold_table


def classify_anomalies(
    files: dict[str, str], survey_name: str, variant: str, targets: dict, outputs: dict
) -> str:
    """Write both maps of classes and the table of their thresholds, from elements, score and deposit ranks.

    Returns a line for the log.
    """
    with xr.open_dataset(files["elements"]) as data:
        survey = Survey.of(data)
    score = read_geotiff(files["score"])[0, survey.mask]
    ranks = read_csv(files["deposit_ranks"])
    chosen = (ranks["variant"] == variant) & (ranks["split"] == "held_out")
    rank = ranks.loc[chosen, "rank"].to_numpy()
    lines = fit_lines(*concentration_area_curve(score), targets["classes"])
    found = np.sort(success_cuts(score, rank, targets["found"]))
    cuts = {"concentration_area": (lines.thresholds, lines), "success_rate": (found, None)}
    names = {"concentration_area": "anomaly_class", "success_rate": "success_class"}
    parts = []
    for kind, (thresholds, fitted) in cuts.items():
        image = survey.image(classes_of(score, thresholds)[None], fill=255)
        write_map(survey, image, outputs[kind], 255, [names[kind]])
        parts.append(threshold_table(kind, score, thresholds, rank, survey.grid.cell, fitted))
    table = pd.concat(parts, ignore_index=True)
    table.insert(0, "survey", survey_name)
    write_csv(table, outputs["thresholds"])
    messages = [
        f"{kind}: " + ", ".join(f"{row['area_share']:.1%} ({row['found']:.0%})" for _, row in rows.iterrows())
        for kind, rows in table[table["class"] > 0].groupby("kind", sort=False)
    ]
    return "area from each class upwards (held-out deposits found there) by " + "; ".join(messages)
