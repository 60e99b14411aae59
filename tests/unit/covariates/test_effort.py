"""The layer of exploration effort on the cells of a survey, and each of its messages."""

import geopandas as gpd
import numpy as np
import pytest
import rasterio
import shapely
from geohalo.covariates.effort import effort_band
from geohalo.errors import InputError
from rasterio.transform import from_origin

WEST, NORTH = 500_000, 7_000_400
EMPTY = {
    "column": None,
    "radius": None,
    "unit": None,
    "layer": None,
    "band": None,
    "crs": None,
    "nodata": None,
}


def holes(folder, places, **columns):
    """Write drill holes at places in cells, counted from the northwest corner."""
    points = [shapely.Point(WEST + 100 * x, NORTH - 100 * y) for x, y in places]
    gpd.GeoDataFrame(columns, geometry=points, crs=32635).to_file(folder / "holes.gpkg")
    return folder / "holes.gpkg"


def raster(folder, values):
    """Write a raster on the cells of the survey."""
    about = {"height": 4, "width": 5, "count": 1, "dtype": "float32", "crs": "EPSG:32635"}
    place = from_origin(WEST, NORTH, 100, 100)
    with rasterio.open(folder / "effort.tif", "w", driver="GTiff", transform=place, **about) as file:
        file.write(np.asarray(values, dtype=np.float32), 1)
    return folder / "effort.tif"


def test_points_are_counted_for_each_square_kilometre(ground, tmp_path):
    file = holes(tmp_path, [(0.5, 0.5), (0.2, 0.7), (4.5, 3.5)])
    found = effort_band(EMPTY | {"radius": 50.0}, file, ground)
    assert (found.kind, found.unit, found.names) == ("continuous", "1/km²", ["effort"])
    image = found.values.reshape(4, 5)
    # A cell is a hundredth of a square kilometre.
    assert (image[0, 0], image[3, 4]) == (200, 100)
    assert image.sum() == 300


def test_points_with_a_column_count_as_much_as_it_says(ground, tmp_path):
    file = holes(tmp_path, [(0.5, 0.5), (0.2, 0.7), (4.5, 3.5)], metres=[120.0, 30.0, 7.0])
    found = effort_band(EMPTY | {"radius": 50.0, "column": "metres"}, file, ground)
    image = found.values.reshape(4, 5)
    np.testing.assert_allclose([image[0, 0], image[3, 4], image.sum()], [15_000, 700, 15_700], rtol=1e-6)
    assert found.unit == "metres per km²"
    named = effort_band(EMPTY | {"radius": 50.0, "column": "metres", "unit": "m/km²"}, file, ground)
    assert named.unit == "m/km²"


def test_rasters_and_polygons_are_means_by_area(ground, tmp_path):
    values = np.arange(20.0).reshape(4, 5)
    found = effort_band(EMPTY, raster(tmp_path, values), ground)
    np.testing.assert_allclose(found.values.reshape(4, 5), values)
    west, east = (
        shapely.box(WEST, NORTH - 400, WEST + 125, NORTH),
        shapely.box(WEST + 125, NORTH - 400, WEST + 500, NORTH),
    )
    frame = gpd.GeoDataFrame({"surveys": [4, 2]}, geometry=[west, east], crs=32635)
    frame.to_file(tmp_path / "areas.gpkg")
    found = effort_band(EMPTY | {"column": "surveys"}, tmp_path / "areas.gpkg", ground)
    np.testing.assert_allclose(found.values.reshape(4, 5)[1], [4, 2.5, 2, 2, 2])


def test_lines_are_lengths(ground, tmp_path):
    line = shapely.LineString([(WEST, NORTH - 50), (WEST + 500, NORTH - 50)])
    gpd.GeoDataFrame(geometry=[line], crs=32635).to_file(tmp_path / "lines.gpkg")
    found = effort_band(EMPTY | {"radius": 50.0}, tmp_path / "lines.gpkg", ground)
    np.testing.assert_allclose(found.values.reshape(4, 5)[:, 2], [10, 0, 0, 0], atol=1e-6)
    assert found.unit == "km/km²"


def test_cells_without_the_layer_are_told(ground, tmp_path):
    values = np.arange(20.0).reshape(4, 5)
    values[0, :2] = np.nan
    found = effort_band(EMPTY, raster(tmp_path, values), ground)
    (doubt,) = found.warnings
    assert doubt.what == (
        "the layer covers 90.0% of the survey's cells; the others have no effort in tables and figures"
    )
    assert doubt.fix == "give a layer that covers the survey, or leave effort out"


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ({}, r"holes\.gpkg: a density is that within a radius; set effort\.radius in metres"),
        ({"radius": 50.0, "column": "depth"}, r"'depth'.*effort\.column"),
        (
            {"radius": 50.0, "column": "note"},
            r"column 'note', row 2: 'deep' is no number, and points are summed by it; .*remove effort\.column",
        ),
        ({"radius": 50.0, "crs": "EPSG:4326"}, r"but effort\.crs is"),
    ],
)
def test_mistakes_with_points_are_named(ground, tmp_path, keys, message):
    file = holes(tmp_path, [(0.5, 0.5), (2, 2)], note=["7", "deep"])
    with pytest.raises(InputError, match=message):
        effort_band(EMPTY | keys, file, ground)


def test_effort_is_neither_negative_nor_the_same_everywhere(ground, tmp_path):
    values = np.arange(20.0).reshape(4, 5) - 3
    with pytest.raises(InputError, match=r"effort\.tif: effort is -3 in some cells.*effort\.nodata"):
        effort_band(EMPTY, raster(tmp_path, values), ground)
    with pytest.raises(InputError, match=r"all cells of the survey have the value 2.*leave effort out"):
        effort_band(EMPTY, raster(tmp_path, np.full((4, 5), 2.0)), ground)
