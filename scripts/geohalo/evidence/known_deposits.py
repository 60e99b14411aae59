"""What is said of known deposits before any fold is trained: their groups, doubts, and those that are lost."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from geohalo.errors import InputError
from geohalo.evidence.candidates import NONE
from geohalo.evidence.checks import FoldError
from geohalo.evidence.deposit_sides import check_sides, deposit_sides, left_out
from geohalo.evidence.folds import Folds, group_deposits
from geohalo.evidence.label_doubts import narrow_radius
from geohalo.fact_splits import FACT_SCHEMES
from geohalo.input_warnings import InputWarning, from_records
from geohalo.survey.commodities import commodities_not_measured


def deposit_doubts(
    deposits: gpd.GeoDataFrame,
    section: Mapping[str, Any],
    elements: Sequence[str],
    labels: Mapping[str, Any] | None,
    spacing: float | None,
) -> list[InputWarning]:
    """Return what is doubtful in deposits and in what the config says of them.

    Parameters
    ----------
    deposits : GeoDataFrame
        What `geohalo.survey.deposits.clean_deposits` returns.
    section : mapping
        Config section `deposits`.
    elements : sequence of str
        Elements of the survey.
    labels : mapping, optional
        Config section `labels`.
    spacing : float, optional
        Median distance in metres from a sample to the next one; none for rasters, which do not tell.
    """
    source = str(deposits.attrs["source"])
    messages = [commodities_not_measured(section.get("commodities"), elements, source)]
    if labels and spacing is not None:
        messages.append(narrow_radius(spacing, labels))
    found = [*from_records(deposits.attrs["warnings"]), *(one for one in messages if one)]
    if labels and set(labels.get("extra_splits", [])) & set(FACT_SCHEMES):
        inside, group = _inside_groups(deposits, labels["group_distance"])
        found += left_out(labels["extra_splits"], inside, group, section, labels, source)
    return found


def group_sizes(deposits: gpd.GeoDataFrame, distance: float) -> np.ndarray:
    """Return the number of deposits of each group (G,), of those on surveyed ground; ``distance`` in metres."""
    return np.bincount(_inside_groups(deposits, distance)[1])


def check_known_sides(deposits: gpd.GeoDataFrame, labels: Mapping[str, Any]) -> None:
    """Raise InputError if the deposits inside do not form two groups on each side of a split that asks for it."""
    inside, group = _inside_groups(deposits, labels["group_distance"])
    for scheme in labels.get("extra_splits", []):
        if scheme in FACT_SCHEMES:
            check_sides(scheme, deposit_sides(scheme, inside, group, labels), group, inside, labels)


def _inside_groups(deposits: gpd.GeoDataFrame, distance: float) -> tuple[gpd.GeoDataFrame, np.ndarray]:
    """Return the deposits on surveyed ground, and the group of each."""
    inside = deposits[deposits["inside"]]
    return inside, group_deposits(inside.get_coordinates().to_numpy(), distance)


@contextmanager
def deposit_names_in_error(names: pd.Series) -> Iterator[None]:
    """Add the names of the deposits that a fold holds out to what is wrong with it; ``names`` are those of all."""
    try:
        yield
    except FoldError as error:
        known = ", ".join(name for name in names.iloc[error.deposits] if name)
        raise InputError(f"{error} It holds out: {known}." if known else str(error)) from None


def without_cell(deposits: pd.DataFrame, folds: Folds) -> list[str]:
    """Name the deposits on surveyed ground that are not used since no cell lies near enough; by row without a name."""
    lost = deposits[deposits["inside"].to_numpy() & (folds.deposit_group == NONE)]
    return [name or f"row {row}" for name, row in zip(lost["name"], lost["row"], strict=True)]
