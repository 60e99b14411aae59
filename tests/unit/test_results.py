"""Results opened by whoever has no workflow: what comes back is what was written."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from geohalo.cube.grid import Grid
from geohalo.errors import InputError
from geohalo.files.cells import Survey, write_geotiff, write_netcdf
from geohalo.files.digests import keep_digests
from geohalo.files.maps import Band, write_map
from geohalo.files.paths import FILES, file_path
from geohalo.files.results import SurveyResults
from geohalo.files.scores import write_scores
from geohalo.files.tables import write_csv
from shapely.geometry import Point

MASK = np.ones((4, 5), dtype=bool)
MASK[0, :2] = False
SURVEY = Survey(Grid(np.arange(5) * 100.0, 900 - np.arange(4) * 100.0), MASK, "EPSG:2157")
CELLS = int(MASK.sum())
VALUES = np.arange(3 * CELLS, dtype=np.float32).reshape(3, CELLS)


@pytest.fixture
def results(tmp_path):
    """Return results that hold a grid, scores, a map and tables."""

    def place(name: str, **wildcards) -> str:
        path = tmp_path / file_path(name, **wildcards)
        path.parent.mkdir(parents=True, exist_ok=True)
        return str(path)

    concentration = (("element", "y", "x"), SURVEY.image(VALUES))
    data = SURVEY.dataset(concentration=concentration).assign_coords(element=["Cu", "Pb", "Zn"])
    write_netcdf(data, place("elements"))
    write_netcdf(data.rename(concentration="cube"), place("cube"))
    run = {"variant": "fusion", "scales": "30-90"}
    write_scores(SURVEY, {"held_out": (VALUES, VALUES)}, place("heldout", **run))
    controls = np.stack([VALUES + 1, VALUES + 2])
    write_scores(SURVEY, {"held_out": (controls, controls)}, place("controls"), ["logistic", "random_forest"])
    write_map(SURVEY, SURVEY.image(VALUES[:1]), place("map", map="score"), np.nan, [Band("score", "score")])
    write_geotiff(
        SURVEY, SURVEY.image(VALUES[:1].astype(np.int32), 0), place("superpixels", n_segments=30), 0, ["a"]
    )
    write_csv(pd.DataFrame({"metric": ["capture"], "estimate": [0.25]}), place("metrics"))
    frame = gpd.GeoDataFrame({"name": ["=A"]}, geometry=[Point(0, 900)], crs="EPSG:2157")
    frame.to_parquet(place("deposits"))
    keep_digests([place("metrics")])
    return SurveyResults(tmp_path)


def test_grids_come_back(results):
    assert results.survey().mask.tolist() == MASK.tolist()
    for found in (results.elements()["concentration"], results.cube()["cube"]):
        np.testing.assert_array_equal(found.to_numpy()[:, MASK], VALUES)
        assert found.sel(element="Pb", x=400, y=600).item() == VALUES[1, -1]
        assert found.rio.crs.to_epsg() == 2157
    found = results.map("score")
    assert found.dims == ("y", "x")
    np.testing.assert_array_equal(np.isnan(found), ~MASK)
    np.testing.assert_array_equal(found.to_numpy()[MASK], VALUES[0])
    assert found.rio.crs.to_epsg() == 2157
    assert results.superpixels(30).sel(x=400, y=600).item() == CELLS - 1


def test_scores_are_those_of_the_method(results):
    for method, more in (("fusion", 0), ("logistic", 1), ("random_forest", 2)):
        found = results.scores(method)
        assert found.shape == (3, 4, 5)
        np.testing.assert_array_equal(found.to_numpy()[:, MASK], VALUES + more)
    with pytest.raises(InputError, match="no scores of 'forest'; there are fusion, logistic, random_forest"):
        results.scores("forest")
    with pytest.raises(InputError, match="no scores of scheme 'inner'"):
        results.scores("fusion", "inner")


def test_tables_come_back(results):
    assert results.table("metrics").to_dict("list") == {"metric": ["capture"], "estimate": [0.25]}
    assert results.deposits()["name"].tolist() == ["=A"]


def test_what_is_not_there_is_named(results, tmp_path):
    with pytest.raises(InputError, match="no file of that name"):
        results.path("scores")
    with pytest.raises(InputError, match=r"held_out\.csv: the run has not made this file"):
        results.folds()
    with pytest.raises(InputError, match="there is no such folder"):
        SurveyResults(tmp_path / "absent")
    other = tmp_path / file_path("heldout", variant="fusion", scales="90")
    other.parent.mkdir(parents=True)
    other.write_bytes(b"")
    with pytest.raises(InputError, match=r"2 files fit \(.*; say which one"):
        results.scores("fusion")


def test_a_damaged_file_is_named(results):
    results.path("metrics").write_text("metric,estimate\ncapture,0.75\n")
    with pytest.raises(InputError, match=r"metrics\.csv"):
        results.table("metrics")


def test_every_pattern_has_its_wildcards_filled():
    known = {
        "realisation",
        "variant",
        "scales",
        "scatteritem",
        "n_segments",
        "scheme",
        "stage",
        "map",
        "figure",
    }
    known |= {"key", "source", "seed"}
    for name in FILES:
        assert "{" not in file_path(name, **dict.fromkeys(known, "1")), name
