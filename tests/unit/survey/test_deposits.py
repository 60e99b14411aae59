"""Known deposits: places, names, duplicates, and which lie inside the survey."""

import json

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from geohalo.errors import InputError
from geohalo.survey.deposits import clean_deposits
from geohalo.survey.tables import read_table

SECTION = {"layer": None, "x": "x", "y": "y", "crs": "EPSG:2157", "name": "name", "keep": {}}
SAMPLES = np.array([[600000.0, 750000.0], [605000.0, 750000.0]])


def deposits() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "x": ["600000", "603999.9", "600000.4", "604000", "609000.1", "609000"],
            "y": ["753000", "750000", "753000.4", "753000", "750000", "750000"],
            "name": ["", "Tynagh", "Navan", " Keel ", "Far", ""],
            "kind": ["mine", "mine", "mine", "mine", "placer", "mine"],
        }
    )


def test_worked_example() -> None:
    result = clean_deposits(deposits(), SECTION, SAMPLES, "EPSG:2157", 3500, "d.csv")
    assert list(result.columns) == ["deposit", "name", "row", "inside", "geometry"]
    # Rows 2 and 4 are one place (0.57 m apart), rows 6 and 7 another (0.1 m).
    assert list(result["deposit"]) == [0, 1, 2, 3]
    assert list(result["name"]) == ["Navan", "Tynagh", "Keel", "Far"]
    assert list(result["row"]) == [2, 3, 5, 6]
    # Distances to the nearest sample: 3000, 1000.1, sqrt(1000^2 + 3000^2) = 3162.3 and 4000.1 m.
    assert list(result["inside"]) == [True, True, True, False]
    assert result.crs == "EPSG:2157"
    np.testing.assert_allclose(result.geometry.x, [600000, 603999.9, 604000, 609000.1])
    assert result.attrs["rows_merged"] == 2
    assert (result.attrs["deposits"], result.attrs["inside"]) == (4, 3)
    json.dumps(result.attrs)


@pytest.mark.parametrize(("distance", "inside"), [(3000, [True]), (2999.9, [False])])
def test_the_distance_itself_is_inside(distance, inside) -> None:
    table = pd.concat([deposits().iloc[:1], deposits().iloc[1:2].assign(x="600000", y="750000")])
    result = clean_deposits(table, SECTION, SAMPLES, "EPSG:2157", distance, "d.csv")
    assert list(result["inside"]) == [*inside, True]


def test_keep_without_names_and_missing_coordinates() -> None:
    table = deposits()
    table.loc[0, "y"] = ""
    section = SECTION | {"keep": {"kind": ["mine"]}, "name": None}
    result = clean_deposits(table, section, SAMPLES, "EPSG:2157", 5000, "d.csv")
    assert list(result["row"]) == [3, 4, 5, 7]
    assert list(result["name"]) == ["", "", "", ""]
    assert result.attrs["dropped_without_coordinates"] == 1
    assert result.attrs["rows_kept"] == 5


def test_geographic_deposits_and_a_list_of_the_whole_world() -> None:
    table = pd.DataFrame(
        {"lon": ["-8", "151", "-8"], "lat": ["53.5", "-33", "-89"], "name": ["O", "Sydney", "Pole"]}
    )
    section = SECTION | {"x": "lon", "y": "lat", "crs": "EPSG:4326"}
    result = clean_deposits(table, section, SAMPLES, "EPSG:2157", 1000, "d.csv")
    assert result.set_index("name")["inside"].to_dict().get("O") is True
    assert result["inside"].sum() == 1
    assert np.isfinite(np.c_[result.geometry.x, result.geometry.y]).all()
    assert len(result) + result.attrs["dropped_beyond_projection"] == 3
    np.testing.assert_allclose([result.geometry.x[0], result.geometry.y[0]], [600000, 750000], atol=1e-3)


def test_file_with_geometries() -> None:
    frame = deposits()
    points = gpd.GeoDataFrame(
        frame[["name"]].where(frame["name"] != "", None),
        geometry=gpd.points_from_xy(frame["x"], frame["y"]),
        crs=2157,
    )
    points.index = pd.RangeIndex(1, 7, name="row")
    result = clean_deposits(
        points, SECTION | {"x": None, "y": None, "crs": None}, SAMPLES, "EPSG:2157", 3500, "d.gpkg"
    )
    assert list(result["name"]) == ["Navan", "Tynagh", "Keel", "Far"]
    assert list(result["row"]) == [1, 2, 4, 5]


def test_no_deposit_inside_tells_how_far_the_nearest_is() -> None:
    with pytest.raises(
        InputError, match=r"d\.csv: none of the 4 deposits.*within 500 m.*nearest is 1000 m away"
    ):
        clean_deposits(deposits(), SECTION, SAMPLES, "EPSG:2157", 500, "d.csv")


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ({"x": "X"}, r"no column 'X' \(deposits\.x\); did you mean 'x'"),
        ({"crs": None}, r"set deposits\.crs"),
        ({"crs": "EPSG:1"}, r"deposits\.crs: 'EPSG:1' is not a known CRS"),
        ({"crs": "EPSG:4326"}, r"d\.csv, row 2.*look like metres: set deposits\.crs"),
        ({"name": "Name"}, r"no column 'Name' \(deposits\.name\); did you mean 'name'"),
        (
            {"keep": {"kind": ["mime"]}},
            r"column 'kind': no row holds 'mime' \(deposits\.keep\.kind\).*'mine', 'placer'",
        ),
        ({"keep": {"Kind": ["mine"]}}, r"no column 'Kind' \(deposits\.keep\.Kind\)"),
        ({"keep": {"kind": ["placer"], "name": ["Navan"]}}, r"no row passes deposits\.keep"),
    ],
)
def test_bad_keys(keys, message) -> None:
    with pytest.raises(InputError, match=message):
        clean_deposits(deposits(), SECTION | keys, SAMPLES, "EPSG:2157", 5000, "d.csv")


