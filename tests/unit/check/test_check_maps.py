"""The layer of exploration effort and the map that is to be judged in a check, and what is wrong with either."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import rasterio
import shapely
from geohalo.check.maps import NOT_SEEN, UNUSABLE, check_effort, check_judged
from rasterio.transform import from_origin

WEST, NORTH, SIDE = 499_000, 6_007_000, 16


@pytest.fixture
def checked(tmp_path, checked_with, page_text):
    """Return a function that checks the survey with a layer of effort, a map to judge and a list, and its page."""

    def check(samples=None, trained_on=None, **sections):
        files = {key: str(tmp_path / sections[key]["file"]) for key in ("effort", "judge") if key in sections}
        files |= {"trained_on": str(tmp_path / trained_on)} if trained_on else {}
        found, settings = checked_with(files, samples, **sections)
        return found, page_text(found, settings)

    return check


def raster(path, rows=SIDE, columns=SIDE, crs="EPSG:32633", **about):
    """Write a raster of 500 m that rises to the south-east, from the north-western corner of the survey."""
    values = np.add.outer(np.arange(rows), np.arange(columns)).astype(np.float32)
    shape = {"height": rows, "width": columns, "count": 1, "dtype": "float32", "crs": crs}
    place = from_origin(WEST, NORTH, 500, 500)
    with rasterio.open(path, "w", driver="GTiff", transform=place, **(shape | about)) as file:
        for band in range(1, file.count + 1):
            file.write(values, band)
    return path.name


def test_the_page_shows_what_both_come_to(checked, tmp_path):
    holes = shapely.points([[500_100, 6_000_100], [503_000, 6_003_000]])
    gpd.GeoDataFrame(geometry=holes, crs=32633).to_file(tmp_path / "holes.gpkg")
    judge = {"file": raster(tmp_path / "map.tif"), "name": "other"}
    found, text = checked(effort={"file": "holes.gpkg", "radius": 1000.0}, judge=judge)
    assert found.findings.errors == []
    assert not [stage for stage, _ in found.findings.warnings if stage in ("read_effort", "read_judged")]
    assert "## Exploration effort" in text
    assert "holes.gpkg" in text
    assert " 1/km²" in text
    assert "## A map made elsewhere" in text
    assert "| Deposits where it has a score | 4 of 4 |" in text
    assert text.count("| Cells covered | 100.0% |") == 2


def test_without_either_the_page_has_no_such_part(checked):
    found, text = checked()
    assert found.beside == []
    assert "Exploration effort" not in text
    assert "A map made elsewhere" not in text


@pytest.mark.parametrize(
    ("about", "message"),
    [
        ({"crs": None}, "map.tif: the map states no CRS; set judge.crs"),
        ({"count": 2}, "map.tif: it has 2 bands, and a map of scores has one"),
        ({"crs": "EPSG:32635"}, "map.tif: the map has no value on the ground of the survey"),
    ],
)
def test_a_map_that_a_run_would_refuse_is_an_error(checked, tmp_path, about, message):
    found, text = checked(judge={"file": raster(tmp_path / "map.tif", **about)})
    (error,) = [told for stage, told in found.findings.errors if stage == "read_judged"]
    assert error.startswith(message)
    assert UNUSABLE in text


def test_columns_of_a_table_are_looked_for(checked, tmp_path):
    pd.DataFrame({"x": [500_000.0], "y": [6_000_000.0], "value": [1]}).to_csv(
        tmp_path / "map.csv", index=False
    )
    found, _ = checked(judge={"file": "map.csv", "crs": "EPSG:32633"})
    (error,) = [told for stage, told in found.findings.errors if stage == "read_judged"]
    assert error.startswith("map.csv: there is no column 'score' (judge.score)")


def test_deposits_that_the_map_misses_are_counted(checked, tmp_path):
    # The northern rows alone: Gamma and Delta lie 5.75 km north of the first samples.
    found, text = checked(judge={"file": raster(tmp_path / "map.tif", rows=5)})
    (doubt,) = [one for stage, one in found.findings.warnings if stage == "read_judged"]
    assert doubt.what == "2 of the 4 deposits lie where the map has no score, and are no evidence"
    assert "| Deposits where it has a score | 2 of 4 |" in text
    found, _ = checked(judge={"file": raster(tmp_path / "map.tif", rows=1)})
    (error,) = [told for stage, told in found.findings.errors if stage == "read_judged"]
    assert (
        "map.tif: the map has no score within labels.radius of a known deposit, so that none is evidence"
        in error
    )


def test_the_list_of_deposits_that_it_learned_from_is_read(checked, tmp_path):
    judge = {"file": raster(tmp_path / "map.tif"), "trained_on": "known.csv"}
    table = pd.DataFrame({"name": ["Alpha", "Gamma", "Omega"]})
    table.to_csv(tmp_path / "known.csv", index=False)
    found, text = checked(judge=judge, trained_on="known.csv")
    (doubt,) = [one for stage, one in found.findings.warnings if stage == "read_judged"]
    assert doubt.what == "the list has 3 rows, and 2 of the 4 deposits of the survey are in it"
    assert "| Deposits that it learned from (judge.trained\\_on) | 2 |" in text
    table.rename(columns={"name": "mine"}).to_csv(tmp_path / "known.csv", index=False)
    found, _ = checked(judge=judge, trained_on="known.csv")
    (error,) = [told for stage, told in found.findings.errors if stage == "read_judged"]
    assert "known.csv: the list has neither the columns of coordinates nor that of names" in error


def test_effort_that_a_run_would_refuse_is_an_error(checked, tmp_path):
    found, text = checked(effort={"file": raster(tmp_path / "effort.tif", columns=3)})
    (error,) = [told for stage, told in found.findings.errors if stage == "read_effort"]
    assert error.startswith("effort.tif: the layer covers ")
    assert "effort.crs" in error
    assert UNUSABLE in text


def test_neither_is_looked_at_where_the_survey_cannot_be_read(checked, tmp_path, tables):
    samples = tables[0]()
    samples["Cu_ppm"] = samples["Zn_ppm"] = samples["Fe_pct"] = "none"
    file = raster(tmp_path / "map.tif")
    found, text = checked(samples, effort={"file": file}, judge={"file": file})
    assert found.findings.errors
    assert not [stage for stage, _ in found.findings.errors if stage in ("read_effort", "read_judged")]
    if found.ground.n_cells == 0:
        assert text.count(NOT_SEEN) == 2


def test_nothing_is_said_of_what_no_config_names(checked):
    found, _ = checked()
    assert check_effort(found.findings, None, None, found.ground).empty
    assert check_judged(found.findings, {}, (None, None), found.ground, found.deposits, 700).empty


def test_a_list_of_all_deposits_leaves_no_evidence(checked, tmp_path, tables):
    judge = {"file": raster(tmp_path / "map.tif"), "trained_on": "known.csv"}
    tables[1]().to_csv(tmp_path / "known.csv", index=False)
    found, _ = checked(judge=judge, trained_on="known.csv")
    (error,) = [told for stage, told in found.findings.errors if stage == "read_judged"]
    assert error.startswith("known.csv: the list of judge.trained_on leaves no deposit as evidence, of 4")
