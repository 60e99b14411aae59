"""Surveys that come as rasters: one per element, or one with many bands."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rasterio.crs import CRS

from geohalo.cube.bands import Band
from geohalo.cube.gdal_bands import gdal_bands
from geohalo.cube.geosoft_bands import geosoft_band, is_geosoft
from geohalo.cube.grid import Grid
from geohalo.cube.netcdf_bands import about_places, is_netcdf, netcdf_bands
from geohalo.cube.raster_blanks import Blanks, check_smeared, undeclared_blanks, without_infinity
from geohalo.cube.raster_doubts import doubtful_values
from geohalo.cube.raster_files import Selection, listed, passed_over, raster_files
from geohalo.cube.raster_places import common_grid, with_crs
from geohalo.cube.raster_units import Meaning, check_plausible, in_ppm, meanings, without_zeros
from geohalo.errors import InputError
from geohalo.input_warnings import InputWarning


@dataclass(frozen=True)
class Rasters:
    """A survey that came as rasters.

    Attributes
    ----------
    elements : list of str
    values : ndarray (elements, rows, columns)
        In ppm; bands that are no concentration as they are.
    mask : ndarray (rows, columns) of bool
        Cells in which any raster has data.
    grid : Grid
        Centres of the cells in metres.
    crs : CRS
    warnings : list of InputWarning
        What is doubtful.
    """

    elements: list[str]
    values: NDArray[np.float64]
    mask: NDArray[np.bool_]
    grid: Grid
    crs: CRS
    warnings: list[InputWarning]


@dataclass(frozen=True)
class Request:
    """A file to read.

    Attributes
    ----------
    path : Path
    element : str or None
        What the name of the file tells; None where the file names its elements itself.
    unnamed : bool
        Whether bands may be without a name, as those that are no concentrations.
    selection : Selection
        Of the bands that are wanted.
    blanks : Blanks
        Values that stand for no data.
    """

    path: Path
    element: str | None
    unnamed: bool
    selection: Selection
    blanks: Blanks


Read = Callable[[Request], tuple[list[Band], list[InputWarning]]]


@dataclass(frozen=True)
class Reader:
    """What reads some formats of grids: which files are its own, by their name or first bytes, and how."""

    name: str
    detects: Callable[[Path], bool]
    read: Read


#: The first that takes a file for its own reads it.
READERS = (
    Reader(
        "NetCDF",
        is_netcdf,
        lambda one: netcdf_bands(one.path, one.element, one.selection, one.blanks),
    ),
    Reader("Geosoft", is_geosoft, lambda one: ([geosoft_band(one.path, one.element, one.blanks)], [])),
    Reader(
        "GDAL",
        lambda path: True,
        lambda one: gdal_bands(one.path, one.element, one.unnamed, one.selection, one.blanks),
    ),
)


def read_rasters(section: dict[str, Any], folder: Path) -> Rasters:
    """Read the rasters that the config section ``grids`` names, and check what they hold.

    Parameters
    ----------
    section : dict
        The config section ``grids`` with its defaults.
    folder : Path
        The data folder.

    Returns
    -------
    Rasters

    Raises
    ------
    InputError
        If a file is missing or cannot be read; if rasters have no name, no or different places; if units
        contradict each other or values cannot be; if there may be undeclared codes for no data; if no raster
        has any data, or one has none in a cell where another has.
    """
    bands, warnings = read_bands(section, folder)
    return survey_of_bands(bands, warnings, section)


def survey_of_bands(bands: Sequence[Band], warnings: list[InputWarning], section: dict[str, Any]) -> Rasters:
    """Make a survey of bands as they were read.

    Parameters
    ----------
    bands : sequence of Band
    warnings : list of InputWarning
        What was doubtful when they were read.
    section : dict
        The config section ``grids`` with its defaults.

    Returns
    -------
    Rasters

    Raises
    ------
    InputError
        See `read_rasters`.
    """
    bands = with_crs(bands, section.get("crs"))
    grid, crs, messages = common_grid(bands)
    warnings = [*warnings, *messages]
    checked = [without_infinity(band) for band in bands]
    bands = [band for band, _ in checked]
    warnings += [doubt for _, doubts in checked for doubt in doubts]
    found, messages = meanings(bands, section)
    warnings += messages
    concentrations = {meaning.band.source for meaning in found if meaning.column}
    if section.get("nodata") is None:
        cleared, messages = undeclared_blanks(bands, concentrations)
        warnings += messages
        by_source = {band.source: band for band in cleared}
        found = [Meaning(by_source[m.band.source], m.name, m.column) for m in found]
    if section.get("nodata") != []:
        for meaning in found:
            check_smeared(meaning.band, meaning.column is not None)
    for meaning in found:
        check_varies(meaning.band)
    found = [in_ppm(meaning) for meaning in found]
    warnings += check_plausible(found, section)
    warnings += doubtful_values(found)
    without_zero_cells = []
    for meaning in found:
        meaning, messages = without_zeros(meaning, section.get("floor", 0.5))
        without_zero_cells.append(meaning)
        warnings += messages
    values, mask = stack_bands([meaning.band for meaning in without_zero_cells])
    return Rasters([meaning.name for meaning in without_zero_cells], values, mask, grid, crs, warnings)


def read_bands(section: dict[str, Any], folder: Path) -> tuple[list[Band], list[InputWarning]]:
    """Read the files as they are.

    Parameters
    ----------
    section : dict
        With ``file``, or ``folder`` and ``pattern``; and ``unit``: with ``none``, bands of a GeoTIFF that
        have no description are named ``band_1``, ``band_2``, ...
    folder : Path
        The data folder.

    Returns
    -------
    bands : list of Band
        In the order of the file, or of the file names.
    warnings : list of InputWarning
        What was passed over.

    Raises
    ------
    InputError
        If a file is missing or cannot be read, a band has no name, or no file of the folder matches
        the pattern.
    """
    selection, blanks = Selection(section), Blanks(section.get("nodata"))
    files = raster_files(section, folder, selection=selection)
    bands, warnings = list[Band](), passed_over(section, folder)
    for path, element in files.items():
        reader = next(reader for reader in READERS if reader.detects(path))
        found, messages = reader.read(
            Request(path, element, section.get("unit") == "none", selection, blanks)
        )
        bands += found
        warnings += messages
    where = str(folder / section.get("file", section.get("folder", "")))
    selection.check_met(where)
    left = [band for band in bands if selection.names(band.element) or not about_places(band.element)]
    if len(left) < len(bands):
        over = listed(
            [
                band.element
                for band in bands
                if about_places(band.element) and not selection.names(band.element)
            ]
        )
        warnings.append(
            InputWarning(
                f"bands that hold coordinates were passed over: {over}", "name them in grids.exclude", where
            )
        )
    if not left:
        raise InputError(f"{where}: config keys grids.include and grids.exclude leave no band.")
    return left, [*warnings, *blanks.unmet()]


def check_varies(band: Band) -> None:
    """Stop when a band has one value everywhere, which tells nothing.

    Raises
    ------
    InputError
    """
    present = band.values[np.isfinite(band.values)]
    if present.size and present.min() == present.max():
        raise InputError(
            f"{band.source}: the same value, {present[0]:.6g}, in all {present.size} cells, which tells nothing. Leave "
            "the band out with grids.exclude, or check the file."
        )


def stack_bands(bands: Sequence[Band]) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Stack the rasters of all elements.

    Parameters
    ----------
    bands : sequence of Band
        On one grid.

    Returns
    -------
    values : ndarray (elements, rows, columns)
    mask : ndarray (rows, columns) of bool
        Cells in which any raster has data.

    Raises
    ------
    InputError
        If no raster has any data, or one has none in a cell where another has.
    """
    stack = np.stack([band.values for band in bands])
    finite = np.isfinite(stack)
    mask: NDArray[np.bool_] = np.any(finite, axis=0)
    if not mask.any():
        raise InputError(f"{bands[0].source}: no cell of this or any other raster has data.")
    for band, present in zip(bands, finite, strict=True):
        if not present.any():
            raise InputError(f"{band.source}: no cell has data; leave the element out with grids.exclude.")
        holes = mask & ~present
        if holes.any():
            row, column = np.argwhere(holes)[0]
            raise InputError(
                f"{band.source}: {holes.sum()} cells have no data where other elements have (the first "
                f"at row {row + 1}, column {column + 1}, counted from the northwest). Fill them, mask "
                "the same cells in all rasters, or leave the element out with grids.exclude."
            )
    return stack, mask
