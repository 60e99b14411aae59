"""What a check understands of the layers beside geochemistry: each is read and judged as a run does it."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from geohalo.check.findings import Findings
from geohalo.check.ground import Ground
from geohalo.covariates import bands
from geohalo.covariates.layers import Around, layer_bands, refused_leak
from geohalo.products.html_pages import Section
from geohalo.products.report_tables import Column, table
from geohalo.products.report_text import number, significant
from geohalo.products.styles import amount
from geohalo.survey.cells import require_column

STAGE, LEAKS = "prepare_covariates", "make_folds"
#: What a layer that stops a run comes to, and one that the check could not look at.
UNUSABLE = "cannot be used: see the errors"
NOT_SEEN = "not looked at: the survey or its samples cannot be read"
#: Classes of a layer that are named.
NAMED = 12


def check_covariates(
    findings: Findings,
    layers: Mapping[str, Mapping[str, Any]],
    files: Mapping[str, str],
    ground: Ground,
    deposits: pd.DataFrame | None,
    interpolation: Mapping[str, Any],
) -> pd.DataFrame:
    """Bring each layer to the cells of the survey, as far as these are known.

    Parameters
    ----------
    findings : Findings
        Gets all errors and warnings.
    layers : mapping
        Config section ``covariates`` with its defaults.
    files : mapping
        File of each layer that has one.
    ground : Ground
        The survey. Columns of its samples that are layers are no longer among those that are not read.
    deposits : DataFrame, optional
        ``x`` and ``y`` in metres, for layers that are made from them.
    interpolation : mapping
        Config section of that name.

    Returns
    -------
    DataFrame
        A row for each layer: `layer`, `source`, `kind`, `bands`, `holds` (classes, or the range of the cells), `unit`
        and `cover` (share of the cells).
    """
    used = {layer["column"] for name, layer in layers.items() if name not in files}
    ground.unused = [column for column in ground.unused if column not in used]
    around = _around(ground, deposits, interpolation)
    rows = []
    for name, layer in layers.items():
        row = {"layer": name, "source": files.get(name) or f"column {layer['column']!r} of the samples"}
        seen = around is not None and (name in files or around.samples is not None)
        found = None
        if around is not None and seen:
            found = findings.attempt(STAGE, layer_bands, name, layer, files.get(name), around)
            found = None if found is None else findings.attempt(LEAKS, refused_leak, found, around)
        elif name not in files:
            _check_column(findings, name, layer, ground)
        if found is not None:
            findings.warn(STAGE, found.warnings)
            row["source"] = found.where if name in files else row["source"]
        row["source"] = findings.local(row["source"])
        rows.append(row | (_row(found) if found is not None else {"holds": UNUSABLE if seen else NOT_SEEN}))
    return pd.DataFrame(rows)


def band_count(layers: pd.DataFrame) -> int:
    """Return how many bands the layers add to the cube, as far as they could be read."""
    return int(layers["bands"].sum()) if "bands" in layers else 0


def covariates_section(layers: pd.DataFrame) -> Section:
    """Return the part on what each layer comes to; an empty one without layers."""
    if layers.empty:
        return Section("covariates", "Covariates")
    columns = [
        Column("layer", "Layer"),
        Column("source", "Source"),
        Column("kind", "Kind"),
        Column(
            "holds", "Classes or range", None, "of the cells; classes with their share of the mapped ground"
        ),
        Column("unit", "Unit"),
        Column("cover", "Cells covered", lambda value: f"{value:.1%}"),
    ]
    unread = [text in (UNUSABLE, NOT_SEEN) for text in layers["holds"]]
    bands_in_all = band_count(layers)
    lead = [
        f"The network sees {amount(bands_in_all, 'band')} of {amount(len(layers), 'layer')} beside the elements."
    ]
    caption = "What each layer beside geochemistry comes to on the cells of the survey."
    return Section(
        "covariates",
        "Covariates",
        lead=lead if bands_in_all else [],
        tables=[table(layers, columns, caption, "table-covariates", strong=unread)],
    )


def _around(ground: Ground, deposits: pd.DataFrame | None, interpolation: Mapping[str, Any]) -> Around | None:
    """Return what layers are looked at with; None where the cells of the survey are not known."""
    if ground.grid is None or ground.mask is None or ground.crs is None or not ground.n_cells:
        return None
    places = np.empty((0, 2)) if deposits is None else deposits[["x", "y"]].to_numpy(dtype=np.float64)
    return Around(bands.Ground(ground.grid, ground.mask, ground.crs), places, interpolation, ground.samples)


def _check_column(findings: Findings, name: str, layer: Mapping[str, Any], ground: Ground) -> None:
    """Note that a column is missing, where samples could be read but not cleaned."""
    if ground.table is not None:
        key = f"covariates.{name}.column"
        findings.attempt(STAGE, require_column, ground.table, layer["column"], ground.source, key)


def _row(found: bands.Bands) -> dict[str, Any]:
    known = np.isfinite(found.values).all(axis=0)
    row = {"kind": found.kind, "bands": len(found.values), "unit": found.unit, "cover": float(known.mean())}
    if not found.classes:
        low, high = np.nanmin(found.values), np.nanmax(found.values)
        return row | {"holds": f"{significant(float(low))} to {significant(float(high))}"}
    share = found.values[:, known].mean(axis=1)
    order = np.argsort(-share, kind="stable")[:NAMED]
    named = [f"{found.classes[k]} ({number(100 * share[k], 1)} %)" for k in order]
    left = len(found.classes) - len(named)
    return row | {"holds": "; ".join(named) + (f"; {left} more" if left else "")}
