"""Reading a user's table: text, workbook, Parquet or a layer of a GIS.

Cells keep what the user wrote, so that `<0.5` and an Excel date reach the stage that knows what to
do with them. The index of a table, named `row`, is the row number that the user sees in the file.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd
import pandas as pd

from geohalo.errors import InputError
from geohalo.foreign_files import readable
from geohalo.survey.layout import Form
from geohalo.survey.table_files import is_geodatabase
from geohalo.survey.table_parts import column_names as _column_names
from geohalo.survey.text_tables import read_text
from geohalo.survey.vector_tables import read_vector
from geohalo.survey.workbooks import read_workbook


def read_table(path: str | Path, layer: str | None = None, form: Form | None = None) -> pd.DataFrame:
    """Read a table of samples or deposits; the suffix tells the format.

    Parameters
    ----------
    path : str or Path
        The file.
    layer : str, optional
        Sheet of a workbook or layer of a GeoPackage; the first one when not given.
    form : Form, optional
        What the config says of the layout of a text file or sheet.

    Returns
    -------
    pandas.DataFrame or geopandas.GeoDataFrame
        One row per record, index `row`: the line of a CSV or XLSX file (the header is line 1, so
        records begin at 2) or the number of the feature (from 1). CSV cells are text, empty ones
        "". Rows without any value are left out. Of text and sheets, `attrs` holds `units` (by
        column, where a row or a format tells them) and `warnings`.

    Raises
    ------
    InputError
        The file is missing, of another kind, unreadable or empty, has no such layer or has two
        columns of one name.
    """
    path = Path(path)
    if not path.is_file() and not is_geodatabase(path):
        raise InputError(
            f"{path}: no such file. It was looked for in the data folder: put it there, set "
            "data.folder to the folder "
            "that holds it, or give its address under data.sources"
        )
    suffix = path.suffix.lower()
    kind = next((kind for kind in FORMATS if suffix in kind.suffixes), None)
    if kind is None:
        names = [kind.name for kind in FORMATS]
        readable_ones = f"{', '.join(names[:-1])} or {names[-1]}"
        way = f": {way}. Formats that are read are {readable_ones}" if (way := _WAYS.get(suffix)) else ""
        raise InputError(
            f"{path}: cannot read a file that ends in {suffix!r}{way or f'; give {readable_ones}'}"
        )
    if layer is not None and not kind.layers:
        raise InputError(f"{path}: {kind.called} has no layers; leave `layer` (now {layer!r}) empty")
    table = kind.read(path, layer, form or Form())
    table.index.name = "row"
    if table.empty:
        raise InputError(f"{path}: the table has no rows")
    return table


_SPREADSHEET = "open it in a spreadsheet program and save it as .xlsx"
_DATABASE = "it is a database; export the table with the samples as CSV"
_STATISTICS = "write the table as CSV with the program that made it"
#: What to do with files of other programs that hold samples, by their suffix.
_WAYS = {
    **dict.fromkeys((".xls", ".xlsb", ".ods", ".numbers"), _SPREADSHEET),
    **dict.fromkeys((".mdb", ".accdb", ".sqlite", ".db", ".hdf5", ".h5"), _DATABASE),
    **dict.fromkeys((".sav", ".rds", ".rda", ".rdata", ".dta", ".mat", ".feather"), _STATISTICS),
    ".gas": "it is a file of ioGAS; export the data from there as CSV",
    ".xyz": "it may be a file of lines or channels of Geosoft; export the database as CSV, with a header of names. If "
    "it is a plain table, rename it to .txt; if it is a grid, name it in grids",
    ".dbf": "it is a part of a shapefile; name the .shp, or save it as CSV",
    ".pdf": "ask the laboratory for the table as CSV or workbook",
    ".docx": "save the table in it as CSV",
    ".gz": "unpack it",
    ".html": _SPREADSHEET,
    ".htm": _SPREADSHEET,
}


def _read_text(path: Path, layer: str | None, form: Form) -> pd.DataFrame:
    return read_text(path, form)


def _read_layer(path: Path, layer: str | None, form: Form) -> pd.DataFrame:
    return _numbered_features(read_vector(path, layer), path)


def _read_parquet(path: Path, layer: str | None, form: Form) -> pd.DataFrame:
    with readable(path, "Parquet file"):
        try:
            table = gpd.read_parquet(path)
        except ValueError:  # a Parquet file without geometries is a plain table
            table = pd.read_parquet(path)
    return _numbered_features(table, path)


def _numbered_features(table: pd.DataFrame, path: Path) -> pd.DataFrame:
    names = _column_names([str(name) for name in table.columns], path)
    geometry = str(table.geometry.name) if isinstance(table, gpd.GeoDataFrame) else None
    if geometry is None:
        table.columns = pd.Index(names)
    else:
        renamed = table.rename(columns=dict(zip(table.columns, names, strict=True)))
        attrs = table.attrs
        table = gpd.GeoDataFrame(renamed, geometry=geometry.strip())
        table.attrs = attrs
    table.index = pd.RangeIndex(1, len(table) + 1)
    return table


@dataclass(frozen=True)
class Format:
    """A format of tables.

    Attributes
    ----------
    name : str
        As messages and the documentation call it.
    suffixes : tuple of str
        In small letters; they tell the format, and no two formats share one.
    read : callable
        From path, layer and form to the table, see `read_table`; how a file begins is checked there.
    layers : bool
        Whether the config key ``layer`` may name a sheet or layer.
    called : str
        One file of it, for the message where it may not.
    """

    name: str
    suffixes: tuple[str, ...]
    read: Callable[[Path, str | None, Form], pd.DataFrame]
    layers: bool = True
    called: str = "such a file"


#: All formats of tables, in the order of the message that lists them.
FORMATS = (
    Format("CSV", (".csv", ".tsv", ".txt", ".dat", ".asc"), _read_text, layers=False, called="a text file"),
    Format("XLSX", (".xlsx", ".xlsm"), read_workbook),
    Format("GeoPackage (.gpkg)", (".gpkg",), _read_layer),
    Format("Shapefile (.shp, or zipped)", (".shp", ".zip"), _read_layer),
    Format("File Geodatabase (.gdb)", (".gdb",), _read_layer),
    Format("GeoJSON", (".geojson", ".json", ".geojsonl"), _read_layer),
    Format("KML or KMZ", (".kml", ".kmz"), _read_layer),
    Format("GPX", (".gpx",), _read_layer),
    Format("FlatGeobuf (.fgb)", (".fgb",), _read_layer),
    Format("MapInfo (.tab, .mif)", (".tab", ".mif"), _read_layer),
    Format(
        "GeoParquet (.parquet)",
        (".parquet", ".geoparquet"),
        _read_parquet,
        layers=False,
        called="a Parquet file",
    ),
)
