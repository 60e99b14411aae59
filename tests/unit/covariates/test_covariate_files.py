"""From layers to the cube: the file of the bands, what the network sees of them, and which columns are whose."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import rasterio
import xarray as xr
from geohalo.errors import InputError
from geohalo.files.cells import Survey, covariate_count, cube_part, read_cells
from geohalo.files.covariates import CovariateBands
from geohalo.files.leaks import refuse_leaks
from geohalo.files.maps import corner_transform
from geohalo.stages.prepare_covariates import prepare_covariates
from geohalo.stages.stack_cube import stack_cube
from layer_files import COLUMNS, ELEMENTS, INTERPOLATION, ROWS, Files, samples, survey, write_files

BANDS = ["gravity", "rock: granite", "rock: schist", "faults", "dykes", "height", "till: sandy", "till: 82"]


@pytest.fixture
def files(tmp_path) -> Files:
    return write_files(tmp_path)


def prepare(files, **changes):
    elements, written = files.path("elements.nc"), files.path("covariates.nc")
    given = files.arguments() | {"warnings": files.path("warnings.csv")} | changes
    return prepare_covariates(elements, files.layers, files.files, INTERPOLATION, written, **given)


def read(files):
    with xr.open_dataset(files.path("covariates.nc")) as data:
        return data.load()


def test_each_layer_is_there_with_its_kind_and_unit(files):
    told = prepare(files)
    data = read(files)
    assert data["band"].to_numpy().tolist() == BANDS
    assert data["layer"].to_numpy().tolist() == [
        *("gravity", "rock", "rock", "faults"),
        *("dykes", "height", "till", "till"),
    ]
    categorical = {"rock: granite", "rock: schist", "till: 82", "till: sandy"}
    expected = ["categorical" if band in categorical else "continuous" for band in BANDS]
    assert data["kind"].to_numpy().tolist() == expected
    assert data["unit"].to_numpy().tolist() == ["mGal", "", "", "m", "1/km²", "", "", ""]
    assert data["covariate"].shape == (len(BANDS), ROWS, COLUMNS)
    assert data["covariate"].dtype == np.float32
    assert np.isnan(data["covariate"].to_numpy()[:, -1, -1]).all()
    assert told[-6:] == [
        "gravity: continuous, mGal",
        "rock: categorical, granite, schist",
        "faults: continuous, m",
        "dykes: continuous, 1/km²",
        "height: continuous, no unit",
        "till: categorical, sandy, 82",
    ]


def test_values_are_those_of_the_ground(files):
    prepare(files)
    values = dict(zip(BANDS, read(files)["covariate"].to_numpy(), strict=True))
    # Rows of the raster are 2 apart: a cell has the mean of two, and the first one is a hole.
    assert values["gravity"][:-1, 1] == pytest.approx(4.0 * np.arange(ROWS - 1) + 1)
    assert np.isnan(values["gravity"][0, 0])
    assert values["rock: granite"][3] == pytest.approx([1, 1, 1, 1, 0.25, *[0] * 7])
    assert values["rock: granite"][:-1] + values["rock: schist"][:-1] == pytest.approx(1)
    assert values["faults"][5] == pytest.approx(np.abs(np.arange(COLUMNS) * 100 + 50 - 600))
    assert values["dykes"][9, 1] == pytest.approx(200)
    assert values["dykes"][0, 11] == pytest.approx(100)
    # Interpolated between samples, which rise to the east.
    table = samples()
    assert np.nanmin(values["height"]) >= table["height"].min() - 1e-3
    assert np.nanmax(values["height"]) <= table["height"].max() + 1e-3
    assert np.corrcoef(values["height"][4], np.arange(COLUMNS))[0, 1] > 0.9
    inside = survey().mask
    assert (values["till: 82"] + values["till: sandy"])[inside] == pytest.approx(1)
    assert values["till: sandy"][:, 0] == pytest.approx(1)
    assert values["till: 82"][:-1, -1] == pytest.approx(1)


def test_doubts_are_left_beside_the_file(files):
    shapes = gpd.read_file(files.files["rock"]).iloc[:1]
    other = shapes.set_geometry(shapes.geometry.translate(xoff=700)).assign(unit="schist")
    pd.concat([shapes, other]).to_file(files.files["rock"])
    told = prepare(files)
    left = pd.read_csv(files.path("warnings.csv"))
    assert left["stage"].tolist() == ["prepare_covariates"]
    assert left["what"][0].startswith("the layer covers ")
    assert "the others get its mean" in left["what"][0]
    assert left[["file", "column"]].to_numpy().tolist() == [["rock.gpkg", "unit"]]
    assert told[0].startswith(f"Warning: {files.files['rock']}, column 'unit': the layer covers 67.2% ")


def leaks(files):
    places = gpd.read_parquet(files.path("deposits.parquet")).get_coordinates().to_numpy()
    refuse_leaks(files.path("covariates.nc"), survey(), places)


def test_a_layer_that_holds_some_deposits_is_told_where_folds_are_drawn(files):
    places = gpd.read_parquet(files.path("deposits.parquet")).get_coordinates().to_numpy()
    many = np.vstack([places, places[:2] + 400, places[:2] - 300])
    prepare(files)
    dykes = gpd.read_file(files.files["dykes"])
    dykes.set_geometry(gpd.points_from_xy(*(many[[0, 1, 5]] + 10).T), crs=dykes.crs).to_file(
        files.files["dykes"]
    )
    prepare(files)
    (doubt,) = refuse_leaks(files.path("covariates.nc"), survey(), many)
    assert (doubt.file, doubt.column) == ("dykes.gpkg", "")
    assert doubt.what == "3 of 7 known deposits are points of this layer, which knows them"


@pytest.mark.parametrize("measure", ["density", "distance"])
def test_a_layer_of_the_deposits_is_refused_where_folds_are_drawn(files, measure):
    prepare(files)
    leaks(files)
    places = gpd.read_parquet(files.path("deposits.parquet"))
    places[["geometry"]].to_file(files.files["dykes"])
    files.layers["dykes"]["measure"] = measure
    prepare(files)
    message = r"dykes\.gpkg: 3 of 3 known deposits are points of this layer.*leave covariates\.dykes out"
    with pytest.raises(InputError, match=message):
        leaks(files)


def test_a_band_that_is_made_from_the_deposits_is_refused_where_folds_are_drawn(files):
    here = survey()
    places = gpd.read_parquet(files.path("deposits.parquet")).get_coordinates().to_numpy()
    away = np.linalg.norm(here.grid.centres()[:, None] - places, axis=2).min(axis=1).reshape(ROWS, COLUMNS)
    about = {"height": ROWS, "width": COLUMNS, "count": 1, "dtype": "float32", "crs": here.crs}
    with rasterio.open(
        files.files["gravity"], "w", driver="GTiff", transform=corner_transform(here), **about
    ) as raster:
        raster.write(away.astype(np.float32), 1)
    prepare(files)
    with pytest.raises(
        InputError, match=r"gravity\.tif: gravity is lowest right at 100% of the known deposits"
    ):
        leaks(files)


def test_layers_of_files_alone_need_no_samples(files):
    del files.layers["height"], files.layers["till"]
    prepare(files, samples=None, table=None, section=None)
    assert read(files)["band"].to_numpy().tolist() == BANDS[:5]
    files.layers["height"] = {"column": "height"}
    with pytest.raises(ValueError, match="columns of samples need the samples"):
        prepare(files, samples=None)


def test_the_network_sees_standardised_numbers_and_shares(files):
    prepare(files)
    here = survey()
    bands = CovariateBands.read(files.path("covariates.nc"), here)
    assert bands.names == BANDS
    seen = bands.rows(slice(0, ROWS), clip=1.5)
    assert seen.shape == (len(BANDS), here.mask.sum())
    assert seen.dtype == np.float32
    gravity = read(files)["covariate"].to_numpy()[0][here.mask].astype(np.float64)
    known = np.isfinite(gravity)
    mean, deviation = gravity[known].mean(), gravity[known].std()
    assert seen[0][known] == pytest.approx(np.clip((gravity[known] - mean) / deviation, -1.5, 1.5), abs=1e-5)
    assert seen[0].max() == 1.5
    # The cell without the layer is at the mean.
    assert seen[0][~known].tolist() == [0.0]
    # From none to the whole of a cell a share rises by 2, and its mean is 0.
    granite = seen[1]
    assert granite.max() - granite.min() == pytest.approx(2)
    assert granite.mean() == pytest.approx(0, abs=1e-6)
    quarter = np.flatnonzero(here.mask.ravel())[:COLUMNS][4]
    assert granite[quarter] - granite.min() == pytest.approx(0.5)


def test_rows_of_bands_are_those_of_all(files):
    prepare(files)
    bands = CovariateBands.read(files.path("covariates.nc"), survey())
    whole = bands.rows(slice(0, ROWS), clip=5)
    parts = [bands.rows(slice(start, start + 4), clip=5) for start in range(0, ROWS, 4)]
    np.testing.assert_array_equal(np.concatenate(parts, axis=1), whole)


def test_bands_of_another_grid_are_refused(files):
    prepare(files)
    here = survey()
    mask = here.mask.copy()
    mask[0, 0] = False
    with pytest.raises(InputError, match="not on the grid of the elements"):
        CovariateBands.read(files.path("covariates.nc"), Survey(here.grid, mask, here.crs))


def test_elements_of_the_cube_are_those_without_covariates(files):
    prepare(files)
    elements, covariates = files.path("elements.nc"), files.path("covariates.nc")
    stack_cube(elements, "clr", 4.0, files.path("alone.nc"))
    stack_cube(elements, "clr", 4.0, files.path("cube.nc"), covariates=covariates)
    here = survey()
    with xr.open_dataset(files.path("alone.nc")) as alone, xr.open_dataset(files.path("cube.nc")) as both:
        assert "kind" not in alone
        assert both["element"].to_numpy().tolist() == [*ELEMENTS, *BANDS]
        assert both["kind"].to_numpy().tolist() == ["element"] * 3 + ["covariate"] * 8
        np.testing.assert_array_equal(both["cube"][:3].to_numpy(), alone["cube"].to_numpy())
        seen = CovariateBands.read(covariates, here).rows(slice(0, ROWS), 4.0)
        np.testing.assert_array_equal(read_cells(both, "cube", here)[3:], seen)


def test_parts_of_the_cube(files):
    prepare(files)
    elements = files.path("elements.nc")
    stack_cube(elements, "clr", 4.0, files.path("alone.nc"))
    stack_cube(elements, "clr", 4.0, files.path("cube.nc"), covariates=files.path("covariates.nc"))
    with xr.open_dataset(files.path("cube.nc")) as both:
        assert covariate_count(both) == 8
        assert cube_part(both, None) is both
        of_elements, of_covariates = cube_part(both, "element"), cube_part(both, "covariate")
        assert of_elements["element"].to_numpy().tolist() == ELEMENTS
        assert of_covariates["element"].to_numpy().tolist() == BANDS
        assert [covariate_count(part) for part in (of_elements, of_covariates)] == [0, 8]
    with xr.open_dataset(files.path("alone.nc")) as alone:
        assert covariate_count(alone) == 0
        assert cube_part(alone, "element")["element"].to_numpy().tolist() == ELEMENTS
        assert cube_part(alone, "covariate").sizes["element"] == 0


def test_a_survey_far_from_a_layer(files):
    moved = gpd.read_file(files.files["rock"])
    moved.set_geometry(moved.geometry.translate(xoff=700)).to_file(files.files["rock"])
    with pytest.raises(InputError, match=r"the layer covers 41% .*covariates\.rock\.crs"):
        prepare(files)


def test_a_layer_with_the_name_of_an_element(files):
    files.layers[ELEMENTS[0]] = files.layers["gravity"]
    files.files[ELEMENTS[0]] = files.files["gravity"]
    message = rf"config key covariates\.{ELEMENTS[0]}: the survey has an element of this name"
    with pytest.raises(InputError, match=message):
        prepare(files)
