"""Reading a user's table: CSV, XLSX, GeoPackage, GeoParquet or Shapefile.

Cells keep what the user wrote, so that `<0.5` and an Excel date reach the stage that knows what to
do with them. The index of a table, named `row`, is the row number that the user sees in the file.
"""

import csv
import warnings
import zipfile
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow as pa
import pyogrio

from geohalo.errors import InputError

TEXT_SUFFIXES = {".csv", ".tsv", ".txt"}
WORKBOOK_SUFFIXES = {".xlsx", ".xlsm"}
VECTOR_SUFFIXES = {".gpkg", ".shp"}
PARQUET_SUFFIXES = {".parquet", ".geoparquet"}
_READABLE = "CSV, XLSX, GeoPackage (.gpkg), GeoParquet (.parquet) or Shapefile (.shp)"


def read_table(path: str | Path, layer: str | None = None) -> pd.DataFrame:
    """Read a table of samples or deposits; the suffix tells the format.

    Parameters
    ----------
    path : str or Path
        The file.
    layer : str, optional
        Sheet of a workbook or layer of a GeoPackage; the first one when not given.

    Returns
    -------
    pandas.DataFrame or geopandas.GeoDataFrame
        One row per record, index `row`: the line of a CSV or XLSX file (the header is line 1, so
        records begin at 2) or the number of the feature (from 1). CSV cells are text, empty ones
        "". Rows without any value are left out.

    Raises
    ------
    InputError
        The file is missing, of another kind, unreadable or empty, has no such layer or has two
        columns of one name.
    """
    path = Path(path)
    if not path.is_file():
        raise InputError(
            f"{path}: no such file. It was looked for in the data folder: put it there, set "
            "data.folder to the folder "
            "that holds it, or give its address under data.sources"
        )
    suffix = path.suffix.lower()
    if suffix in TEXT_SUFFIXES:
        table = _read_text(path, layer)
    elif suffix in WORKBOOK_SUFFIXES:
        table = _read_workbook(path, layer)
    elif suffix in VECTOR_SUFFIXES:
        table = _read_vector(path, layer)
    elif suffix in PARQUET_SUFFIXES:
        table = _read_parquet(path, layer)
    else:
        raise InputError(f"{path}: cannot read a file that ends in {suffix!r}; give {_READABLE}")
    table.index.name = "row"
    if table.empty:
        raise InputError(f"{path}: the table has no rows")
    return table


