"""Polygons, lines and points against areas, lengths and distances worked out by hand."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import pytest
import shapely
from geohalo.covariates.bands import OTHERS, Ground
from geohalo.covariates.leaks import check_not_from_deposits
from geohalo.covariates.shape_files import FAR, read_shapes
from geohalo.covariates.shapes import coverage, density, nearest_distance, shape_bands
from geohalo.cube.grid import Grid
from geohalo.errors import InputError
from pyproj import CRS, Transformer

WEST, NORTH = 500_000, 7_000_400
#: A country from 10 to 180 degrees east with the survey in it, as maps of the whole earth have them.
COUNTRY = shapely.segmentize(shapely.box(10, 0, 180, 80), 5)


def box(west, south, east, north):
    """A box in cells, counted from the northwest corner."""
    return shapely.box(WEST + 100 * west, NORTH - 100 * south, WEST + 100 * east, NORTH - 100 * north)


def write(folder, shapes, name="layer.gpkg", crs=32635, **columns):
    frame = gpd.GeoDataFrame(columns, geometry=shapes, crs=crs)
    frame.to_file(folder / name)
    return folder / name


def test_shares_of_area(ground, tmp_path):
    # Granite takes the first column and a quarter of the second; basalt the rest. A lens of ore lies in neither.
    file = write(tmp_path, [box(0, 4, 1.25, 0), box(1.25, 4, 5, 0)], unit=["granite", "basalt"])
    found = shape_bands("rock", file, {"column": "unit"}, ground)
    assert found.names == ["rock: basalt", "rock: granite"]
    assert found.kind == "categorical"
    granite = found.values[1].reshape(4, 5)
    assert granite == pytest.approx(np.tile([1, 0.25, 0, 0, 0], (4, 1)))
    assert found.values.sum(axis=0) == pytest.approx(1)


def test_shares_are_of_the_mapped_part(ground, tmp_path):
    # The first cell is mapped by 60 %, a third of that is slate; the second by 40 %, which is too little to tell.
    shapes = [box(0, 1, 0.2, 0), box(0.2, 1, 0.6, 0), box(1, 1, 1.4, 0), box(2, 4, 5, 0), box(0, 4, 2, 1)]
    file = write(tmp_path, shapes, unit=["slate", "marl", "slate", "marl", "marl"])
    found = shape_bands("rock", file, {"column": "unit"}, ground)
    slate = found.values[found.names.index("rock: slate")].reshape(4, 5)
    assert slate[0, 0] == pytest.approx(1 / 3)
    assert np.isnan(slate[0, 1])


def test_a_column_of_numbers_is_weighted_by_area(ground, tmp_path):
    file = write(tmp_path, [box(0, 4, 1.25, 0), box(1.25, 4, 5, 0)], age=[400.0, 200.0])
    found = shape_bands("age", file, {"column": "age", "kind": "continuous"}, ground)
    assert found.values.reshape(4, 5)[2] == pytest.approx([400, 250, 200, 200, 200])


def test_shares_in_another_crs_agree(ground, tmp_path):
    shapes = [box(0, 4, 1.25, 0), box(1.25, 4, 5, 0)]
    here = gpd.GeoSeries(shapely.segmentize(shapes, 10), crs=32635)
    file = write(tmp_path, here.to_crs(4326).to_numpy(), crs=4326, unit=["granite", "basalt"])
    found = shape_bands("rock", file, {"column": "unit"}, ground)
    assert found.values[1].reshape(4, 5)[:, 1] == pytest.approx(0.25, abs=1e-4)


def test_overlapping_polygons_are_told(ground, tmp_path):
    file = write(tmp_path, [box(0, 4, 5, 0), box(0, 4, 2, 0)], unit=["a", "b"])
    found = shape_bands("rock", file, {"column": "unit"}, ground)
    assert "lie over each other in 40% of the cells" in found.warnings[0].what
    assert found.values[1].reshape(4, 5)[0] == pytest.approx([0.5, 0.5, 0, 0, 0])


def test_distance_to_a_line(ground, tmp_path):
    line = shapely.LineString([(WEST + 100, NORTH + 500), (WEST + 100, NORTH - 900)])
    found = shape_bands("faults", write(tmp_path, [line]), {}, ground)
    assert found.unit == "m"
    assert found.values.reshape(4, 5)[3] == pytest.approx([50, 50, 150, 250, 350])


def test_distance_to_points_is_that_to_the_nearest(ground):
    random = np.random.default_rng(0)
    places = random.uniform([WEST, NORTH - 400], [WEST + 500, NORTH], (7, 2))
    found = nearest_distance(shapely.points(places), ground)
    every = np.linalg.norm(ground.grid.centres()[:, None] - places, axis=2)
    assert found == pytest.approx(every.min(axis=1), rel=1e-6)


def test_density_of_a_line(ground):
    # One line along the second row: 100 m in each of its cells.
    line = shapely.LineString([(WEST - 1000, NORTH - 150), (WEST + 1500, NORTH - 150)])
    within = density(np.array([line]), ground, 50)
    assert within.reshape(4, 5) == pytest.approx(np.array([[0], [10], [0], [0]]) * np.ones(5))
    # Within 100 m, five cells: three of the row lie in the disc of a cell of the row, one in those beside it.
    around = density(np.array([line]), ground, 100).reshape(4, 5)
    assert around[:, 2] == pytest.approx(np.array([0.1, 0.3, 0.1, 0]) / 0.05, abs=1e-6)


def test_density_of_points(ground):
    places = shapely.points([[WEST + 50, NORTH - 50], [WEST + 60, NORTH - 40], [WEST + 450, NORTH - 350]])
    found = density(places, ground, 99).reshape(4, 5)
    assert found[0, 0] == pytest.approx(200)
    assert found[3, 4] == pytest.approx(100)
    assert found.sum() == pytest.approx(300)


@pytest.mark.parametrize(
    ("layer", "shapes", "columns", "message"),
    [
        ({}, [box(0, 4, 5, 0)], {"unit": ["a"]}, "set covariates.rock.column to one of 'unit'"),
        ({"column": "units"}, [box(0, 4, 5, 0)], {"unit": ["a"]}, "did you mean 'unit'"),
        (
            {"column": "unit"},
            [box(0, 4, 5, 0), shapely.Point(WEST, NORTH)],
            {"unit": ["a", "b"]},
            "points and polygons in one",
        ),
        ({"kind": "categorical"}, [shapely.Point(WEST, NORTH)], {}, "points have no area"),
        ({"measure": "density"}, [shapely.Point(WEST, NORTH)], {}, "set covariates.rock.radius"),
        ({"crs": "EPSG:4326"}, [shapely.Point(WEST, NORTH)], {}, "but covariates.rock.crs is"),
    ],
)
def test_bad_layers_are_named(ground, tmp_path, layer, shapes, columns, message):
    file = write(tmp_path, shapes, **columns)
    with pytest.raises(InputError, match=message) as caught:
        shape_bands("rock", file, layer, ground)
    assert str(file) in str(caught.value)


def test_a_layer_without_crs_is_named(ground, tmp_path):
    file = write(tmp_path, [box(0, 4, 5, 0)], name="layer.shp", crs=None, unit=["a"])
    with pytest.raises(InputError, match=r"no CRS; set covariates\.rock\.crs"):
        shape_bands("rock", file, {"column": "unit"}, ground)


def test_thousands_of_classes_are_named(ground, tmp_path):
    shapes = [box(k / 400, 4, (k + 1) / 400, 0) for k in range(2000)]
    file = write(tmp_path, shapes, number=[f"P{k}" for k in range(2000)])
    with pytest.raises(InputError, match=r"2,000 classes .*1000 are the most.*covariates\.rock\.column"):
        shape_bands("rock", file, {"column": "number"}, ground)


def test_many_classes_are_those_of_all_areas_at_once(ground, tmp_path):
    """Shares by brute force: intersections of each cell with the polygons of each class."""
    random = np.random.default_rng(4)
    corner = random.uniform([0, 0], [4.4, 3.4], (60, 2))
    shapes = [box(x, y + 0.6, x + 0.6, y) for x, y in corner]
    unit = [f"{k % 12:02d}" for k in range(60)]
    found = shape_bands("rock", write(tmp_path, shapes, unit=unit), {"column": "unit"}, ground)
    cells = [box(column, row + 1, column + 1, row) for row in range(4) for column in range(5)]
    area = np.array([[cell.intersection(shape).area / 1e4 for cell in cells] for shape in shapes])
    amount = np.array([area[[one == name for one in unit]].sum(axis=0) for name in sorted(set(unit))])
    mapped = amount.sum(axis=0)
    expected = np.where(mapped >= 0.5, amount / np.where(mapped > 0, mapped, 1), np.nan)
    kept = [name for name in found.classes if name != OTHERS]
    for name, values in zip(found.classes, found.values, strict=True):
        if name in kept:
            np.testing.assert_allclose(values, expected[sorted(set(unit)).index(name)], atol=1e-6)
    left = [k for k, name in enumerate(sorted(set(unit))) if name not in kept]
    if OTHERS in found.classes:
        np.testing.assert_allclose(found.values[-1], expected[left].sum(axis=0), atol=1e-6)
    assert len(kept) >= 8


def test_points_that_are_the_deposits_are_refused(ground, tmp_path):
    places = np.array([[WEST + 50.0, NORTH - 50], [WEST + 450, NORTH - 350], [WEST + 250, NORTH - 150]])
    file = write(tmp_path, shapely.points(places))
    found = shape_bands("mines", file, {}, ground)
    np.testing.assert_allclose(found.points, places)

    def check(deposits):
        return check_not_from_deposits(
            [found], ground.cells, ground.grid.cell, np.vstack([deposits, [[0, 0], [9, 9]]])
        )

    with pytest.raises(
        InputError, match=r"2 of 4 known deposits are points of this layer.*leave covariates\.mines out"
    ):
        check(places[:2] + 20)
    assert check(places[:1] + 20) == []


def test_a_country_that_no_map_of_the_survey_can_hold_covers_it(ground, tmp_path):
    # UTM has no place for what lies on the other side of the earth; a polygon with such corners covers nothing.
    far = gpd.GeoSeries([COUNTRY], crs=4326).to_crs(ground.crs)
    assert not np.isfinite(far.bounds.to_numpy()).all()
    sea = shapely.box(-180, -90, 10, 0)
    file = write(tmp_path, [COUNTRY, sea], crs=4326, label=["land", "sea"])
    found = read_shapes(file, {}, ground, "covariates.country")[0]
    assert found["label"].tolist() == ["land"]
    west, _, _, north = found.total_bounds
    assert WEST - 3 * FAR < west < WEST - 0.9 * FAR
    assert NORTH + 0.9 * FAR < north < NORTH + 3 * FAR
    cell, part, polygon = coverage(found.geometry.to_numpy(), ground)
    assert sorted(cell) == list(range(20))
    assert part == pytest.approx(np.ones(20))
    assert set(polygon) == {0}


def test_the_distance_to_a_line_around_the_earth_is_that_to_its_part_near_the_survey(ground, tmp_path):
    # A circle of latitude a little to the north, drawn by degrees from 180 degrees west to 180 degrees east.
    latitude = 63.15
    line = shapely.linestrings(np.column_stack([np.linspace(-180, 180, 36_001), np.full(36_001, latitude)]))
    found = shape_bands("circle", write(tmp_path, [line], crs=4326), {}, ground)
    y = Transformer.from_crs(4326, 32635, always_xy=True).transform(27.005, latitude)[1]
    # The circle is bent by less than a metre over the survey.
    assert found.values[0] == pytest.approx(y - ground.cells[:, 1], abs=2)


@pytest.mark.parametrize("shift", [0, 360])
def test_shapes_on_both_sides_of_the_date_line_are_near(tmp_path, shift):
    x, y = 300_050.0 + 100 * np.arange(5), 7_000_350.0 - 100 * np.arange(4)
    fiji = Ground(Grid(x, y), np.ones((4, 5), dtype=bool), CRS.from_epsg(32760))
    east = np.where(shift, 180.5, -179.5)
    file = write(tmp_path, shapely.points([[179.5, -27.1], [east, -27.1], [60.0, 60.0]]), crs=4326)
    found = read_shapes(file, {}, fiji, "covariates.islands")[0]
    assert found.index.tolist() == [0, 1]
    assert np.isfinite(found.get_coordinates().to_numpy()).all()


def test_lines_elsewhere_are_told(ground, tmp_path):
    beside = shapely.LineString([(WEST + 2_050, NORTH), (WEST + 2_050, NORTH - 400)])
    found = shape_bands("faults", write(tmp_path, [beside]), {}, ground)
    (doubt,) = found.warnings
    assert doubt.what.startswith(
        "none of the lines of the layer lies in the survey, and the nearest is 1.6 km"
    )
    assert "covariates.faults.crs" in doubt.fix
    spain = shapely.LineString([(-4, 40), (-3, 41)])
    file = write(tmp_path, [spain], name="spain.gpkg", crs=4326)
    with pytest.raises(
        InputError, match=r"no shape of the layer lies within 1,000 km of the survey.*faults\.crs"
    ):
        shape_bands("faults", file, {}, ground)


def test_a_file_of_several_layers_is_not_guessed_from(ground, tmp_path):
    file = write(tmp_path, [box(0, 4, 5, 0)], unit=["granite"])
    gpd.GeoDataFrame(geometry=[shapely.Point(WEST, NORTH)], crs=32635).to_file(file, layer="wells")
    with pytest.raises(
        InputError, match=r"2 layers hold shapes \('layer', 'wells'\), .*set covariates\.rock\.layer to one"
    ):
        shape_bands("rock", file, {"column": "unit"}, ground)
    with pytest.raises(InputError, match=r"no layer 'rocks'.*Set covariates\.rock\.layer to one"):
        shape_bands("rock", file, {"layer": "rocks", "column": "unit"}, ground)
    assert shape_bands("rock", file, {"layer": "layer", "column": "unit"}, ground).classes == ("granite",)


def test_a_table_of_styles_is_no_layer(ground, tmp_path):
    # As QGIS keeps them in the GeoPackage.
    file = write(tmp_path, [box(0, 4, 5, 0)], unit=["granite"])
    pyogrio.write_dataframe(pd.DataFrame({"styleName": ["default"]}), file, layer="layer_styles")
    assert shape_bands("rock", file, {"column": "unit"}, ground).classes == ("granite",)


@pytest.mark.parametrize("radius", [300.0, 1_000.0, 1_450.0])
def test_ground_without_a_shape_within_the_radius_has_none(radius):
    """Sums by brute force, for weights of quite different sizes; a Fourier transform leaves traces of the largest."""
    random = np.random.default_rng(5)
    x, y = WEST + 50.0 + 100 * np.arange(60), NORTH - 50.0 - 100 * np.arange(50)
    wide = Ground(Grid(x, y), np.ones((50, 60), dtype=bool), CRS.from_epsg(32635))
    places = np.column_stack([random.choice(x, 12), random.choice(y, 12)])
    weight = 10.0 ** random.uniform(0, 5, 12)
    found = density(shapely.points(places), wide, radius, weight)
    near = ((wide.cells[:, None] - places) ** 2).sum(axis=2) <= radius**2
    side = int(radius // 100)
    disc = (
        np.add.outer(np.arange(-side, side + 1) ** 2, np.arange(-side, side + 1) ** 2) <= (radius / 100) ** 2
    )
    assert (~near.any(axis=1)).sum() > 100
    np.testing.assert_array_equal(found == 0, ~near.any(axis=1))
    assert found == pytest.approx(near @ weight / (disc.sum() * 0.01), rel=1e-5)
    assert not density(shapely.points(places + 1e6), wide, radius, weight).any()


def test_points_of_which_some_are_the_deposits_are_doubtful(tmp_path):
    random = np.random.default_rng(8)
    x, y = WEST + 50.0 + 100 * np.arange(40), NORTH - 50.0 - 100 * np.arange(40)
    wide = Ground(Grid(x, y), np.ones((40, 40), dtype=bool), CRS.from_epsg(32635))
    deposits = random.uniform([WEST, NORTH - 4000], [WEST + 4000, NORTH], (20, 2))
    other = random.uniform([WEST, NORTH - 4000], [WEST + 4000, NORTH], (300, 2))
    other = other[(np.linalg.norm(other[:, None] - deposits, axis=2) > 80).all(axis=1)]

    def check(points):
        found = shape_bands(
            "other", write(tmp_path, shapely.points(points), name=f"{len(points)}.gpkg"), {}, wide
        )
        return check_not_from_deposits([found], wide.cells, 100.0, deposits)

    (doubt,) = check(np.vstack([deposits[:6] + 20, other[:30]]))
    assert doubt.what == "6 of 20 known deposits are points of this layer, which knows them"
    assert doubt.fix == "remove deposits from the file, or leave covariates.other out"
    # One may be there by chance, and so may several among wells that stand everywhere.
    assert check(np.vstack([deposits[:1] + 20, other[:30]])) == []
    assert check(np.vstack([deposits[:6] + 20, np.repeat(other, 2, axis=0) + 7])) == []
