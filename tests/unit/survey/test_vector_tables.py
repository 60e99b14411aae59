"""Points from GIS formats: the same values and places through every one, and a sentence for what cannot be read."""

import shutil
import zipfile
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import pytest
import shapely
from geohalo.errors import InputError
from geohalo.survey import vector_tables
from geohalo.survey.table_files import is_geodatabase, table_files
from geohalo.survey.tables import read_table

DRIVERS = {
    "s.gpkg": "GPKG",
    "s.shp": "ESRI Shapefile",
    "s.gdb": "OpenFileGDB",
    "s.geojson": "GeoJSON",
    "s.json": "GeoJSON",
    "s.geojsonl": "GeoJSONSeq",
    "s.kml": "LIBKML",
    "s.kmz": "LIBKML",
    "s.fgb": "FlatGeobuf",
    "s.tab": "MapInfo File",
    "s.mif": "MapInfo File",
}


def points() -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(
        {"site": ["a", "b", "c"], "Cu": [1.5, 2.5, 40.25]},
        geometry=gpd.points_from_xy([15.0, 15.1, 15.2], [54.0, 54.1, 54.3]),
        crs="EPSG:4326",
    )


def written(folder: Path, name: str, layer: str = "s") -> Path:
    pyogrio.write_dataframe(points(), folder / name, driver=DRIVERS[name], layer=layer)
    return folder / name


def check(table: pd.DataFrame) -> None:
    assert isinstance(table, gpd.GeoDataFrame)
    table = table.sort_values("site")  # FlatGeobuf keeps another order
    assert table["site"].tolist() == ["a", "b", "c"]
    np.testing.assert_allclose(table["Cu"].astype(float), [1.5, 2.5, 40.25])
    np.testing.assert_allclose(table.geometry.x, [15.0, 15.1, 15.2], atol=1e-6)
    np.testing.assert_allclose(table.geometry.y, [54.0, 54.1, 54.3], atol=1e-6)
    assert table.crs.to_epsg() == 4326 or table.crs.is_geographic


@pytest.mark.parametrize("name", list(DRIVERS))
def test_every_format_gives_the_same_points(tmp_path, name) -> None:
    table = read_table(written(tmp_path, name))
    check(table)
    assert list(table.index) == [1, 2, 3]
    assert table.index.name == "row"


def test_gpx_waypoints(tmp_path) -> None:
    named = points().rename(columns={"site": "name"})[["name", "geometry"]]
    pyogrio.write_dataframe(named, tmp_path / "s.gpx", driver="GPX", layer="waypoints")
    table = read_table(tmp_path / "s.gpx")
    assert table["name"].tolist() == ["a", "b", "c"]
    np.testing.assert_allclose(table.geometry.y, [54.0, 54.1, 54.3])


def test_kml_names_have_the_spelling_of_kml(tmp_path) -> None:
    named = points().rename(columns={"site": "name"})
    pyogrio.write_dataframe(named, tmp_path / "s.kml", driver="LIBKML")
    table = read_table(tmp_path / "s.kml")
    assert table["name"].tolist() == table["Name"].tolist() == ["a", "b", "c"]


@pytest.mark.parametrize("folder", ["", "data/layers/"])
@pytest.mark.parametrize("name", ["s.shp", "s.gdb", "s.gpkg", "s.geojson"])
def test_zipped_layers(tmp_path, name, folder) -> None:
    source = written(tmp_path, name)
    files = sorted(source.iterdir()) if source.is_dir() else sorted(tmp_path.glob("s.*"))
    with zipfile.ZipFile(tmp_path / "z.zip", "w") as archive:
        for file in files:
            archive.write(file, folder + file.relative_to(tmp_path).as_posix())
        archive.writestr("__MACOSX/._s.shp", b"resource fork")
        archive.writestr("readme.txt", b"words")
    check(read_table(tmp_path / "z.zip"))


