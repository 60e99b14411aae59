"""Bring all layers beside geochemistry to the grid of the survey."""

from collections.abc import Mapping
from typing import Any

import geopandas as gpd
import xarray as xr
from pyproj import CRS

from geohalo.covariates.bands import Ground
from geohalo.covariates.layers import Around, SampleTable, layer_bands
from geohalo.errors import InputError
from geohalo.files.cells import Survey
from geohalo.files.covariates import write_covariates
from geohalo.files.input_warnings import leave_warnings
from geohalo.progress import steps


def prepare_covariates(
    elements: str,
    layers: Mapping[str, Mapping[str, Any]],
    files: Mapping[str, str],
    interpolation: Mapping[str, Any],
    covariates: str,
    warnings: str | None = None,
    samples: str | None = None,
    table: str | None = None,
    section: Mapping[str, Any] | None = None,
    assays: str | None = None,
    folder: str = "",
) -> list[str]:
    """Write the bands of all layers; returns lines for the log.

    Parameters
    ----------
    elements : str
        File of the gridded elements, which says where the survey is.
    layers : mapping
        Config section ``covariates`` with its defaults.
    files : mapping
        File of each layer that has one.
    interpolation : mapping
        Config section of that name, for columns of the samples.
    covariates : str
        File to write.
    warnings : str, optional
        Table of doubts to write.
    samples, table, section, assays
        Clean samples, the table they came from, the config section ``samples`` and the table of assays that it joins,
        for columns of the samples.
    folder : str
        The data folder.
    """
    with xr.open_dataset(elements) as data:
        survey, names = Survey.of(data), {str(name) for name in data["element"].to_numpy()}
    for name in names & set(layers):
        raise InputError(
            f"config key covariates.{name}: the survey has an element of this name; give the layer another one."
        )
    ground = Ground(survey.grid, survey.mask, CRS.from_wkt(survey.crs))
    of_samples = None if set(layers) <= set(files) else _sample_table(samples, table, section, assays)
    around = Around(ground, interpolation=interpolation, samples=of_samples)
    bands = [
        layer_bands(name, one, files.get(name), around) for name, one in steps(list(layers.items()), "layer")
    ]
    write_covariates(survey, bands, covariates)
    doubts = [doubt for one in bands for doubt in one.warnings]
    told = [f"{one.layer}: {one.kind}, {', '.join(one.classes) or one.unit or 'no unit'}" for one in bands]
    return [*leave_warnings("prepare_covariates", doubts, warnings, folder), *told]


def _sample_table(
    samples: str | None, table: str | None, section: Mapping[str, Any] | None, assays: str | None
) -> SampleTable:
    """Read the table of samples, and which of its rows and which place each clean sample has."""
    from geohalo.survey.sample_tables import read_samples  # slow to import

    if samples is None or table is None or section is None:
        raise ValueError("columns of samples need the samples and their table")
    rows, source = read_samples(table, section, assays)
    clean = gpd.read_parquet(samples, columns=["sample", "geometry"])
    return SampleTable(rows, source, clean["sample"].tolist(), clean.get_coordinates().to_numpy())
