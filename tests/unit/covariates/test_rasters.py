"""Rasters on the cells of a survey against sums over every piece of their own cells."""

import numpy as np
import pytest
import rasterio
from geohalo.covariates.rasters import averaged, raster_bands
from geohalo.errors import InputError
from hypothesis import given, settings
from hypothesis import strategies as st
from rasterio.transform import from_origin

WEST, NORTH = 500_000, 7_000_400


def write(path, values, cell, west=WEST, north=NORTH, crs="EPSG:32635", nodata=None, **about):
    values = np.atleast_3d(np.asarray(values).T).T
    profile = {"driver": "GTiff", "count": len(values), "dtype": values.dtype, "nodata": nodata, "crs": crs}
    height, width = values.shape[1:]
    transform = from_origin(west, north, cell, cell)
    with rasterio.open(path, "w", height=height, width=width, transform=transform, **profile) as file:
        file.write(values)
    return path


def overlaps(cell, west, north, shape, ground):
    """Area in which each cell of a raster and each of a survey lie over each other, (cells, rows, columns)."""

    def along(low, size, count, first, number):
        start = low + size * np.arange(count)
        mine = first + 100 * np.arange(number)
        both = np.minimum(start + size, mine[:, None] + 100) - np.maximum(start, mine[:, None])
        return np.clip(both, 0, None)

    rows, columns = ground.grid.shape
    across = along(west, cell, shape[1], WEST, columns)
    down = along(-north, cell, shape[0], -NORTH, rows)
    return np.einsum("ij,kl->ikjl", down, across).reshape(rows * columns, *shape)