def test_archive_of_several_layers_asks(tmp_path) -> None:
    with zipfile.ZipFile(tmp_path / "z.zip", "w") as archive:
        for name in ("s.geojson", "s.fgb"):
            archive.write(written(tmp_path, name), name)
    with pytest.raises(InputError, match=r"z\.zip: the archive holds 's\.geojson', 's\.fgb'.*set `layer`"):
        read_table(tmp_path / "z.zip")
    check(read_table(tmp_path / "z.zip", "s.fgb"))


def test_archive_without_points(tmp_path) -> None:
    with zipfile.ZipFile(tmp_path / "z.zip", "w") as archive:
        archive.writestr("s.csv", "a,b\n1,2\n")
    with pytest.raises(InputError, match="holds no layer of points; unpack it"):
        read_table(tmp_path / "z.zip")
    (tmp_path / "y.zip").write_bytes(b"no archive")
    with pytest.raises(InputError, match=r"y\.zip: this is not a readable ZIP archive"):
        read_table(tmp_path / "y.zip")


def test_the_only_layer_of_points_is_meant(tmp_path) -> None:
    areas = gpd.GeoDataFrame({"lease": ["x"]}, geometry=[shapely.box(14, 53, 16, 55)], crs="EPSG:4326")
    pyogrio.write_dataframe(areas, tmp_path / "s.gdb", driver="OpenFileGDB", layer="leases")
    pyogrio.write_dataframe(points(), tmp_path / "s.gdb", driver="OpenFileGDB", layer="sites", append=True)
    check(read_table(tmp_path / "s.gdb"))
    assert read_table(tmp_path / "s.gdb", "leases")["lease"].tolist() == ["x"]


def test_several_layers_of_points_ask(tmp_path) -> None:
    for layer in ("north", "south"):
        pyogrio.write_dataframe(
            points(), tmp_path / "s.gdb", driver="OpenFileGDB", layer=layer, append=layer == "south"
        )
    with pytest.raises(InputError, match=r"2 layers hold points \('north', 'south'\).*set `layer`"):
        read_table(tmp_path / "s.gdb")
    check(read_table(tmp_path / "s.gdb", "south"))


def test_first_layer_of_a_geopackage_is_told(tmp_path) -> None:
    for layer in ("north", "south"):
        pyogrio.write_dataframe(points(), tmp_path / "s.gpkg", layer=layer)
    table = read_table(tmp_path / "s.gpkg")
    check(table)
    (warning,) = table.attrs["warnings"]
    assert warning["what"] == "2 layers hold points ('north', 'south'), and the first one is read"


@pytest.mark.parametrize(
    ("name", "part"), [("s.shp", "s.dbf"), ("s.shp", "s.shx"), ("s.tab", "s.dat"), ("s.mif", "s.mid")]
)
def test_missing_parts_are_named(tmp_path, name, part) -> None:
    written(tmp_path, name)
    (tmp_path / part).unlink()
    with pytest.raises(InputError, match=f"without {part} beside it; copy all files"):
        read_table(tmp_path / name)


def test_text_in_tab(tmp_path) -> None:
    (tmp_path / "s.tab").write_text("x\ty\tCu\n1\t2\t3\n")
    with pytest.raises(InputError, match=r"s\.tab: this is no MapInfo table.*rename it to \.tsv"):
        read_table(tmp_path / "s.tab")


def test_geodatabase_that_is_a_file(tmp_path) -> None:
    (tmp_path / "s.gdb").write_bytes(b"x")
    with pytest.raises(InputError, match="a File Geodatabase is a folder"):
        read_table(tmp_path / "s.gdb")


def test_content_of_another_format_is_not_followed(tmp_path) -> None:
    written(tmp_path, "s.gpkg")
    (tmp_path / "s.geojson").write_text(
        f'<OGRVRTDataSource><OGRVRTLayer name="s"><SrcDataSource>{tmp_path / "s.gpkg"}</SrcDataSource>'
        "</OGRVRTLayer></OGRVRTDataSource>"
    )
    with pytest.raises(InputError, match=r"s\.geojson: (the file is no GeoJSON|not a readable)"):
        read_table(tmp_path / "s.geojson")


