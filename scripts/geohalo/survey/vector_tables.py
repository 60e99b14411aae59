"""Reading points from GIS formats: GeoPackage, Shapefile, File Geodatabase, GeoJSON, KML, GPX, FlatGeobuf, MapInfo.

A file of an untrusted origin is read by the drivers of its format alone, never by one that follows references to
other files.
"""

import zipfile
from pathlib import Path, PurePosixPath
from typing import Any

import geopandas as gpd
import pandas as pd
import pyogrio

from geohalo.errors import InputError
from geohalo.foreign_files import readable
from geohalo.input_warnings import InputWarning, as_records
from geohalo.survey.table_files import FOLDER_SUFFIX, LAYERS, is_geodatabase, missing_parts

_BEGINNING = 8192
#: Of archives that hold a layer of points.
ZIP_SUFFIX = ".zip"
#: Formats without a CRS of their own choice, whose layers are folders and whose fields GDAL names anew.
_KML_SUFFIXES = {".kml", ".kmz"}


def read_vector(path: Path, layer: str | None, points: bool = True) -> pd.DataFrame:
    """Read a layer of points, or of any shapes.

    Parameters
    ----------
    path : Path
        A file with a suffix of `LAYERS`, a ZIP archive of one, or the folder of a File Geodatabase.
    layer : str or None
        The layer, or the file in a ZIP archive of several; without it there must be one that holds points.
    points : bool
        Whether points are wanted; else there must be one layer that holds shapes, of whatever kind.

    Returns
    -------
    pandas.DataFrame or geopandas.GeoDataFrame
        One row per feature, columns as the file names them.

    Raises
    ------
    InputError
        The file is not of its format, a part of it is missing, this installation has no driver for it, or it has
        several layers of points and `layer` names none.
    """
    if path.suffix.lower() == ZIP_SUFFIX:
        dataset, suffix, layer, first = _in_archive(path, layer)
    else:
        dataset, suffix = str(path), path.suffix.lower()
        _check_kind(path)
        first = _first_bytes(path)
    _check_beginning(path, suffix, first)
    _check_driver(path, suffix)
    missing = missing_parts(path)
    if missing:
        raise InputError(
            f"{path}: not a readable layer of points without {' and '.join(missing)} beside it; copy all files of "
            "the layer"
        )
    with readable(path, "layer of points"):
        layers = {str(name): kind for name, kind in pyogrio.list_layers(dataset)}
        chosen, messages = _chosen_layer(path, dataset, layer, layers, points)
        _check_format(path, suffix, str(pyogrio.read_info(dataset, layer=chosen).get("driver", "")))
        table = gpd.read_file(dataset, layer=chosen, engine="pyogrio")
    table.attrs["warnings"] = as_records(messages)
    if suffix in _KML_SUFFIXES and "Name" in table and "name" not in table:
        table["name"] = table["Name"]  # as KML itself spells it
    return table


def _check_kind(path: Path) -> None:
    if path.suffix.lower() == FOLDER_SUFFIX and not is_geodatabase(path):
        raise InputError(
            f"{path}: a File Geodatabase is a folder, and this is a file; unpack it, or zip the folder"
        )
    if path.suffix.lower() == ".tab":
        with path.open("rb") as stream:
            if not stream.read(64).lstrip(b"\xef\xbb\xbf \r\n").lower().startswith(b"!table"):
                raise InputError(
                    f"{path}: this is no MapInfo table; if it is text with tabs between the cells, rename it to .tsv"
                )


def _first_bytes(path: Path) -> bytes:
    if path.is_dir():
        return b""
    with path.open("rb") as stream:
        return stream.read(_BEGINNING)


def _check_beginning(path: Path, suffix: str, first: bytes) -> None:
    """Stop when a file does not begin as its format does.

    GDAL opens a file by its content, whatever it is called, and some texts have it read others, from the network, too.
    """
    kind = LAYERS[suffix]
    text = first.removeprefix(b"\xef\xbb\xbf").lstrip(b"\x1e \t\r\n")
    if kind.begins is not None and first and kind.begins.match(text) is None:
        raise InputError(
            f"{path}: the file is no {kind.name}, by its first characters; save the layer as {kind.name}"
        )


def _check_driver(path: Path, suffix: str) -> None:
    name, drivers = LAYERS[suffix].name, LAYERS[suffix].drivers
    if not set(drivers) & set(pyogrio.list_drivers(read=True)):
        raise InputError(
            f"{path}: this installation of GDAL has no driver for {name} ({' or '.join(drivers)}); save the layer as "
            "GeoPackage (.gpkg)"
        )


def _check_format(path: Path, suffix: str, driver: str) -> None:
    """Stop when the content is of another format than the suffix says: some formats name other files to read."""
    name, drivers = LAYERS[suffix].name, LAYERS[suffix].drivers
    if driver and driver not in drivers:
        raise InputError(f"{path}: the file is no {name} but is read as {driver}; save the layer as {name}")