def test_no_coordinates_at_all() -> None:
    with pytest.raises(InputError, match=r"d\.csv: no deposit has coordinates"):
        clean_deposits(deposits().assign(x=""), SECTION, SAMPLES, "EPSG:2157", 5000, "d.csv")


@pytest.mark.real_data
def test_real_deposits_lie_inside(survey_data) -> None:
    folder = survey_data / "ireland-midlands-soil"
    survey = pd.read_csv(folder / "samples.csv")[["Easting_ITM", "Northing_ITM"]].to_numpy()
    section = SECTION | {
        "x": "lon",
        "y": "lat",
        "crs": "EPSG:4326",
        "keep": {"source": ["mrdata_sedznpb"]},
    }
    result = clean_deposits(
        read_table(folder / "deposits.csv"), section, survey, "EPSG:2157", 4000, "deposits.csv"
    )
    assert len(result) == 10
    assert result["inside"].all()
    assert "Navan" in set(result["name"])


def listed(*commodities: str) -> pd.DataFrame:
    """Deposits 100 m apart near the first sample."""
    n = np.arange(len(commodities))
    return pd.DataFrame(
        {
            "x": (600000 + 100 * n).astype(str),
            "y": "750000",
            "name": [f"D{one}" for one in n],
            "metals": commodities,
        }
    )


MANY = ("Ni", "Ni;Cu;PGE", "Cu, Ni", "Cu|Ni", "Nickel", "Cu", "Ni/Cu", "Zn; Pb")


@pytest.mark.parametrize(
    ("wanted", "rows"),
    [
        (["Ni"], [2, 3, 4, 5]),
        (["Zn", "Cu"], [3, 4, 5, 7, 9]),
        (["Ni", "Ni;Cu;PGE"], [2, 3]),  # a whole cell is given, so that whole cells are meant
    ],
)
def test_one_of_several_values_in_a_cell(wanted, rows) -> None:
    section = SECTION | {"keep": {"metals": wanted}}
    result = clean_deposits(listed(*MANY), section, SAMPLES, "EPSG:2157", 3500, "d.csv")
    assert list(result["row"]) == rows
    told = [one for one in result.attrs["warnings"] if one["column"] == "metals"]
    assert len(told) == (";" not in "".join(wanted))
    if told:
        assert "hold other values beside the wanted one, such as 'Ni;Cu;PGE'" in told[0]["what"]
        assert told[0]["row"] == "3"


def test_numbers_match_whole_cells_only() -> None:
    section = SECTION | {"keep": {"metals": [1]}}
    result = clean_deposits(listed("1", "1,5", "1.0", "2;1"), section, SAMPLES, "EPSG:2157", 3500, "d.csv")
    assert list(result["row"]) == [2, 4]


def test_merge_distance() -> None:
    table = listed(*MANY)
    names = {0: 8, 50: 8, 100: 1}
    for distance, count in names.items():
        section = SECTION | {"merge_distance": distance}
        result = clean_deposits(table, section, SAMPLES, "EPSG:2157", 3500, "d.csv")
        assert len(result) == count
        assert result.attrs["rows_merged"] == 8 - count
    assert list(result["name"]) == ["D0"]


def test_a_name_at_several_places_is_told() -> None:
    table = listed("a", "b", "c", "d").assign(
        name=["Kaula", "Ore", "KAULA", ""], x=["600000", "601000", "602500", "603000"]
    )
    result = clean_deposits(table, SECTION, SAMPLES, "EPSG:2157", 3500, "d.csv")
    (warning,) = result.attrs["warnings"]
    assert warning["what"].startswith("1 name is listed at several places up to 2.5 km apart")
    assert warning["what"].endswith("'Kaula'")
    assert "deposits.merge_distance (now 1)" in warning["fix"]
    assert warning["row"] == "4"


def test_deposits_at_zero_count_as_without_coordinates() -> None:
    table = listed("a", "b", "c", "d").assign(
        x=["600000", "601000", "0", "602500"], y=["750000"] * 2 + ["0", "750000"]
    )
    result = clean_deposits(table, SECTION, SAMPLES, "EPSG:2157", 3500, "d.csv")
    assert result.attrs["dropped_without_coordinates"] == 1
    assert "1 row lies at (0, 0)" in result.attrs["warnings"][0]["what"]
    assert list(result["row"]) == [2, 3, 5]


def test_a_list_of_samples_in_place_of_deposits_is_told() -> None:
    places = 600000 + 1000.0 * np.stack(np.meshgrid(np.arange(6), np.arange(6)), axis=-1).reshape(-1, 2)
    for moved, told in ((0.0, True), (130.0, False)):
        table = pd.DataFrame({"x": places[:9, 0] + moved, "y": places[:9, 1], "name": [*"ABCDEFGHI"]})
        found = clean_deposits(table, SECTION, places, "EPSG:2157", 3500, "d.csv").attrs["warnings"]
        assert len(found) == told
        assert all(
            "9 of the 9 deposits inside lie exactly where a sample was taken" in one["what"] for one in found
        )
