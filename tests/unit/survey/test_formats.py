"""Formats of tables and grids: one record for each, which the documentation names."""

import re

import pytest
from documents import text_of
from geohalo.cube.raster_files import GRIDS
from geohalo.cube.rasters import READERS
from geohalo.errors import InputError
from geohalo.survey.table_files import LAYERS
from geohalo.survey.tables import FORMATS, read_table
from geohalo.survey.vector_tables import ZIP_SUFFIX

GUIDE = "docs/your-survey.md"


def test_a_suffix_tells_one_format_of_tables():
    suffixes = [suffix for kind in FORMATS for suffix in kind.suffixes]
    assert len(set(suffixes)) == len(suffixes)
    assert all(re.fullmatch(r"\.[a-z0-9]+", suffix) for suffix in suffixes)
    assert set(suffixes) >= {*LAYERS, ZIP_SUFFIX}, "add the suffixes of table_files.LAYERS to tables.FORMATS"


def test_the_guide_names_every_format_of_tables():
    text = text_of(GUIDE).lower()
    names = [name for kind in FORMATS for name in kind.name.split(" (")[0].split(" or ")]
    assert [name for name in names if name.lower() not in text] == [], f"{GUIDE}: name the format"


def test_other_files_are_refused_with_the_list_of_formats(tmp_path):
    file = tmp_path / "samples.abc"
    file.write_bytes(b"a")
    with pytest.raises(InputError, match=r"ends in '\.abc'; give CSV, XLSX, GeoPackage") as told:
        read_table(file)
    assert all(kind.name in str(told.value) for kind in FORMATS)


@pytest.mark.parametrize(
    ("suffix", "way"),
    [
        (".xls", "save it as .xlsx"),
        (".ods", "save it as .xlsx"),
        (".mdb", "export the table with the samples as CSV"),
        (".gas", "a file of ioGAS; export the data from there as CSV"),
        (".xyz", "a file of lines or channels of Geosoft; export the database as CSV"),
        (".rds", "write the table as CSV"),
    ],
)
def test_files_of_other_programs_are_refused_with_a_way(tmp_path, suffix, way):
    file = tmp_path / f"samples{suffix}"
    file.write_bytes(b"a")
    with pytest.raises(InputError, match=rf"ends in '\{suffix}': .*{way}") as told:
        read_table(file)
    assert all(kind.name in str(told.value) for kind in FORMATS)


@pytest.mark.parametrize("kind", [kind for kind in FORMATS if not kind.layers], ids=lambda kind: kind.name)
def test_a_file_without_layers_is_read_without(kind, tmp_path):
    file = tmp_path / f"samples{kind.suffixes[0]}"
    file.write_bytes(b"a,b")
    with pytest.raises(InputError, match=rf"{kind.called} has no layers; leave `layer` \(now 'one'\) empty"):
        read_table(file, "one")


def test_the_guide_has_a_row_for_every_format_of_grids():
    tables = re.findall(r"^\| Your data \|.*\n\|.*\n((?:\|.*\n)+)", text_of(GUIDE), re.MULTILINE)
    firsts = " ".join(row.split("|")[1] for table in tables for row in table.splitlines())
    assert [name for name in GRIDS if name not in firsts] == [], f"{GUIDE}: add it to the table of grids"


def test_every_grid_has_a_reader():
    assert {reader.name for reader in READERS} - {"GDAL"} <= set(GRIDS), "add it to raster_files.GRIDS"
    assert READERS[-1].name == "GDAL", "GDAL takes what no other reader does"
