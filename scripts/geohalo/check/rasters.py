"""What a check understands of a survey that comes as rasters; where reading stops, each question is asked by itself."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyproj

from geohalo.check.cube import check_cube
from geohalo.check.findings import Findings
from geohalo.check.ground import Ground
from geohalo.cube.bands import Band
from geohalo.cube.raster_blanks import undeclared_blanks
from geohalo.cube.raster_places import common_grid, named, with_crs
from geohalo.cube.raster_units import Meaning, check_plausible, in_ppm, meanings
from geohalo.cube.rasters import read_bands, survey_of_bands
from geohalo.survey.elements import element_table

STAGE = "read_grids"


def check_rasters(
    findings: Findings, section: dict[str, Any], folder: str | Path, transform: str = "none"
) -> Ground:
    """Read rasters as a run does, and as far as they can be read where a run would stop.

    Parameters
    ----------
    findings : Findings
        Gets all errors and warnings.
    section : dict
        Config section `grids` with its defaults.
    folder : str or Path
        The data folder.
    transform : str
        Config key `cube.transform`.
    """
    source = str(Path(folder) / section.get("file", section.get("folder", "")))
    read = findings.attempt(STAGE, read_bands, section, Path(folder))
    if read is None:
        return Ground(source=source)
    bands, warnings = read
    findings.warn(STAGE, warnings)
    found = findings.attempt(STAGE, survey_of_bands, bands, warnings, section)
    of_bands = Findings().attempt(STAGE, meanings, bands, section)
    ground = Ground(source=source, columns=bands_table(bands, of_bands[0] if of_bands else []))
    if found is None:
        _apart(findings, bands, section)
        return ground
    findings.warn(STAGE, found.warnings)
    ground.elements, ground.grid, ground.mask = found.elements, found.grid, found.mask
    ground.crs = pyproj.CRS.from_wkt(found.crs.to_wkt())
    ground.places = ground.cells
    check_cube(findings, found.values[:, found.mask].T, found.elements, transform)
    return ground


def _apart(findings: Findings, bands: Sequence[Band], section: dict[str, Any]) -> None:
    """Ask what a run asks one after the other, so that all that stops it is found."""
    _, first = findings.errors[-1]
    placed = findings.attempt(STAGE, with_crs, bands, section.get("crs"))
    if placed is not None:
        grid = findings.attempt(STAGE, common_grid, placed)
        findings.warn(STAGE, grid[2] if grid else [])
    of_bands = findings.attempt(STAGE, meanings, bands, section)
    if of_bands is None:
        return
    found, doubts = of_bands
    findings.warn(STAGE, doubts)
    if section.get("nodata") is None:
        concentrations = {meaning.band.source for meaning in found if meaning.column}
        blanks = findings.attempt(STAGE, undeclared_blanks, bands, concentrations)
        if blanks is None:
            return  # codes for no data are no concentrations, plausible or not
        by_source = {band.source: band for band in blanks[0]}
        findings.warn(STAGE, blanks[1])
        found = [Meaning(by_source[m.band.source], m.name, m.column) for m in found]
    for meaning in found:
        if not first.startswith(findings.local(meaning.band.source)):
            findings.warn(STAGE, findings.attempt(STAGE, check_plausible, [in_ppm(meaning)], section) or [])


def bands_table(bands: Sequence[Band], found: Sequence[Meaning]) -> pd.DataFrame:
    """Return a row for each band: what it is taken for, and what it holds.

    Parameters
    ----------
    bands : sequence of Band
        As read.
    found : sequence of Meaning
        What they stand for; none where that is not known.

    Returns
    -------
    DataFrame
        `element`, `file`, `band`, `stated_unit` (of the file), `unit` and `factor` (to ppm, as taken), `nodata` (the
        code that the file declares), `size` (rows x columns), `cell`, `crs`, `n` (cells with a value), `missing`,
        `zeros`, and `low`, `median` and `high`: in ppm, or in the band's own unit where it is no concentration;
        `plausible_low` and `plausible_high` (ppm).
    """
    meaning = {one.band.source: one for one in found}
    known, rows = element_table(), []
    for band in bands:
        one = meaning.get(band.source)
        column = one.column if one else None
        factor = column.factor if column else 1.0
        values = band.values[np.isfinite(band.values)] * factor
        row: dict[str, Any] = {
            "element": one.name if one else band.element,
            "file": Path(band.file).name,
            "band": band.place,
            "stated_unit": band.unit,
            "unit": column.unit if column else ("none" if one else ""),
            "factor": factor if column else np.nan,
            "nodata": np.nan if band.nodata is None else band.nodata,
            "size": " x ".join(map(str, band.values.shape)),
            "cell": abs(band.transform.a),
            "crs": named(band.crs),
            "n": len(values),
            "missing": band.values.size - len(values),
            "zeros": int((values == 0).sum()),
        }
        spread = np.percentile(values, [0, 50, 100]).tolist() if len(values) else [np.nan] * 3
        row |= dict(zip(("low", "median", "high"), spread, strict=True))
        if column:
            row |= {
                "plausible_low": known["median_low_ppm"][column.element],
                "plausible_high": known["median_high_ppm"][column.element],
            }
        rows.append(row)
    return pd.DataFrame(rows)
