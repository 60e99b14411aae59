"""Rasters in the formats that GDAL reads: GeoTIFF, ESRI ASCII, ER Mapper, Surfer, GXF and more."""

import re
from pathlib import Path

import numpy as np
import pyproj
import rasterio
from numpy.typing import NDArray
from rasterio.crs import CRS
from rasterio.enums import ColorInterp, MaskFlags
from rasterio.errors import RasterioError
from rasterio.transform import Affine

from geohalo.cube.bands import Band, north_up, one_line
from geohalo.cube.raster_access import crs_of, opacity_band, opened
from geohalo.cube.raster_blanks import ROUNDING, Blanks
from geohalo.cube.raster_files import Selection, other_name
from geohalo.errors import InputError
from geohalo.input_warnings import InputWarning

#: Headers, and the suffixes of the files that hold the values.
_VALUES = {".sgrd": (".sdat",), ".hdr": (".bil", ".flt", ".img", ".dat", ".bsq", ".bip"), ".rdc": (".rst",)}
#: Tags in which programs keep the unit of the values, in small letters.
_UNIT_TAGS = {"unit", "units", "unittype", "unit_type"}
_LENGTHS = {"m", "metre", "meter", "metres", "meters", "ft", "foot", "feet", "us survey foot"}
_ROTATION = re.compile(r"^\s*Rotation\s*=\s*(-?[\d:.]+)\s*$", re.MULTILINE)
_SAGA_UNIT = re.compile(r"^UNIT\s*=[ \t]*(.*)$", re.MULTILINE)
_WORD = re.compile(r"(?<!\S)(?!-?(?:nan|inf(?:inity)?)(?!\S))[-<>*]?[^\s\d.,+-]\S*", re.IGNORECASE)
_HEADER_LINE = re.compile(
    r"\s*(?:n(?:cols|rows|odata_value)|[xy]ll(?:corner|cent(?:er|re))|cellsize|d[xy])\b", re.IGNORECASE
)
_DUMMY = re.compile(r"^#DUMMY[^\n]*\n\s*([-+.\deE]+)\s*$", re.MULTILINE)


def gdal_bands(
    path: Path, name: str | None, numbered: bool, selection: Selection, blanks: Blanks
) -> tuple[list[Band], list[InputWarning]]:
    """Read the bands of a raster file.

    Parameters
    ----------
    path : Path
    name : str or None
        The element, if the name of the file tells it; the bands' descriptions do otherwise.
    numbered : bool
        Whether a band without a description goes by its number.
    selection : Selection
        Which bands are wanted.
    blanks : Blanks
        Codes for no data.

    Returns
    -------
    bands : list of Band
    warnings : list of InputWarning
        That the file calls its element by another name than its own, or may be a picture.

    Raises
    ------
    InputError
        If the file cannot be read, does not state its place, names others on the network, or a band has no name.
    """
    try:
        with opened(path) as data:
            opacity = opacity_band(data)
            numbers, names = _bands_of_values(path, data, name, numbered, opacity)
            chosen = [
                (k, band) for k, band in zip(numbers, names, strict=True) if selection.takes(band, path.name)
            ]
            _check_place(path, data)
            _stop_at_words(path, data)
            crs = crs_of(path, data)
            visible = data.read(opacity) > 0 if opacity else np.ones(data.shape, dtype=bool)
            # Before values are read: where that fails and is made good, rasterio raises the error once more.
            doubts = [doubt for k, _ in chosen for doubt in _palette(path, data, k)]
            described = (data.descriptions[numbers[0] - 1] or "").strip()
            name_warnings = other_name(path, name, described, f"band {numbers[0]}")
            bands = [_band(path, data, k, band, crs, blanks, visible) for k, band in chosen]
            return bands, [*name_warnings, *doubts]
    except RasterioError as error:
        raise InputError(
            f"{path}: this is not a raster that GDAL can read ({one_line(error)}).{_way_out(path)}"
        ) from error


