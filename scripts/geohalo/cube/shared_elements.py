"""The elements that two surveys have in common, on which a model of one can be applied to the other.

A log-ratio compares an element with the others of its composition: the centred log-ratio of copper among 50 elements is
another quantity than that among 20. Both cubes are therefore made anew from the shared elements alone, in one order.
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geohalo.errors import InputError


def shared_elements(
    source: Sequence[str], target: Sequence[str], fewest: int, names: tuple[str, str] = ("source", "target")
) -> list[str]:
    """Return the elements that both surveys have.

    Parameters
    ----------
    source, target : sequence of str
        Elements of each survey.
    fewest : int
        The fewest that will do.
    names : (str, str)
        Names of the surveys, for messages.

    Returns
    -------
    list of str
        In the order of the source, along which its spectrum branch slides.

    Raises
    ------
    InputError
        If there are fewer. The message lists the shared ones and those of either survey alone.
    """
    shared = [name for name in source if name in set(target)]
    if len(shared) < fewest:
        alone = [
            f"{name} alone has {', '.join(sorted(set(own) - set(shared))) or 'none'}"
            for name, own in zip(names, (source, target), strict=True)
        ]
        raise InputError(
            f"{names[0]} and {names[1]} share {len(shared)} element(s) ({', '.join(shared) or 'none'}), and a transfer "
            f"needs {fewest} (transfer.min_elements); {'; '.join(alone)}. samples_report.csv tells why an element was "
            "dropped."
        )
    return shared


def level_table(
    source: tuple[Sequence[str], NDArray[np.floating]],
    target: tuple[Sequence[str], NDArray[np.floating]],
) -> pd.DataFrame:
    """Compare the levels of the elements of two surveys.

    Parameters
    ----------
    source, target : (elements, medians)
        Names and, one for each, the median concentration over the cells.

    Returns
    -------
    pandas.DataFrame
        One row for each element of either: ``element``, ``shared``, ``source_median``, ``target_median`` (NaN where
        a survey lacks it) and their ratio ``target_to_source``.
    """
    columns = [
        pd.Series(np.asarray(medians, dtype=float), index=list(names), name=name)
        for name, (names, medians) in {"source_median": source, "target_median": target}.items()
    ]
    table = pd.concat(columns, axis=1)
    table.insert(0, "shared", table.notna().all(axis=1))
    table["target_to_source"] = table["target_median"] / table["source_median"]
    return table.rename_axis("element").reset_index()