def _read_text(path: Path, layer: str | None) -> pd.DataFrame:
    if layer is not None:
        raise InputError(f"{path}: a text file has no layers; leave `layer` (now {layer!r}) empty")
    encoding = _encoding(path)
    names, delimiter = _text_header(path, encoding)
    try:
        with warnings.catch_warnings():
            # pandas warns, and loses the cells, when already the first record is too long.
            warnings.simplefilter("error", pd.errors.ParserWarning)
            table = pd.read_csv(
                path,
                sep=delimiter,
                header=None,
                skiprows=1,
                names=names,
                index_col=False,
                dtype=str,
                keep_default_na=False,
                skip_blank_lines=False,
                encoding=encoding,
            )
    except pd.errors.ParserWarning as warning:
        raise InputError(
            f"{path}: some rows have more cells than the header has names ({len(names)}); quote "
            "text that holds the delimiter"
        ) from warning
    except pd.errors.EmptyDataError as error:
        raise InputError(f"{path}: the table has no rows") from error
    except (pd.errors.ParserError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: not a readable table: {_one_line(error)}") from error
    table.index = pd.RangeIndex(2, len(table) + 2)
    # A short line leaves missing cells at its end; they are empty like any other empty cell. Column by column: a
    # national survey holds a hundred million cells.
    for name in table.columns[table.isna().any()]:
        table[name] = table[name].fillna("")
    return _without_unnamed(_without_empty_rows(table))


def _without_empty_rows(table: pd.DataFrame) -> pd.DataFrame:
    """Drop rows of text without a single value; a table that has none is not copied."""
    filled = np.zeros(len(table), dtype=bool)
    for name in table.columns:
        filled |= (table[name] != "").to_numpy()
        if filled.all():
            return table
    return table[filled]


def _text_header(path: Path, encoding: str) -> tuple[list[str], str]:
    """Return a text file's column names and its delimiter, the most frequent one in them."""
    try:
        with path.open(encoding=encoding, newline="") as stream:
            first_line = stream.readline()
            delimiter = max(",;\t", key=first_line.count)
            stream.seek(0)
            header = next(csv.reader(stream, delimiter=delimiter), [])
    except (csv.Error, UnicodeDecodeError) as error:
        raise InputError(f"{path}: not a readable table: {_one_line(error)}") from error
    if not first_line.strip():
        raise InputError(f"{path}: the first line is empty; it must hold the column names")
    return _column_names(header, path), delimiter


def _encoding(path: Path) -> str:
    """Tell UTF-8 from the Windows encoding that spreadsheets in Europe still write."""
    try:
        with path.open(encoding="utf-8-sig") as stream:
            while stream.read(1 << 20):
                pass
    except UnicodeDecodeError:
        return "cp1252"
    return "utf-8-sig"


def _read_workbook(path: Path, layer: str | None) -> pd.DataFrame:
    try:
        with pd.ExcelFile(path, engine="openpyxl") as workbook:
            sheet = _choose_layer(path, layer, [str(name) for name in workbook.sheet_names], "sheet")
            cells = pd.read_excel(
                workbook,
                sheet_name=sheet,
                header=None,
                dtype=object,
                keep_default_na=False,
                na_values=[""],
            )
    except InputError:
        raise
    except (zipfile.BadZipFile, KeyError, ValueError, OSError) as error:
        raise InputError(f"{path}: not a readable workbook: {_one_line(error)}") from error
    if cells.empty:
        raise InputError(f"{path}: sheet {sheet!r} is empty")
    header = ["" if pd.isna(name) else str(name) for name in cells.iloc[0]]
    table = cells.iloc[1:].set_axis(_column_names(header, path), axis=1)
    table.index = pd.RangeIndex(2, len(table) + 2)
    return _without_unnamed(table[table.notna().any(axis=1)])


def _read_vector(path: Path, layer: str | None) -> pd.DataFrame:
    try:
        layers = [str(name) for name in pyogrio.list_layers(path)[:, 0]]
        chosen = _choose_layer(path, layer, layers, "layer")
        table = gpd.read_file(path, layer=chosen, engine="pyogrio")
    except InputError:
        raise
    except (
        pyogrio.errors.DataSourceError,
        pyogrio.errors.DataLayerError,
        ValueError,
        OSError,
    ) as error:
        raise InputError(f"{path}: not a readable layer of points: {_one_line(error)}") from error
    return _numbered_features(table, path)


def _read_parquet(path: Path, layer: str | None) -> pd.DataFrame:
    if layer is not None:
        raise InputError(f"{path}: a Parquet file has no layers; leave `layer` (now {layer!r}) empty")
    try:
        try:
            table = gpd.read_parquet(path)
        except ValueError:  # a Parquet file without geometries is a plain table
            table = pd.read_parquet(path)
    except (pa.ArrowException, ValueError, OSError) as error:
        raise InputError(f"{path}: not a readable Parquet file: {_one_line(error)}") from error
    return _numbered_features(table, path)


def _numbered_features(table: pd.DataFrame, path: Path) -> pd.DataFrame:
    names = _column_names([str(name) for name in table.columns], path)
    geometry = str(table.geometry.name) if isinstance(table, gpd.GeoDataFrame) else None
    if geometry is None:
        table.columns = pd.Index(names)
    else:
        renamed = table.rename(columns=dict(zip(table.columns, names, strict=True)))
        table = gpd.GeoDataFrame(renamed, geometry=geometry.strip())
    table.index = pd.RangeIndex(1, len(table) + 1)
    return table


def _choose_layer(path: Path, layer: str | None, layers: Sequence[str], kind: str) -> str:
    if not layers:
        raise InputError(f"{path}: the file has no {kind}")
    if layer is None:
        return layers[0]
    if layer not in layers:
        raise InputError(
            f"{path}: no {kind} {layer!r}; there are {', '.join(map(repr, layers))}. Set `layer` to one"
        )
    return layer


def _column_names(header: Sequence[str], path: Path) -> list[str]:
    """Strip the names; a column without a name gets one that `_without_unnamed` knows."""
    names = [name.strip() for name in header]
    repeated = [name for name, count in Counter(names).items() if name and count > 1]
    if repeated:
        places = [str(position + 1) for position, name in enumerate(names) if name == repeated[0]]
        more = f" (and {len(repeated) - 1} more names)" if len(repeated) > 1 else ""
        raise InputError(
            f"{path}: the column name {repeated[0]!r} occurs more than once (columns "
            f"{', '.join(places)}){more}; "
            "every column needs a name of its own"
        )
    if not any(names):
        raise InputError(f"{path}: the first line holds no column names")
    return [name or f"unnamed {position + 1}" for position, name in enumerate(names)]


def _without_unnamed(table: pd.DataFrame) -> pd.DataFrame:
    """Drop empty columns without a name, which trailing delimiters leave behind."""
    unnamed = [name for name in table.columns if name.startswith("unnamed ")]
    empty = [name for name in unnamed if (table[name].isna() | (table[name] == "")).all()]
    return table.drop(columns=empty)


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())
