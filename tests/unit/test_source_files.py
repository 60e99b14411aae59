"""From samples and their ground to elements: the files and messages of the stage."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import xarray as xr
from geohalo.catchments.catchment import Catchments
from geohalo.cube.grid import sampled_mask, survey_grid
from geohalo.errors import InputError
from geohalo.files.catchments import write_catchments
from geohalo.files.cells import Survey
from geohalo.settings import check_settings
from geohalo.sources import amount, unmixing
from geohalo.sources.folds import tree_folds
from geohalo.sources.mixing import Mixing
from geohalo.sources.realisations import realise_sources as realise
from geohalo.sources.till import till_shares
from geohalo.sources.unmixing import Options, unmix
from geohalo.stages import unmix_elements as stage
from geohalo.stages.realise_sources import realise_sources
from geohalo.stages.unmix_elements import unmix_elements
from pyproj import CRS
from rasterio.transform import from_origin
from scipy.sparse import csr_array
from terrains import write

UTM = CRS.from_epsg(32633)
GRID = {"cell": 500, "max_distance": 1500}
DEMO = check_settings({"survey": "a", "simulate": {"medium": "stream"}})
STREAM = {"medium": "stream", **{key: DEMO[key] for key in ("sources", "interpolation")}, "ice": None}
TILL = STREAM | {"medium": "till", "ice": {"bearing": 90.0, "length": 1000.0, "width": None}}
SAMPLES = 48


@pytest.fixture
def survey(tmp_path):
    """Samples in 24 valleys of two each, the upper one 2 km above the lower; returns paths, places and catchments."""
    random = np.random.default_rng(1)
    valley, upper = np.divmod(np.arange(SAMPLES), 2)
    x = 500_000 + 1000.0 * valley + 250
    y = 6_000_000 + 2000.0 * upper + 250
    points = np.column_stack([x, y])
    layout = survey_grid(points, **GRID)
    # Each sees a column of cells, two wide and four high, above it.
    parent = np.where(upper == 1, np.arange(SAMPLES) - 1, -1)
    shares = np.zeros((SAMPLES, layout.x.size * layout.y.size))
    for sample in range(SAMPLES):
        columns = np.flatnonzero(np.abs(layout.x - x[sample] - 250) < 400)
        rows = np.flatnonzero((layout.y > y[sample] - 100) & (layout.y < y[sample] + 1900))
        cells = (rows[:, None] * layout.x.size + columns).ravel()
        shares[sample, cells] = 250_000.0
    own = shares.sum(axis=1)
    area = own + np.where(upper == 0, np.roll(own, -1), 0)
    none, whole = np.full(SAMPLES, -1), np.zeros(SAMPLES)
    found = Catchments(
        parent, np.arange(SAMPLES), own, area, whole, whole.astype(bool), none, csr_array(shares)
    )
    names = [str(row) for row in range(2, 2 + SAMPLES)]
    write_catchments(found, names, layout, UTM.to_wkt(), str(tmp_path / "catchments.nc"))
    # The source rises from west to east; lead is noise, and missing in some samples.
    source = np.exp(0.2 * (layout.centres()[:, 0] - 500_000) / 1000)
    mixing = Mixing.of(csr_array(shares), parent)
    copper = np.exp(mixing.mix(np.log(source)[:, None])[:, 0] + 0.05 * random.normal(size=SAMPLES))
    lead = np.exp(random.normal(size=SAMPLES))
    lead[::7] = np.nan
    table = {"sample": names, "Cu": copper, "Cu_censored": False, "Pb": lead, "Pb_censored": False}
    frame = gpd.GeoDataFrame(table, geometry=gpd.points_from_xy(x, y), crs=UTM)
    frame.to_parquet(tmp_path / "samples.parquet")
    return tmp_path, points, layout, mixing, np.log(np.column_stack([copper, lead]))


def run(survey, settings=STREAM, grid=GRID, **given):
    folder = survey[0]
    given = given or {"catchments": str(folder / "catchments.nc")}
    files = {"elements": folder / "elements.nc", "table": folder / "interpolation.csv"}
    files |= {"warnings": folder / "warnings.csv"}
    lines = unmix_elements(
        str(folder / "samples.parquet"),
        grid,
        settings,
        **{name: str(file) for name, file in files.items()},
        **given,
        folder=str(folder),
    )
    table, warnings = pd.read_csv(files["table"]), pd.read_csv(files["warnings"], keep_default_na=False)
    return xr.load_dataset(files["elements"]), table, warnings, lines


def expected(survey, **options):
    _, points, layout, mixing, values = survey
    folds = tree_folds(mixing.parent, points, 3000.0, first=mixing.first)
    return unmix(mixing, layout.shape, 500.0, values, folds, Options(**options)), folds


def test_the_file_of_elements_is_that_of_the_sources(survey):
    _, points, layout, mixing, _ = survey
    maps, _, warnings, lines = run(survey)
    found, _ = expected(survey)
    inside = sampled_mask(layout, points, 1500.0)
    np.testing.assert_array_equal(maps["mask"].to_numpy().astype(bool), inside)
    assert Survey.of(maps).grid.cell == 500
    concentration = maps["concentration"].to_numpy()
    assert np.isnan(concentration[:, ~inside]).all()
    np.testing.assert_allclose(concentration[:, inside].T, np.exp(found.estimate)[inside.ravel()], rtol=1e-6)
    variance = maps["variance"].to_numpy()
    np.testing.assert_allclose(variance[:, inside].T, found.variance[inside.ravel()], rtol=1e-5)
    assert maps["variance"].attrs["units"] == "(ln ppm)2"
    seen = maps["seen"].to_numpy().astype(bool)
    np.testing.assert_array_equal(seen, mixing.seen().reshape(layout.shape) & inside)
    # What no sample sees is known less well.
    copper = maps["variance"].sel(element="Cu").to_numpy()
    assert copper[seen].mean() < copper[inside & ~seen].mean()
    assert list(maps["element"].to_numpy()) == ["Cu", "Pb"]
    assert list(maps["method"].to_numpy()) == ["catchment", "catchment"]
    assert "catchment explains" in lines[-1]
    assert list(warnings.columns) == ["stage", "file", "column", "row", "what", "fix"]


def test_the_disc_stands_beside_the_catchment(survey):
    _, points, _, _, values = survey
    maps, table, _, _ = run(survey)
    found, folds = expected(survey)
    assert table[["element", "method"]].to_numpy().tolist() == [
        [element, method] for element in ("Cu", "Pb") for method in ("catchment", "idw", "place")
    ]
    assert table["chosen"].tolist() == [True, False, False] * 2
    chosen = table[table["chosen"]]
    np.testing.assert_allclose(chosen["cv_error"], found.error / np.log(10), rtol=1e-5)
    np.testing.assert_allclose(chosen["cv_explained"], found.explained, rtol=1e-4)
    np.testing.assert_allclose(maps["cv_error"], chosen["cv_error"], rtol=1e-5)
    np.testing.assert_allclose(chosen["strength"], found.share, rtol=1e-5)
    np.testing.assert_allclose(chosen["nugget"], found.strength * found.scale, rtol=1e-5)
    assert chosen["model"].tolist() == ["logs, first"] * 2
    # The disc of the first element by hand: twelve nearest samples in use, by the inverse square of the distance.
    squares = []
    for sample in np.flatnonzero(folds.fold >= 0):
        used = np.flatnonzero(~folds.withheld[folds.fold[sample]])
        distance = np.hypot(*(points[used] - points[sample]).T)
        near = np.argsort(distance, kind="stable")[:12]
        weight = distance[near] ** -2.0
        squares.append((weight @ values[used[near], 0] / weight.sum() - values[sample, 0]) ** 2)
    disc = table[(table["element"] == "Cu") & (table["method"] == "idw")].iloc[0]
    assert disc["samples"] == len(squares)
    # Samples at equal distances may be taken either way.
    assert disc["cv_error"] == pytest.approx(np.sqrt(np.mean(squares)) / np.log(10), rel=0.02)


def test_masses_are_balanced_where_asked_for(survey):
    settings = STREAM | {"sources": {"law": "mass", "penalty": "second"}}
    maps, table, _, _ = run(survey, settings)
    found, _ = expected(survey, law="mass", kind="second")
    inside = maps["mask"].to_numpy().astype(bool)
    np.testing.assert_allclose(
        maps["concentration"].to_numpy()[:, inside].T, np.exp(found.estimate)[inside.ravel()], rtol=1e-5
    )
    chosen = table[table["chosen"]]
    assert chosen["model"].tolist() == ["mass, second"] * 2
    # Its own errors, not those of logs.
    assert (chosen["cv_error"] - found.error / np.log(10)).abs().max() > 1e-6
    assert np.isfinite(chosen["cv_error"]).all()


def test_all_candidates_of_best_are_compared(survey):
    best = STREAM["interpolation"] | {"method": "best", "candidates": ["nearest", "idw"]}
    _, table, _, _ = run(survey, STREAM | {"interpolation": best})
    assert table["method"].tolist() == ["catchment", "nearest", "idw", "place"] * 2


def test_till_is_the_ground_up_ice(survey):
    folder, points, layout, _, values = survey
    maps, table, _, _ = run(survey, TILL, bearing=None)
    # The ice came from the west; a strip is a quarter as wide as long.
    mixing = Mixing.of(till_shares(points, layout, 90.0, 1000.0, 250.0), np.full(SAMPLES, -1))
    folds = tree_folds(mixing.parent, points, 3000.0)
    found = unmix(mixing, layout.shape, 500.0, values, folds, Options())
    inside = maps["mask"].to_numpy().astype(bool)
    np.testing.assert_allclose(
        maps["concentration"].to_numpy()[:, inside].T, np.exp(found.estimate)[inside.ravel()], rtol=1e-5
    )
    assert set(table["method"]) == {"ice", "idw", "place"}
    everywhere = from_origin(490_000, 6_020_000, 50_000, 50_000)
    file = write(folder, np.full((1, 1), 90, np.float32), crs="EPSG:32633", transform=everywhere)
    raster, _, _, _ = run(survey, TILL, bearing=str(file))
    xr.testing.assert_allclose(raster, maps)


def test_a_raster_without_a_bearing_at_samples_stops(survey):
    file = write(
        survey[0],
        np.full((1, 1), 90, np.float32),
        crs="EPSG:32633",
        transform=from_origin(490_000, 6_020_000, 20_000, 50_000),
    )
    with pytest.raises(InputError, match="has no value at samples in rows"):
        run(survey, TILL, bearing=str(file))


def test_doubts_are_named(survey):
    _, _, warnings, _ = run(survey)
    assert set(warnings["stage"]) <= {"unmix_elements"}
    # Lead is noise, so that no way predicts it; a map that ends before the ground does is worth a word.
    near = {"cell": 500, "max_distance": 700}
    _, points, layout, mixing, _ = survey
    beyond = mixing.seen() & ~sampled_mask(layout, points, 700.0).ravel()
    _, _, warnings, lines = run(survey, grid=near)
    told = (
        f"{beyond.sum() / mixing.seen().sum():.0%} of the ground that samples of stream came from lies beyond"
    )
    assert warnings["what"].str.startswith(told).any()
    assert any(line.startswith("Warning:") for line in lines)


def test_discs_that_predict_better_are_named():
    rows = pd.DataFrame(
        {
            "element": ["Cu", "Cu", "Pb", "Pb", "Zn", "Zn"],
            "method": ["catchment", "idw"] * 3,
            "cv_error": [0.3, 0.2, 0.3, 0.2, 0.1, 0.2],
        }
    )
    (warning,) = stage._worse(rows, "catchment", "samples.csv", "stream")
    assert "mapped as discs (idw), samples predict left-out ones better than as stream for 2 of 3" in str(
        warning
    )
    rows["cv_error"] = [0.3, 0.2, 0.1, 0.2, 0.1, 0.2]
    assert stage._worse(rows, "catchment", "samples.csv", "stream") == []


def test_ground_that_tells_no_more_than_the_place_is_named(survey):
    methods = {"element": ["Cu", "Cu", "Pb", "Pb"], "method": ["ice", "place"] * 2}
    rows = pd.DataFrame(methods | {"cv_error": [0.3, 0.2, 0.1, 0.2]})
    (warning,) = stage._no_better(rows, "ice", "samples.csv", "till")
    assert "that samples are till helps to predict left-out ones for 1 of 2 elements only" in str(warning)
    rows["cv_error"] = [0.1, 0.2, 0.1, 0.2]
    assert stage._no_better(rows, "ice", "samples.csv", "till") == []
    assert stage._no_better(rows[rows["method"] == "ice"], "ice", "samples.csv", "till") == []
    # A place is no disc: it is compared apart.
    discs = rows.assign(method=["ice", "idw"] * 2, cv_error=[0.1, 0.2, 0.1, 0.2])
    places = rows[rows["method"] == "place"].assign(cv_error=0.01)
    assert stage._worse(pd.concat([discs, places]), "ice", "samples.csv", "till") == []


def test_what_cannot_be_mapped_stops(survey, monkeypatch):
    with pytest.raises(
        InputError, match=r"config key grid\.max_distance: how smooth the map may be is chosen"
    ):
        run(survey, grid={"cell": 500, "max_distance": 50_000})
    monkeypatch.setattr(amount, "MOST_SAMPLES", 40)
    with pytest.raises(
        InputError, match="masses are balanced for 40 samples at most, and this survey has 48"
    ):
        run(survey, STREAM | {"sources": {"law": "mass", "penalty": "first"}})
    folder = survey[0]
    frame = gpd.read_parquet(folder / "samples.parquet")
    frame["Pb"] = np.nan
    frame.to_parquet(folder / "samples.parquet")
    with pytest.raises(InputError, match="no sample whose ground is known has a value of Pb; see what"):
        run(survey)


def test_a_survey_of_many_samples_has_a_variance_too(survey, monkeypatch):
    few, *_ = run(survey)
    monkeypatch.setattr(unmixing, "MOST_SAMPLES", 40)
    many, _, warnings, _ = run(survey)
    assert not warnings["what"].str.contains("variance").any()
    # Strengths are shares of the variance on the rectangle of a part, which is a third larger than on the whole grid.
    np.testing.assert_allclose(many["concentration"], few["concentration"], rtol=0.01)
    np.testing.assert_allclose(many["variance"], few["variance"], rtol=0.3)


def drawn(survey, settings, number, **given):
    """Return one realisation after `run`, and the line for the log."""
    folder = survey[0]
    files = [str(folder / name) for name in ("samples.parquet", "elements.nc")]
    line = realise_sources(*files, GRID, settings, number, str(folder / "drawn.nc"), **given)
    return xr.load_dataset(folder / "drawn.nc"), line


@pytest.mark.parametrize("medium", ["stream", "till"])
def test_a_realisation_is_drawn_at_the_strength_of_the_map(survey, medium):
    folder, points, layout, mixing, values = survey
    settings = {"stream": STREAM, "till": TILL}[medium]
    given = {"catchments": str(folder / "catchments.nc")} if medium == "stream" else {"bearing": None}
    if medium == "till":
        mixing = Mixing.of(till_shares(points, layout, 90.0, 1000.0, 250.0), np.full(SAMPLES, -1))
    maps, *_ = run(survey, settings, **given)
    folds = tree_folds(mixing.parent, points, 3000.0, first=mixing.first)
    found = unmix(mixing, layout.shape, 500.0, values, folds, Options())
    # As they were chosen, to the last digit.
    np.testing.assert_array_equal(maps["strength"], found.strength)
    np.testing.assert_array_equal(maps["scale"], found.scale)
    one, line = drawn(survey, settings, 3, **given)
    assert line == "2 of 2 elements drawn"
    assert one["concentration"].attrs == maps["concentration"].attrs
    assert set(one.data_vars) == {"concentration", "mask", "spatial_ref"}
    xr.testing.assert_equal(one["mask"], maps["mask"])
    inside = maps["mask"].to_numpy().astype(bool)
    what = (mixing, layout.shape, 500.0, values, "first", found.strength, found.scale, ["Cu", "Pb"])
    expected = np.exp(realise(*what, 3))[inside.ravel()]
    concentration = one["concentration"].to_numpy()
    assert np.isnan(concentration[:, ~inside]).all()
    np.testing.assert_allclose(concentration[:, inside].T, expected, rtol=1e-6)
    other, _ = drawn(survey, settings, 4, **given)
    assert float(np.abs(np.log(other["concentration"] / one["concentration"])).mean()) > 0.01
