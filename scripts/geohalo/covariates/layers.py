"""One layer of the config: read, brought to the grid of a survey, and judged."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geohalo.covariates.bands import Bands, Ground, checked_cover, merged_rare
from geohalo.covariates.leaks import check_not_from_deposits
from geohalo.survey.table_files import LAYERS


@dataclass(frozen=True)
class SampleTable:
    """What a layer needs that is a column of the samples.

    Attributes
    ----------
    table : DataFrame
        As `geohalo.survey.sample_tables.read_samples` returns it.
    source : str
        File, for messages.
    rows : sequence of str, (samples,)
        Rows of the file that each clean sample came from, joined by ``;``.
    places : ndarray (samples, 2)
        In metres.
    """

    table: pd.DataFrame
    source: str
    rows: Sequence[str]
    places: NDArray[np.float64]


@dataclass(frozen=True)
class Around:
    """What layers are looked at with.

    Attributes
    ----------
    ground : Ground
        Cells of the survey.
    deposits : ndarray (deposits, 2)
        Places of the known deposits in metres. They are looked at only to refuse layers that are made from them.
    interpolation : mapping
        Config section of that name, for columns of the samples.
    samples : SampleTable, optional
        Needed for these columns.
    """

    ground: Ground
    deposits: NDArray[np.float64] = field(default_factory=lambda: np.empty((0, 2)))
    interpolation: Mapping[str, Any] = field(default_factory=dict)
    samples: SampleTable | None = None


def layer_bands(name: str, layer: Mapping[str, Any], file: str | Path | None, around: Around) -> Bands:
    """Bring one layer to the cells of a survey as a run uses it.

    Parameters
    ----------
    name : str
        Of the layer, in the config.
    layer : mapping
        Config section ``covariates.<name>`` with its defaults.
    file : str or Path, optional
        Of a layer that has one; else it is a column of the samples.
    around : Around
        Its deposits are not looked at.

    Returns
    -------
    Bands
        Rare classes are one band; doubts are in its ``warnings``.

    Raises
    ------
    InputError
        The layer cannot be read, covers too little of the survey, is the same everywhere, or has too many classes.
    """
    bands = _of_samples(name, layer, around) if file is None else _of_file(name, Path(file), layer, around)
    return merged_rare(checked_cover(bands, f"covariates.{name}"))


def refused_leak(bands: Bands, around: Around) -> Bands:
    """Return a layer; stop if it is made from the known deposits (`geohalo.covariates.leaks`).

    Raises
    ------
    InputError
    """
    asked = around.ground.cells, around.ground.grid.cell, around.deposits
    return replace(bands, warnings=(*bands.warnings, *check_not_from_deposits([bands], *asked)))


def _of_samples(name: str, layer: Mapping[str, Any], around: Around) -> Bands:
    from geohalo.covariates.sample_columns import sample_bands

    if around.samples is None:
        raise ValueError("columns of samples need the samples and their table")
    samples, cells = around.samples, around.ground.cells
    known = (samples.rows, samples.places, cells, around.interpolation, samples.source)
    return sample_bands(name, samples.table, layer, *known)


def _of_file(name: str, path: Path, layer: Mapping[str, Any], around: Around) -> Bands:
    from geohalo.covariates.rasters import raster_bands  # slow to import
    from geohalo.covariates.shapes import shape_bands

    if path.suffix.lower() in LAYERS or path.suffix.lower() == ".zip":
        return shape_bands(name, path, layer, around.ground)
    return raster_bands(name, path, layer, around.ground)
