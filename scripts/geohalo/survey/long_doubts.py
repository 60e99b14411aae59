"""What is doubtful about a table with a row for each result."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from geohalo.input_warnings import InputWarning
from geohalo.survey.cells import plain_cells, to_numbers
from geohalo.survey.flags import unnamed_flags_of_results


def long_doubts(
    results: pd.DataFrame,
    table: pd.DataFrame,
    sample: npt.NDArray[np.int64],
    long: Mapping[str, Any],
    section: Mapping[str, Any],
    source: str,
) -> list[InputWarning]:
    """Return warnings of samples at several places, analytes that differ by their case alone, and flags not named.

    Parameters
    ----------
    results : pandas.DataFrame
        One row per result; used is `name`, the analyte.
    table : pandas.DataFrame
        The long table.
    sample : ndarray of int64, shape (rows,)
        Number of the sample of each row of the table.
    long, section : mapping
        Config sections `samples.long` and `samples`.
    source : str
        File name, for the warnings.
    """
    used = {section.get("x"), section.get("y"), *(column for column in long.values() if column)}
    return [
        *_several_places(table, sample, long, section, source),
        *_several_cases(results, long, source),
        *unnamed_flags_of_results(table, long, used, source),
    ]


def _several_places(
    table: pd.DataFrame,
    sample: npt.NDArray[np.int64],
    long: Mapping[str, Any],
    section: Mapping[str, Any],
    source: str,
) -> list[InputWarning]:
    axes = [name for name in (section.get("x"), section.get("y")) if name in table.columns]
    if not long.get("sample") or not axes:
        return []
    differs = np.zeros(len(table), dtype=bool)
    for name in axes:
        numbers, _ = to_numbers(table[name])
        value = pd.Series(
            numbers if np.isfinite(numbers).any() else pd.factorize(plain_cells(table[name]))[0]
        )
        differs |= (value - value.groupby(sample).transform("first")).abs().gt(1e-9 * value.abs()).to_numpy()
    if not differs.any():
        return []
    at = int(np.flatnonzero(differs)[0])
    count = len(np.unique(sample[differs]))
    return [
        InputWarning(
            f"{count} {'sample has' if count == 1 else 'samples have'} results at different coordinates (the first is "
            f"{str(table[long['sample']].iat[at])!r}), and the first ones are taken for all",
            "if several samples share a number, leave samples.long.sample empty: results that agree in all other "
            "columns are then one sample",
            source,
            str(long["sample"]),
            str(table.index[at]),
        )
    ]


def _several_cases(results: pd.DataFrame, long: Mapping[str, Any], source: str) -> list[InputWarning]:
    names = results["name"].drop_duplicates()
    alike = names[names.str.casefold().duplicated(keep=False)]
    if alike.empty:
        return []
    counts = results["name"].value_counts()
    first = str(alike.iloc[0])
    group = [str(name) for name in alike if str(name).casefold() == first.casefold()]
    message = ", ".join(f"{name!r} ({counts[name]} results)" for name in group)
    rare = min(group, key=lambda name: counts[name])
    return [
        InputWarning(
            f"{message} differ by upper and lower case alone and are read as analytes of their own",
            "spell them alike; samples.elements may match one of them and leave out the other",
            source,
            str(long["element"]),
            str(results.loc[results["name"] == rare, "row"].iloc[0]),
        )
    ]
