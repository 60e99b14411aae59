"""Opening rasters with GDAL: by drivers of files alone, whole, and without a request to the network.

A raster may be text that names others: a virtual raster (VRT), the description of a web service. Whoever sends one
would have it read from wherever it says, so that such a file is read only if all that it names is on this computer.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pyproj
import rasterio
from pyproj.exceptions import CRSError
from rasterio.crs import CRS
from rasterio.enums import ColorInterp
from rasterio.io import DatasetReader

from geohalo.errors import InputError

# fmt: off
#: Drivers of files that hold their values themselves, and of virtual rasters.
DRIVERS = (
    "GTiff", "VRT", "AAIGrid", "GRASSASCIIGrid", "AIG", "ERS", "GSAG", "GSBG", "GS7BG", "GXF", "SAGA", "HFA",
    "ENVI", "EHdr", "PCIDSK", "RST", "ILWIS", "PCRaster", "XYZ", "ZMap", "NWT_GRD", "NWT_GRC", "BT", "RRASTER",
    "netCDF", "HDF5", "HDF5Image", "BAG", "GPKG", "MFF", "MFF2", "VICAR", "ISIS2", "ISIS3", "PDS", "PDS4",
    "ROI_PAC", "ISCE", "LAN", "LCP", "KRO", "Leveller", "Terragen", "HF2", "SIGDEM", "USGSDEM", "DTED",
    "SRTMHGT", "GTX", "NTv2", "ISG", "GRIB", "PAux", "BMP", "PNG", "JPEG", "GIF", "JP2OpenJPEG", "SDTS",
    "NOAA_B", "SNODAS", "GSC", "KEA",
)
# fmt: on
#: GDAL opens no address whose name has another ending than this.
_NO_NETWORK = {"CPL_VSIL_CURL_ALLOWED_EXTENSIONS": ".geohalo-reads-no-address"}
#: What reaches beyond the computer: addresses, GDAL's file systems on the network, its descriptions of services.
_REMOTE = re.compile(
    r"[a-z][a-z0-9+.-]*://|/vsi(?!zip|gzip|tar|7z|rar|subfile|sparse|crypt)[a-z0-9_]+|<\s*(?:GDAL_)?(?:WMS|TMS|WCS|WMTS)"
    r"|<\s*(?:GDAL_WMS|WCS_GDAL|GDAL_WMTS|MRF_META)|^\s*(?:WMS|WCS|WMTS|PG|EEDA|EEDAI|PLMosaic|STACIT|STACTA|NGW|DAAS)\s*:",
    re.IGNORECASE,
)
#: Parts of a virtual raster that name nothing: descriptions and the CRS.
_DESCRIPTIONS = {"SRS", "Description", "UnitType", "CategoryNames", "GCPList"}
#: Metadata that name sources; all other are descriptions, and may cite addresses.
_SOURCES = {"OVERVIEWS", "vrt_sources", "new_vrt_sources", "xml:VRT"}
#: Bytes of a text that names other rasters, and how deep they may name others in turn.
_LARGEST, _DEEPEST = 50_000_000, 8
#: Drivers that read missing bytes as zeros.
_RAW = {"ERS", "ENVI", "EHdr", "RRASTER"}
#: What lies beside their values.
_HEADERS = {".hdr", ".ers", ".prj", ".xml", ".stx", ".clr", ".ovr", ".msk"}


@contextmanager
def opened(path: Path) -> Iterator[DatasetReader]:
    """Open a raster.

    Raises
    ------
    InputError
        If the file, or one that it names, is to be read from the network, or is shorter than it should be.
    rasterio.errors.RasterioError
        If it cannot be read.
    """
    _check_references(path)
    # rasterio.open takes one driver only.
    with rasterio.Env(**_NO_NETWORK), DatasetReader(str(path), driver=_drivers()) as data:
        _check_size(path, data)
        yield data


@cache
def _drivers() -> list[str]:
    with rasterio.Env() as env:
        there = env.drivers()
    return [name for name in DRIVERS if name in there]


def crs_of(path: Path, data: DatasetReader) -> CRS | None:
    """Return the CRS of a raster: its own, or that of a file ``.prj`` beside it, which most drivers do not read.

    Drivers give a local system where a file says no more than that it is a plane.

    Raises
    ------
    InputError
        If the ``.prj`` is not understood.
    """
    own = data.crs
    return own if own and (own.is_geographic or own.is_projected) else prj_crs(path) or own


def prj_crs(path: Path) -> CRS | None:
    """Return the CRS that a file of the same name with the suffix ``.prj`` holds; None where there is none.

    Raises
    ------
    InputError
        If it is not understood.
    """
    for suffix in (".prj", ".PRJ"):
        prj_file = path.with_suffix(suffix)
        if not prj_file.is_file():
            continue
        text = prj_file.read_text(encoding="utf-8-sig", errors="replace").strip()
        if not text:
            continue
        try:
            return CRS.from_wkt(pyproj.CRS.from_user_input(text).to_wkt())
        except CRSError as error:
            raise InputError(
                f"{prj_file}: this is no CRS that is known; set grids.crs and remove the file, or write it anew."
            ) from error
    return None


def opacity_band(data: DatasetReader) -> int | None:
    """Return the number of the band that holds opacity, visible or not; None where there is none.

    GDAL calls the fourth of four bands of bytes so, whatever it holds.
    """
    for k in data.indexes:
        named = (data.descriptions[k - 1] or "alpha").strip().lower() == "alpha"
        if data.count > 1 and named and data.colorinterp[k - 1] == ColorInterp.alpha:
            found = np.unique(data.read(k))
            if found.size <= 2 and (found.size == 1 or found[0] == 0):
                return k
    return None


def _check_references(path: Path, seen: frozenset[Path] = frozenset()) -> None:
    """Stop if a text names something on the network, itself or by a file that it names."""
    if not path.is_file() or path.stat().st_size > _LARGEST or len(seen) > _DEEPEST:
        return
    with path.open("rb") as file:
        first = file.read(512).lstrip(b"\xef\xbb\xbf \t\r\n")
    if not first.startswith(b"<"):
        return
    for text in _named_in(path):
        if found := _REMOTE.search(text):
            raise InputError(
                f"{path}: it names {found[0]!r} in {_shortened(text)!r}, which is read from the network or by a "
                "service; GeoHalo reads only files on this computer. Save it as GeoTIFF (gdal_translate)."
            )
        other = (path.parent / text.strip()).resolve()
        try:
            known = other in seen or not other.is_file()
        except OSError:
            continue
        if not known:
            _check_references(other, seen | {path.resolve()})


def _named_in(path: Path) -> list[str]:
    """Return the texts of a virtual raster that may name something; the whole of another text."""
    content = path.read_bytes()
    try:
        root = ElementTree.fromstring(content)
    except ElementTree.ParseError:
        return [content.decode("utf-8", errors="replace")]
    if root.tag != "VRTDataset":
        return [f"<{root.tag}", *(text for element in root.iter() if (text := element.text))]
    return [text for text in _texts(root) if text.strip()]


def _texts(element: ElementTree.Element) -> Iterator[str]:
    if element.tag in _DESCRIPTIONS or (element.tag == "Metadata" and element.get("domain") not in _SOURCES):
        return
    yield element.text or ""
    for part in element:
        yield from _texts(part)


def _shortened(text: str, most: int = 80) -> str:
    text = " ".join(text.split())
    return text if len(text) <= most else f"{text[:most]}..."


def _check_size(path: Path, data: DatasetReader) -> None:
    """Stop if a file of plain numbers is shorter than its header says: GDAL reads what is missing as 0."""
    if data.driver not in _RAW or data.tags(ns="ENVI").get("file_compression", "0").strip() != "0":
        return
    size = sum(4 if kind == "complex_int16" else np.dtype(kind).itemsize for kind in data.dtypes)
    needed = data.width * data.height * size
    headers = _HEADERS | ({".grd"} if data.driver == "RRASTER" else set())
    files = [Path(name) for name in data.files if Path(name).suffix.lower() not in headers]
    sizes = [file.stat().st_size for file in files if file.is_file()]
    if sizes and max(sizes) < needed:
        raise InputError(
            f"{path}: its values take {needed} bytes, and the largest of its files has {max(sizes)}; it is cut off. "
            "Copy it again."
        )
