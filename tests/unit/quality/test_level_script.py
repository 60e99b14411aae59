"""The stage that levels samples, and what the config must say for it."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from geohalo.errors import InputError
from geohalo.files.provenance import provenance
from geohalo.settings import check_settings, simulated_tables
from geohalo.stages.alternative_elements import read_places
from geohalo.stages.clean_samples import clean_samples
from geohalo.stages.level_samples import level_samples
from level_tables import logs, sheets

SETTINGS = {
    "survey": "small",
    "samples": {
        "file": "samples.csv",
        "x": "x",
        "y": "y",
        "crs": "EPSG:32633",
        "elements": "^(?P<element>[A-Z][a-z]?)_(?P<unit>ppm)$",
        "batch": "sheet",
        "levelling": {},
    },
    "deposits": {"file": "deposits.csv", "x": "x", "y": "y", "crs": "EPSG:32633"},
}
IDW = {"neighbours": 8, "power": 2.0, "anisotropy": {"ratio": 1.0, "bearing": 0.0}}


def _write(folder):
    """A survey of four sheets, one shifted in Zn, with one place that two sheets sampled."""
    points, codes = sheets(16, 8)
    values = np.exp(logs(points, 3)) * 20
    values[codes == 2, 1] *= 2.5
    points, codes = np.concatenate([points, points[:1]]), np.append(codes, 2)
    values = np.concatenate([values, values[:1] * [1.0, 2.5, 1.0]])
    table = pd.DataFrame(values, columns=["Cu_ppm", "Zn_ppm", "Pb_ppm"]).round(6).astype(str)
    table.loc[195, "Zn_ppm"] = "<9"
    table = table.assign(x=points[:, 0] + 5e5, y=points[:, 1] + 5e6, sheet=np.array(list("abcd"))[codes])
    table.to_csv(folder / "samples.csv", index=False)
    return codes


@pytest.fixture
def cleaned(tmp_path):
    codes = _write(tmp_path)
    section = check_settings(SETTINGS)["samples"]
    paths = {name: str(tmp_path / f"{name}.parquet") for name in ("before", "analyses", "after")}
    grid = {"crs": None, "max_distance": 2500.0}
    clean_samples(
        str(tmp_path / "samples.csv"),
        section,
        grid,
        paths["before"],
        str(tmp_path / "r.csv"),
        analyses=paths["analyses"],
    )
    return tmp_path, codes, section, paths, grid


def test_samples_are_levelled_row_by_row(cleaned):
    folder, codes, section, paths, _ = cleaned
    files = {name: str(folder / f"{name}.csv") for name in ("table", "errors", "warnings")}
    told = level_samples(
        paths["before"],
        paths["analyses"],
        "sheet",
        section["levelling"],
        IDW,
        2500.0,
        paths["after"],
        **files,
    )
    assert told[-1].startswith("1 of 4 batches levelled, in 1 element")
    before, after = gpd.read_parquet(paths["before"]), gpd.read_parquet(paths["after"])
    assert provenance(paths["after"]) == provenance(paths["before"])
    table = pd.read_csv(files["table"]).set_index(["element", "batch"])
    factor = table.loc[("Zn", "c"), "factor"]
    assert table["applied"].sum() == 1
    assert table.loc[("Zn", "c"), "low"] < 2.5 < table.loc[("Zn", "c"), "high"]
    same = ["sample", "Cu", "Pb", "Cu_censored", "Zn_censored", "geometry"]
    assert after[same].equals(before[same])
    alone = (codes[:-1] == 2) & (np.arange(len(before)) > 0)
    np.testing.assert_allclose(after["Zn"][alone], before["Zn"][alone] / factor, rtol=1e-4)
    others = (codes[:-1] != 2) & (np.arange(len(before)) > 0)
    np.testing.assert_array_equal(after["Zn"][others], before["Zn"][others])
    # The place of two rows has the median of one as it is and one levelled.
    assert before["sample"][0] == "2;258"
    first = before["Zn"][0] * 2 / 3.5
    assert after["Zn"][0] == pytest.approx((first + 2.5 * first / factor) / 2, rel=1e-4)
    # Below the detection limit, in the sheet that is levelled: the value moves and the flag stays.
    assert before["Zn_censored"][195]
    assert codes[195] == 2
    assert after["Zn"][195] == pytest.approx(4.5 / factor, rel=1e-4)
    assert set(pd.read_csv(files["errors"])["element"]) == {"Zn", "all"}
    assert pd.read_csv(files["warnings"]).empty


def test_an_alternative_is_levelled_alike(cleaned):
    folder, _, section, paths, grid = cleaned
    files = {name: str(folder / f"{name}.csv") for name in ("table", "errors", "warnings")}
    level_samples(
        paths["before"],
        paths["analyses"],
        "sheet",
        section["levelling"],
        IDW,
        2500.0,
        paths["after"],
        **files,
    )
    settings = {"samples": section, "grid": grid}
    places = str(folder / "places.parquet")
    read_places(settings, str(folder / "samples.csv"), str(folder), places, str(folder / "report.csv"), {})
    assert gpd.read_parquet(places).equals(gpd.read_parquet(paths["after"]))


def test_levelling_needs_batches_and_what_its_method_needs():
    samples = SETTINGS["samples"]
    with pytest.raises(InputError, match=r"Name its column in samples\.batch"):
        check_settings(SETTINGS | {"samples": samples | {"batch": None}})
    by_reference = samples | {"levelling": {"method": "reference"}}
    with pytest.raises(InputError, match=r"samples\.quality\.reference"):
        check_settings(SETTINGS | {"samples": by_reference})
    checked = check_settings(
        SETTINGS | {"samples": by_reference | {"quality": {"column": "t", "reference": ["S"]}}}
    )
    assert checked["samples"]["levelling"] == {
        "method": "reference", "elements": [], "reference_batch": None, "distance": None, "apply": "significant"
    }  # fmt: skip


def test_a_simulated_survey_is_levelled_where_its_config_says_so():
    settings = check_settings({"survey": "demo", "simulate": {"levelling": True}})
    section = simulated_tables(settings["simulate"])["samples"]
    assert section["batch"] == "batch"
    assert section["levelling"]["method"] == "neighbours"
    plain = simulated_tables(check_settings({"survey": "demo", "simulate": {}})["simulate"])["samples"]
    assert plain["batch"] is None
    assert "levelling" not in plain
