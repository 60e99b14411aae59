"""Layers beside geochemistry in a check: each is read and judged as a run does it, and shown on the page."""

import geopandas as gpd
import numpy as np
import pytest
import shapely
from geohalo.check.covariates import NOT_SEEN, UNUSABLE
from geohalo.check.sections import counted_members
from geohalo.settings import check_settings

SCHEMES = ["held_out", "inner", "random", "final"]
WEST, SOUTH, SIDE = 499_000, 5_999_000, 8_000


@pytest.fixture
def checked(tmp_path, tables, checked_with, page_text):
    """Return a function that checks the survey with some layers, and its page as text."""

    def check(covariates, samples=None):
        table = tables[0]() if samples is None else samples
        table["height"] = np.linspace(100, 148, len(table)).round(1).astype(str)
        table["till"] = np.where(np.arange(len(table)) < 30, "35", "82")
        layers = {name: str(tmp_path / one["file"]) for name, one in covariates.items() if "file" in one}
        found, settings = checked_with({"covariates": layers}, table, covariates=covariates)
        return found, page_text(found, settings)

    return check


def write(folder, shapes, name, **columns):
    gpd.GeoDataFrame(columns, geometry=shapes, crs=32633).to_file(folder / name)


def halves(folder, name="rock.gpkg", to=SIDE):
    west = shapely.box(WEST, SOUTH, WEST + 3_000, SOUTH + SIDE)
    east = shapely.box(WEST + 3_000, SOUTH, WEST + to, SOUTH + SIDE)
    write(folder, [west, east], name, unit=["granite", "schist"])


def test_the_page_shows_what_each_layer_comes_to(checked, tmp_path):
    halves(tmp_path)
    write(tmp_path, [shapely.LineString([(502_000, 5_990_000), (502_000, 6_020_000)])], "faults.gpkg")
    layers = {
        "rock": {"file": "rock.gpkg", "column": "unit"},
        "faults": {"file": "faults.gpkg"},
        "height": {"column": "height"},
        "till": {"column": "till", "kind": "categorical", "names": {"35": "sandy till"}},
    }
    found, text = checked(layers)
    assert found.findings.errors == []
    table = found.covariates
    assert table["layer"].tolist() == list(layers)
    assert table["kind"].tolist() == ["categorical", "continuous", "continuous", "categorical"]
    assert table["bands"].tolist() == [2, 1, 1, 2]
    assert table["unit"].tolist() == ["", "m", "", ""]
    assert table["cover"].tolist() == [1.0] * 4
    assert table["source"].tolist() == [
        "rock.gpkg, column 'unit'",
        "faults.gpkg",
        "column 'height' of the samples",
        "column 'till' of the samples",
    ]
    assert table["holds"][0].startswith("schist (")
    assert "; granite (" in table["holds"][0]
    assert table["holds"][1].endswith(" to 4,750") or " to 4," in table["holds"][1]
    assert "sandy till (" in table["holds"][3]
    assert "## Covariates" in text
    assert "The network sees 6 bands of 4 layers beside the elements." in text
    assert "cells x (3 elements and 6 bands of covariates)" in text
    # Columns that are layers are read.
    assert found.ground.unused == ["sample", "note"]


def test_without_layers_the_page_has_no_such_part(checked):
    found, text = checked({})
    assert found.covariates.empty
    assert "Covariates" not in text
    assert "cells x 3 elements" in text
    assert {"height", "till"} <= set(found.ground.unused)


def test_every_bad_layer_has_a_message_of_its_own(checked, tmp_path, tables):
    halves(tmp_path)
    halves(tmp_path, "half.gpkg", to=3_100)
    (tmp_path / "broken.gpkg").write_bytes(b"SQLite format 3\0 and nothing else")
    deposits = tables[1]().astype({"x": float, "y": float})
    write(tmp_path, shapely.points(deposits[["x", "y"]].to_numpy()), "mines.gpkg")
    gpd.GeoDataFrame({"unit": ["a"]}, geometry=[shapely.box(0, 0, 9, 9)]).to_file(tmp_path / "nocrs.shp")
    found, text = checked(
        {
            "rock": {"file": "rock.gpkg"},
            "part": {"file": "half.gpkg", "column": "unit"},
            "ground": {"file": "broken.gpkg", "column": "unit"},
            "mines": {"file": "mines.gpkg"},
            "place": {"file": "nocrs.shp", "column": "unit"},
            "ph": {"column": "pH"},
            "height": {"column": "height"},
        }
    )
    told = [message for _, message in found.findings.errors]
    stages = ["make_folds" if "known deposits" in message else "prepare_covariates" for message in told]
    assert [stage for stage, _ in found.findings.errors] == stages
    assert len(told) == 6
    for message, parts in zip(
        told,
        [
            ("rock.gpkg: polygons need the column", "covariates.rock.column to one of 'unit'"),
            ("half.gpkg, column 'unit': the layer covers ", "covariates.part.crs"),
            ("broken.gpkg",),
            ("mines.gpkg: 5 of 5 known deposits are points of this layer", "covariates.mines"),
            ("nocrs.shp: the layer has no CRS", "covariates.place.crs"),
            ("samples.csv: ", "'pH'", "covariates.ph.column"),
        ],
        strict=True,
    ):
        assert all(part in message for part in parts), message
    assert found.covariates["holds"].tolist()[:6] == [UNUSABLE] * 6
    assert "The network sees 1 band of 7 layers beside the elements." in text
    assert text.startswith("# Check of small\n")
    assert "6 errors stop a run" in text


def test_layers_of_a_survey_that_cannot_be_read(checked, tables):
    table = tables[0]()
    table["Cu_ppm"] = "none"
    found, text = checked({"height": {"column": "height"}, "ph": {"column": "pH"}}, table)
    told = [message for stage, message in found.findings.errors if stage == "prepare_covariates"]
    (missing,) = told
    assert "'pH'" in missing
    assert found.covariates["holds"].tolist() == [NOT_SEEN] * 2
    assert NOT_SEEN in text


def test_a_doubtful_layer_is_a_warning(checked, tmp_path):
    halves(tmp_path, to=5_500)
    found, _ = checked({"rock": {"file": "rock.gpkg", "column": "unit"}})
    doubts = [one for stage, one in found.findings.warnings if stage == "prepare_covariates"]
    assert [(one.file, one.column) for one in doubts] == [("rock.gpkg", "unit")]
    assert "of the survey's cells; the others get its mean" in doubts[0].what
    assert found.covariates["cover"][0] < 0.99


def test_each_kind_of_data_alone_is_trained_on_two_splits(config):
    settings = check_settings(config | {"covariates": {"height": {"column": "height"}}})
    settings["network"] |= {"seeds": 3, "variants": ["fusion"]}
    settings["evaluation"]["controls"] = []
    # 2 folds of held_out, inner and random, one of final; two kinds of data in the first two.
    assert counted_members(settings, SCHEMES, {}) == 3 * (2 + 2 + 2 + 1 + 2 * (2 + 2))
    assert counted_members(settings | {"covariates": {}}, SCHEMES, {}) == 3 * (2 + 2 + 2 + 1)
