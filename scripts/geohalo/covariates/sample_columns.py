"""Columns of the samples that are no concentrations: heights, pH, loss on ignition, codes of rocks."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geohalo.covariates.bands import Bands, check_number_of_classes, codes_doubt
from geohalo.cube.interpolation import InverseDistance
from geohalo.errors import InputError
from geohalo.input_warnings import InputWarning
from geohalo.survey.cells import cell_text, require_column, row_numbers, to_numbers

#: Samples that must have a value, at least, and the share of cells that may be neither empty nor a number.
FEWEST, FEW_WORDS = 30, 0.05


def sample_bands(
    name: str,
    table: pd.DataFrame,
    layer: Mapping[str, Any],
    rows: Sequence[str],
    places: NDArray[np.float64],
    targets: NDArray[np.float64],
    settings: Mapping[str, Any],
    source: str,
) -> Bands:
    """Bring a column of the table of samples to the cells of a survey.

    Numbers are interpolated by inverse distance as they are, without logarithms. Of codes, the share of each among
    the samples around a cell is its weight in the same interpolation. Of rows merged to one sample, numbers are
    averaged and the most frequent code counts.

    Parameters
    ----------
    name : str
        Of the layer, in the config.
    table : DataFrame
        As `geohalo.survey.sample_tables.read_samples` returns it.
    layer : mapping
        Config section ``covariates.<name>``: ``column``, ``kind``, ``missing``, ``names``.
    rows : sequence of str, (samples,)
        Rows of the file that each sample came from, joined by ``;``.
    places : ndarray (samples, 2)
        In metres.
    targets : ndarray (cells, 2)
        Centres of the cells.
    settings : mapping
        Config section ``interpolation``: ``neighbours``, ``power`` and ``anisotropy``.
    source : str
        File, for messages.

    Raises
    ------
    InputError
        There is no such column, it has too few values, words among its numbers, or too many classes.
    """
    key, column = f"covariates.{name}", layer["column"]
    require_column(table, column, source, f"{key}.column")
    where = f"{source}, column {column!r}"
    cells, sample = _cells_of_samples(table, column, rows, [str(one) for one in layer.get("missing") or ()])
    if layer.get("kind") == "categorical":
        names = {str(code): str(text) for code, text in (layer.get("names") or {}).items()}
        classes, values = _indicators(cells, sample, len(rows), names, where, key)
        doubts: list[InputWarning] = []
    else:
        stated = layer.get("kind") is not None
        classes, (values, doubts) = (), _numbers(cells, sample, len(rows), source, key, stated)
    if np.isfinite(values[:, 0]).sum() < FEWEST:
        raise InputError(
            f"{where}: {np.isfinite(values[:, 0]).sum()} samples have a value, and at least {FEWEST} are needed; leave "
            f"{key} out."
        )
    near, _ = InverseDistance.fit(places, values, settings).estimate(targets)
    kind = "categorical" if classes else "continuous"
    return Bands(name, kind, classes, near.T.astype(np.float32), "", source, tuple(doubts), column)


def _cells_of_samples(
    table: pd.DataFrame, column: str, rows: Sequence[str], missing: Sequence[str]
) -> tuple[pd.Series, NDArray[np.int64]]:
    """Return the cells of a column that clean samples came from, missing where without a value, and whose they are."""
    sample, row = _sample_of_rows(rows)
    at = pd.Series(np.arange(len(table)), index=row_numbers(table)).reindex(row).to_numpy()
    cells = table[column].iloc[at].reset_index(drop=True)
    return cells.mask(cell_text(cells).isin(["", *missing]).to_numpy()), sample


def _sample_of_rows(rows: Sequence[str]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the sample and the number of each row of the file."""
    split = [[int(one) for one in str(text).split(";")] for text in rows]
    sample = np.repeat(np.arange(len(split)), [len(one) for one in split])
    return sample, np.array([number for one in split for number in one], dtype=np.int64)


def _numbers(
    cells: pd.Series, sample: NDArray[np.int64], samples: int, source: str, key: str, stated: bool
) -> tuple[NDArray[np.float64], list[InputWarning]]:
    """Return the mean number of each sample, (samples, 1), NaN where it has none; stated says that they are numbers."""
    column = str(cells.name)
    numbers, words = to_numbers(cells)
    words = words & cells.notna().to_numpy()
    if words.sum() > FEW_WORDS * max(1, cells.notna().sum()):
        raise InputError(
            f"{source}, column {column!r}: {words.sum()} cells are no numbers ({str(cells[words].iloc[0])[:30]!r}, "
            f"...); set {key}.kind: categorical if they are classes, or list what stands for no value in "
            f"{key}.missing."
        )
    doubts = []
    if words.any():
        doubts.append(
            InputWarning(
                f"{words.sum()} cells are no numbers ({str(cells[words].iloc[0])[:30]!r}) and were left out",
                f"list what stands for no value in {key}.missing",
                source,
                column,
            )
        )
    known = np.isfinite(numbers)
    doubts += [] if stated else codes_doubt(numbers[known], "column", source, key, column)
    count = np.bincount(sample[known], minlength=samples)
    total = np.bincount(sample[known], numbers[known], samples)
    with np.errstate(invalid="ignore"):
        return np.where(count > 0, total / count, np.nan)[:, None], doubts


def _indicators(
    cells: pd.Series,
    sample: NDArray[np.int64],
    samples: int,
    names: Mapping[str, str],
    where: str,
    key: str,
) -> tuple[tuple[str, ...], NDArray[np.float64]]:
    """Return the classes and which of them each sample has, (samples, classes) of 0 and 1, NaN where it has none."""
    known = cells.notna().to_numpy()
    # 35 and 35.0 are one code, however the file holds them.
    text = cell_text(cells[known]).str.replace(r"^(-?\d+)\.0+$", r"\1", regex=True)
    classes, code = np.unique(text.to_numpy(dtype=str), return_inverse=True)
    check_number_of_classes(classes.tolist(), where, key)
    count = np.zeros((samples, len(classes)))
    np.add.at(count, (sample[known], code), 1)
    found = np.full(count.shape, np.nan)
    some = count.sum(axis=1) > 0
    found[some] = np.eye(len(classes))[count[some].argmax(axis=1)] if some.any() else np.nan
    return tuple(names.get(one, one) for one in classes), found