@pytest.mark.parametrize("cell", [25.0, 40.0, 70.0, 130.0, 250.0])
def test_means_are_weighted_by_area(ground, cell):
    shape = (int(900 // cell) + 2, int(900 // cell) + 2)
    values = np.random.default_rng(1).normal(size=shape)
    west, north = WEST - 133.0, NORTH + 171.0
    found = averaged(values, from_origin(west, north, cell, cell), ground.crs, ground)
    weight = overlaps(cell, west, north, shape, ground)
    assert found == pytest.approx((weight * values).sum((1, 2)) / weight.sum((1, 2)), rel=1e-5, abs=1e-6)


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10_000), cell=st.floats(20, 90))
def test_shares_of_classes_agree_with_brute_force(tmp_path_factory, seed, cell):
    ground = grounded()
    random = np.random.default_rng(seed)
    shape = (int(800 // cell) + 2, int(800 // cell) + 2)
    codes = random.choice([3, 7, 11], size=shape).astype(np.uint8)
    west, north = WEST - random.uniform(0, 100), NORTH + random.uniform(0, 100)
    path = write(tmp_path_factory.mktemp("r") / "rock.tif", codes, cell, west, north)
    found = raster_bands("rock", path, {"kind": "categorical"}, ground)
    weight = overlaps(cell, west, north, shape, ground)
    for name, values in zip(found.names, found.values, strict=True):
        code = int(name.removeprefix("rock: "))
        exact = (weight * (codes == code)).sum((1, 2)) / weight.sum((1, 2))
        assert values == pytest.approx(exact, abs=2e-5)


def grounded():
    import pyproj
    from geohalo.covariates.bands import Ground
    from geohalo.cube.grid import Grid

    x, y = 500_050.0 + 100 * np.arange(5), 7_000_350.0 - 100 * np.arange(4)
    return Ground(Grid(x, y), np.ones((4, 5), dtype=bool), pyproj.CRS.from_epsg(32635))


def test_no_data_counts_nowhere(ground, tmp_path):
    values = np.full((8, 10), 5, dtype=np.float32)
    values[0, 0], values[:2, 2:4] = -9999, -9999
    values[0, 1] = 11
    path = write(tmp_path / "g.tif", values, 50, nodata=-9999)
    found = raster_bands("gravity", path, {}, ground).values.reshape(4, 5)
    assert found[0, 0] == pytest.approx((11 + 5 + 5) / 3)
    assert np.isnan(found[0, 1])
    assert found[1] == pytest.approx(5)


def test_names_of_codes_and_classes_that_the_survey_does_not_meet(ground, tmp_path):
    codes = np.full((4, 6), 2, dtype=np.uint8)
    codes[:, 1], codes[:, 5] = 9, 4
    path = write(tmp_path / "r.tif", codes, 100)
    found = raster_bands("rock", path, {"kind": "categorical", "names": {2: "granite"}}, ground)
    assert found.names == ["rock: granite", "rock: 9"]
    assert found.values[1].reshape(4, 5)[0].tolist() == [0, 1, 0, 0, 0]


def test_another_crs(ground, tmp_path):
    # A plane that rises eastwards by 1 each degree, in degrees: the survey is at 27 degrees east.
    east, _ = np.meshgrid(26.9 + 0.0005 * (np.arange(400) + 0.5), np.arange(300))
    path = write(tmp_path / "d.tif", east, 0.0005, 26.9, 63.2, crs="EPSG:4326")
    found = raster_bands("plane", path, {}, ground)
    from pyproj import Transformer

    x, y = ground.grid.centres().T
    exact = Transformer.from_crs(32635, 4326, always_xy=True).transform(x, y)[0]
    assert found.values[0] == pytest.approx(exact, abs=2e-4)


@pytest.mark.parametrize(
    ("values", "layer", "about", "message"),
    [
        ([[1.5, 2], [3, 4]], {"kind": "categorical"}, {}, "1.5 is no code of a class"),
        (np.arange(1600.0).reshape(40, 40), {"kind": "categorical"}, {}, "1,600 classes .*kind: continuous"),
        ([[1.0, 2], [3, 4]], {}, {"crs": None}, r"no CRS; set covariates\.rock\.crs"),
        ([[1.0, 2], [3, 4]], {"crs": "EPSG:4326"}, {}, "but covariates.rock.crs is 'WGS 84'"),
        (np.ones((2, 3, 3)), {}, {}, r"2 bands .*covariates\.rock\.band"),
        (np.ones((2, 3, 3)), {"band": "Cu"}, {}, r"covariates\.rock\.band"),
    ],
)
def test_bad_rasters_are_named(ground, tmp_path, values, layer, about, message):
    path = write(tmp_path / "rock.tif", np.asarray(values), 250, **about)
    with pytest.raises(InputError, match=message) as caught:
        raster_bands("rock", path, layer, ground)
    assert "rock.tif" in str(caught.value)
    assert "grids." not in str(caught.value)


def test_an_undeclared_code_is_told_with_the_key_of_the_layer(ground, tmp_path):
    values = np.random.default_rng(0).normal(size=(20, 20))
    values[:3] = -99999
    path = write(tmp_path / "rock.tif", values, 40)
    found = raster_bands("rock", path, {}, ground)
    assert "covariates.rock.nodata: -99999" in found.warnings[0].fix
    assert np.isnan(found.values[0].reshape(4, 5)[0]).all()


def test_whole_numbers_of_few_values_are_doubtful(ground, tmp_path):
    codes = np.tile(np.arange(20, dtype=np.uint8) // 5, (20, 1))
    path = write(tmp_path / "rock.tif", codes, 40)
    (doubt,) = raster_bands("rock", path, {}, ground).warnings
    assert doubt.what == "the raster has 4 whole numbers and was taken for a measurement"
    assert "covariates.rock.kind: categorical" in doubt.fix
    # Who says that they are numbers is not asked again; nor is a file of fractions that happen to be whole.
    assert raster_bands("rock", path, {"kind": "continuous"}, ground).warnings == ()
    path = write(tmp_path / "height.tif", codes.astype(np.float32), 40)
    assert raster_bands("rock", path, {}, ground).warnings == ()


def test_a_raster_has_no_columns_to_choose_from(ground, tmp_path):
    path = write(tmp_path / "rock.tif", np.arange(1600, dtype=np.int32).reshape(40, 40), 25)
    with pytest.raises(InputError, match=r"1000 are the most\. Merge classes in the file") as caught:
        raster_bands("rock", path, {"kind": "categorical"}, ground)
    assert "covariates.rock.column" not in str(caught.value)