@pytest.mark.parametrize(
    "name", ["s.geojson", "s.json", "s.kml", "s.gpx", "s.fgb", "s.mif", "s.shp", "s.gpkg", "s.kmz"]
)
@pytest.mark.parametrize("zipped", [False, True])
def test_no_driver_gets_a_file_that_begins_as_another_format(tmp_path, name, zipped, monkeypatch) -> None:
    asked = []
    monkeypatch.setattr(vector_tables.pyogrio, "list_layers", lambda dataset: asked.append(dataset))
    text = "<?xml version='1.0'?><!-- a --><OGRWFSDataSource><URL>https://example.org/wfs</URL></OGRWFSDataSource>"
    (tmp_path / name).write_text(text)
    path = tmp_path / name
    if zipped:
        path = tmp_path / "z.zip"
        with zipfile.ZipFile(path, "w") as archive:
            for part in (name, *(["s.shx", "s.dbf"] if name == "s.shp" else [])):
                archive.writestr(f"inner/{part}", text)
    with pytest.raises(InputError, match=r"the file is no .*, by its first characters; save the layer as"):
        read_table(path)
    assert asked == []


def test_missing_driver_is_told(tmp_path, monkeypatch) -> None:
    path = written(tmp_path, "s.fgb")
    monkeypatch.setattr(vector_tables.pyogrio, "list_drivers", lambda read: {"GPKG": "rw"})
    with pytest.raises(
        InputError, match=r"no driver for FlatGeobuf \(FlatGeobuf\); save the layer as GeoPackage"
    ):
        read_table(path)


def test_files_of_a_table(tmp_path) -> None:
    written(tmp_path, "s.shp")
    names = [Path(file).name for file in table_files(tmp_path / "s.shp")]
    assert names == ["s.dbf", "s.shx", "s.prj", "s.cpg"]
    written(tmp_path, "s.gdb")
    assert is_geodatabase(tmp_path / "s.gdb")
    (tmp_path / "s.gdb" / "a.sr.lock").write_bytes(b"")
    files = table_files(str(tmp_path / "s.gdb"))
    assert len(files) == len(list((tmp_path / "s.gdb").iterdir())) - 1
    assert table_files(tmp_path / "absent.gdb") == table_files("s.csv") == []
    shutil.rmtree(tmp_path / "s.gdb")
    assert not is_geodatabase(tmp_path / "s.gdb")


def folders(*named: tuple[str, str]) -> str:
    """A KML file of folders, each with one placemark of a kind."""
    shapes = {
        "point": "<Point><coordinates>15,54</coordinates></Point>",
        "area": "<Polygon><outerBoundaryIs><LinearRing><coordinates>15,54 16,54 16,55 15,54</coordinates>"
        "</LinearRing></outerBoundaryIs></Polygon>",
    }
    inner = "".join(
        f"<Folder><name>{name}</name><Placemark><name>{name} 1</name>{shapes[kind]}</Placemark></Folder>"
        for name, kind in named
    )
    return f'<kml xmlns="http://www.opengis.net/kml/2.2"><Document>{inner}</Document></kml>'


def test_folders_of_a_kml(tmp_path) -> None:
    (tmp_path / "a.kml").write_text(folders(("leases", "area"), ("mines", "point")))
    assert read_table(tmp_path / "a.kml")["name"].tolist() == ["mines 1"]
    (tmp_path / "b.kml").write_text(folders(("old", "point"), ("new", "point")))
    with pytest.raises(InputError, match=r"b\.kml: 2 layers hold points \('old', 'new'\)"):
        read_table(tmp_path / "b.kml")
    assert read_table(tmp_path / "b.kml", "new")["name"].tolist() == ["new 1"]