def _chosen_layer(
    path: Path, dataset: str, layer: str | None, layers: dict[str, Any], points: bool
) -> tuple[str, list[InputWarning]]:
    """Return the layer that the config names, or the one that can be meant, and what is doubtful about it."""
    if not layers:
        raise InputError(f"{path}: the file has no layer")
    if layer is not None:
        if layer in layers:
            return layer, []
        raise InputError(
            f"{path}: no layer {layer!r}; there are {', '.join(map(repr, layers))}. Set `layer` to one"
        )
    if len(layers) == 1:
        return next(iter(layers)), []
    filled = [name for name in layers if _count(dataset, name)]
    if points:
        kind = "points"
        wanted = [name for name in filled if _has_points(dataset, name, layers[name])]
        plain = [name for name in filled if layers[name] is None]
    else:
        # A GeoPackage may hold tables beside its layers, such as the styles of QGIS.
        kind, wanted, plain = "shapes", [name for name in filled if layers[name] is not None], []
    found = wanted or plain or filled
    if len(found) == 1:
        return found[0], []
    message = (
        f"{len(found)} layers hold {kind if wanted else 'rows'} ({', '.join(map(repr, found or layers))})"
    )
    if found and points and path.suffix.lower() == ".gpkg":
        doubt = InputWarning(
            f"{message}, and the first one is read", "set `layer` to the one that is meant", str(path)
        )
        return found[0], [doubt]
    raise InputError(f"{path}: {message}, and it is not clear which is meant; set `layer` to one")


def _count(dataset: str, layer: str) -> int:
    return int(pyogrio.read_info(dataset, layer=layer, force_feature_count=True)["features"])


def _has_points(dataset: str, layer: str, kind: Any) -> bool:
    """Tell whether a layer holds points: by its type, or by its first feature where it has none."""
    if kind is None:
        return False
    if str(kind) not in ("Unknown", "GeometryCollection"):
        return "Point" in str(kind)
    first = pyogrio.read_dataframe(dataset, layer=layer, max_features=1)
    return (
        "Point" in str(first.geometry.iloc[0].geom_type) if len(first) and first.geometry.iloc[0] else False
    )


def _stop_at_lost_parts(path: Path, layer: str, names: list[str]) -> None:
    """Raise InputError where an archive lacks files of its layer."""
    needed = LAYERS[PurePosixPath(layer).suffix.lower()].needed
    there = {name.lower() for name in names}
    lost = [suffix for suffix in needed if str(PurePosixPath(layer).with_suffix(suffix)).lower() not in there]
    # Of a MapInfo table some kinds have fewer files.
    if lost and PurePosixPath(layer).suffix.lower() == ".shp":
        raise InputError(
            f"{path}: the archive holds {layer} without {' and '.join(lost)}; all files of the layer belong into it"
        )


def _in_archive(path: Path, layer: str | None) -> tuple[str, str, str | None, bytes]:
    """Return the dataset in a ZIP archive as GDAL names it, its suffix, the layer in it, and its first bytes."""
    with readable(path, "ZIP archive"), zipfile.ZipFile(path) as archive:
        names = archive.namelist()
    found: dict[str, None] = {}
    for name in names:
        parts = PurePosixPath(name).parts
        if not parts or parts[0] == "__MACOSX" or ".." in parts:
            continue
        folder = next((n for n, part in enumerate(parts) if part.lower().endswith(FOLDER_SUFFIX)), None)
        if folder is not None:
            found["/".join(parts[: folder + 1])] = None
        elif PurePosixPath(name).suffix.lower() in LAYERS and not name.endswith("/"):
            found[name] = None
    chosen = list(found)
    if len(chosen) > 1 and layer is not None:
        chosen = [
            name for name in chosen if layer in (name, PurePosixPath(name).name, PurePosixPath(name).stem)
        ]
        layer = None
    if len(chosen) != 1:
        if not found:
            raise InputError(
                f"{path}: the archive holds no layer of points; unpack it and name the table in it"
            )
        raise InputError(
            f"{path}: the archive holds {', '.join(map(repr, found))}, and it is not clear which is meant; set `layer` "
            "to one"
        )
    _stop_at_lost_parts(path, chosen[0], names)
    first = b""
    if chosen[0] in names:  # and no folder
        with (
            readable(path, "ZIP archive"),
            zipfile.ZipFile(path) as archive,
            archive.open(chosen[0]) as stream,
        ):
            first = stream.read(_BEGINNING)
    suffix = PurePosixPath(chosen[0]).suffix.lower()
    return f"/vsizip/{path.resolve().as_posix()}/{chosen[0]}", suffix, layer, first