def _bands_of_values(
    path: Path, data: rasterio.DatasetReader, name: str | None, numbered: bool, opacity: int | None
) -> tuple[list[int], list[str]]:
    """Return numbers and names of the bands, but for those that hold opacity or colours beside the values."""
    numbers = [k for k in data.indexes if k != opacity]
    if data.driver == "NWT_GRD" and data.count == 4:
        numbers = [4]  # after red, green and blue
    if name and len(numbers) != 1:
        raise InputError(f"{path}: {len(numbers)} bands; a file named after one element has one band.")
    names = [name] if name else [(data.descriptions[k - 1] or "").strip() for k in numbers]
    if numbered:
        names = [text or f"band_{k}" for k, text in zip(numbers, names, strict=True)]
    if "" in names:
        raise InputError(
            f"{path}, band {numbers[names.index('')]}: the band has no description; set it to the element's name, name "
            "single-band files after their elements (grids.folder and grids.pattern), or set grids.unit: none if "
            "the bands are no concentrations."
        )
    return numbers, names


def _check_place(path: Path, data: rasterio.DatasetReader) -> None:
    if data.transform == Affine.identity():
        raise InputError(
            f"{path}: the raster does not state its place; set it (gdal_edit.py -a_ullr -a_srs)."
        )
    # GDAL reads the header of ER Mapper but for its angle.
    found = (
        _ROTATION.search(path.read_text(encoding="utf-8", errors="replace")) if data.driver == "ERS" else None
    )
    if found and any(float(part) for part in re.findall(r"[\d.]+", found[1])):
        raise InputError(
            f"{path}: the raster is rotated (Rotation = {found[1].strip()}); warp it to a north-up grid in the "
            "software that wrote it."
        )


def _stop_at_words(path: Path, data: rasterio.DatasetReader) -> None:
    """Stop at words among the numbers of an ESRI ASCII grid, which GDAL reads as 0."""
    if data.driver != "AAIGrid":
        return
    with path.open(encoding="utf-8", errors="replace") as lines:
        for number, line in enumerate(lines, start=1):
            found = _WORD.search(line)
            if found and not _HEADER_LINE.match(line):
                raise InputError(
                    f"{path}, line {number}: {found[0][:20]!r} is not a number; write the code for no data "
                    "(NODATA_value) in its place, or mend the file."
                )


def _band(
    path: Path,
    data: rasterio.DatasetReader,
    k: int,
    name: str,
    crs: CRS | None,
    blanks: Blanks,
    visible: NDArray[np.bool_],
) -> Band:
    stored = data.dtypes[k - 1]
    if "complex" in stored:
        raise InputError(
            f"{path}, band {k}: the values are complex numbers; save their magnitude, or leave the band out with "
            "grids.exclude."
        )
    title = (data.descriptions[k - 1] or "").strip()
    if data.count == 1:
        title = title or data.tags().get("TIFFTAG_IMAGEDESCRIPTION", "").strip()
    unit = _unit(path, data, k, crs)
    values = np.where(visible, _values(path, data, k, blanks), np.nan)
    values, transform = north_up(values, data.transform)
    return Band(
        name,
        str(path),
        f"band {k}",
        values,
        transform,
        crs,
        unit,
        title,
        data.scales[k - 1],
        data.offsets[k - 1],
        stored,
        data.nodatavals[k - 1],
    )


def _unit(path: Path, data: rasterio.DatasetReader, k: int, crs: CRS | None) -> str:
    """Return the unit of a band: where the driver finds it, else from tags, else from the header of SAGA."""
    unit = (data.units[k - 1] or "").strip()
    if unit.lower() in _LENGTHS and crs is not None and pyproj.CRS.from_wkt(crs.to_wkt()).is_compound:
        # The unit of heights in the CRS, which GDAL gives to all bands.
        unit = ""
    tags = data.tags(k) | ({} if data.count > 1 else data.tags())
    stated = [unit, *(text for tag, text in tags.items() if tag.lower() in _UNIT_TAGS)]
    if data.driver == "SAGA" and (header := path.with_suffix(".sgrd")).is_file():
        stated += re.findall(
            r"^UNIT\s*=[ \t]*(.*)$", header.read_text(encoding="utf-8", errors="replace"), re.MULTILINE
        )
    return next((text.strip() for text in stated if text.strip()), "")


