"""The table of samples as the config describes it: read, long tables made wide, assays joined."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from geohalo.errors import InputError
from geohalo.survey.cells import keep_rows
from geohalo.survey.layout import Form, form_of
from geohalo.survey.long_tables import join_assays, widen
from geohalo.survey.spelling import plain_columns, plain_section
from geohalo.survey.tables import read_table


def read_samples(
    path: str | Path, section: Mapping[str, Any], assays: str | Path | None = None
) -> tuple[pd.DataFrame, str]:
    """Read the table of samples, one row per sample.

    Parameters
    ----------
    path : str or Path
        The file that `samples.file` names.
    section : mapping
        Config section `samples` with all defaults filled in.
    assays : str or Path, optional
        The file that `samples.join.file` names.

    Returns
    -------
    table : pandas.DataFrame or geopandas.GeoDataFrame
        As `clean_samples` takes it. `attrs` holds `units`, `warnings` and what `widen` adds, and `kept`, the columns
        of `samples.keep` that have been looked at.
    source : str
        What messages call it.
    """
    path, section = Path(path), plain_section(section)
    join, long = section.get("join"), section.get("long")
    if long is not None and not section.get("join"):
        table = _read(path, section, form_of(section | {"units_row": None}, "samples"))
        table = _kept_part(table, section, str(path))
        return widen(table, long, section, str(path)), str(path)
    table = _read(path, section, form_of(section, "samples"))
    if not join:
        return table, str(path)
    if assays is None:
        raise InputError("samples.join: the file of assays is not given")
    form = form_of(join | {"units": section.get("units", {})}, "samples.join")
    other = _kept_part(_read(assays, join, form), section, str(assays))
    if long is not None:
        named = {"sample": join.get("file_key") or join["key"]} | {k: v for k, v in long.items() if v}
        other = widen(other, named, section, str(assays))
    table = _kept_part(table, section, str(path))
    source = f"{path} (with {Path(assays).name})"
    return join_assays(table, other, join, str(path), str(assays)), source


def _read(path: str | Path, section: Mapping[str, Any], form: Form) -> pd.DataFrame:
    return plain_columns(read_table(path, section.get("layer"), form))


def _kept_part(table: pd.DataFrame, section: Mapping[str, Any], source: str) -> pd.DataFrame:
    """Apply those columns of `samples.keep` that a table has."""
    keep = {column: values for column, values in section.get("keep", {}).items() if column in table.columns}
    attrs = table.attrs
    table = keep_rows(table, keep, source, "samples.keep")
    table.attrs = attrs | {"kept": list(keep)}
    return table