def _palette(path: Path, data: rasterio.DatasetReader, k: int) -> list[InputWarning]:
    if data.colorinterp[k - 1] != ColorInterp.palette:
        return []
    return [
        InputWarning(
            "the band has a table of colours: its numbers may be those of classes or colours, not values",
            "leave it out with grids.exclude if it is a picture or a map of classes",
            str(path),
            row=f"band {k}",
        )
    ]


def _values(path: Path, data: rasterio.DatasetReader, k: int, blanks: Blanks) -> NDArray[np.float64]:
    """Read one band, scaled, NaN where there is no data."""
    try:
        # Of a band that is called opacity GDAL makes a mask: `opacity_band` knows better.
        masked = MaskFlags.alpha not in data.mask_flag_enums[k - 1]
        layer = np.ma.filled(data.read(k, masked=masked).astype(np.float64), np.nan)
    except RasterioError as error:
        if data.driver != "GSAG":
            raise
        layer = _surfer_ascii(path, data, error)
    declared = data.nodatavals[k - 1]
    if declared is None and data.driver == "GXF":
        # GDAL reads the dummy value of some forms and passes over that of others.
        found = _DUMMY.search(path.read_text(encoding="utf-8", errors="replace"))
        declared = float(found[1]) if found else None
    if declared is not None:
        # A code that is written as text is not always the number that the cells hold.
        layer[np.isclose(layer, declared, rtol=ROUNDING, atol=0)] = np.nan
    return blanks.remove(blanks.remove(layer) * data.scales[k - 1] + data.offsets[k - 1])


def _surfer_ascii(path: Path, data: rasterio.DatasetReader, error: RasterioError) -> NDArray[np.float64]:
    """Read the numbers of a Surfer ASCII grid in which blanks are `nan`: GDAL writes such files, and fails at them."""
    words = path.read_text(encoding="ascii", errors="replace").split()
    # After DSAA come the sizes and the ranges of x, y and z; the first row is the southernmost.
    try:
        numbers = np.array(words[9:], dtype=np.float64)
    except ValueError:
        raise error from None
    if numbers.size != data.height * data.width:
        raise InputError(
            f"{path}: {numbers.size} values for {data.height} x {data.width} cells; the file is cut off."
        )
    layer: NDArray[np.float64] = numbers.reshape(data.shape)[::-1].copy()
    layer[layer >= float(data.nodata or np.inf) * (1 - 1e-6)] = np.nan
    return layer


def _way_out(path: Path) -> str:
    """Tell what to do with a file that is no raster of GDAL's: a header, a placeholder, a page."""
    with path.open("rb") as file:
        first = file.read(512)
    if not first:
        return " The file is empty; copy it again."
    if first.startswith(b"version https://git-lfs"):
        return " It is a placeholder of Git LFS: fetch the file itself (git lfs pull)."
    if path.suffix.lower() == ".xyz" and first.lstrip().lower().startswith((b"/", b"line", b"tie")):
        return (
            " It is a file of lines of Geosoft, not a grid: export the grid of the channel (as .grd or GeoTIFF), or "
            "the database as CSV for the section samples."
        )
    if first.lstrip().lower().startswith((b"<html", b"<!doctype html")):
        return " It is a web page, such as a form to log in, in place of the file; download it again."
    values = next(
        (path.with_suffix(s) for s in _VALUES.get(path.suffix.lower(), ()) if path.with_suffix(s).is_file()),
        None,
    )
    if values:
        return (
            f" It is a header: name the file with the values, {values.name}, in grids.pattern or grids.file."
        )
    return ""
