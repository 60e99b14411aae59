"""The handed cases of places, CRS and vector formats: what each one's README calls right."""

import os
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import yaml
from geohalo.settings import check_settings
from geohalo.survey.deposits import clean_deposits
from geohalo.survey.samples import clean_samples
from geohalo.survey.tables import read_table
from pyproj import CRS

ROOT = Path(__file__).resolve().parents[3]
CASES = Path(os.environ.get("GEOHALO_CASES", ROOT.parent / "shared" / "cases"))
pytestmark = pytest.mark.skipif(not CASES.is_dir(), reason=f"no cases in {CASES}")


def cleaned(name: str, **samples_keys) -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame]:
    """Clean samples and deposits of a case as its config says."""
    folder = CASES / name
    given = yaml.safe_load((folder / "config.yaml").read_text())
    given["samples"] |= samples_keys
    config = check_settings(given, name)
    section, deposits = config["samples"], config["deposits"]
    table = read_table(folder / section["file"], section["layer"])
    reach = config["grid"]["max_distance"]
    samples, _ = clean_samples(table, section, config["grid"]["crs"], section["file"], reach)
    known = clean_deposits(
        read_table(folder / deposits["file"], deposits["layer"]),
        deposits,
        samples.get_coordinates().to_numpy(),
        samples.crs,
        reach,
        deposits["file"],
    )
    return samples, known


@pytest.mark.parametrize("name", ["file-geodatabase", "geojson", "kml", "zipped-shapefile"])
def test_formats(name) -> None:
    samples, deposits = cleaned(name)
    assert len(samples) == 144
    assert len(deposits) == 6
    assert deposits["name"].tolist() == [f"D{n}" for n in range(6)]
    assert samples.attrs["warnings"] == deposits.attrs["warnings"] == []
    assert samples.crs == CRS("EPSG:32633")
    first = samples.geometry.iloc[0]
    assert first.x == pytest.approx(501014.2, abs=0.01)
    assert first.y == pytest.approx(6001007.3, abs=0.01)
    assert samples["Cu"].iloc[0] == pytest.approx(29.952389, abs=1e-5)


def test_zero_coordinates_are_none() -> None:
    samples, _ = cleaned("zero-coordinates")
    assert len(samples) == 142
    assert samples.attrs["dropped_without_coordinates"] == 2
    assert samples.total_bounds[0] > 500_000
    assert len(samples.attrs["warnings"]) == 1
    assert "2 rows lie at (0, 0)" in samples.attrs["warnings"][0]["what"]
    assert "rows 7, 8" in samples.attrs["warnings"][0]["what"]


def test_coordinate_typo_is_named() -> None:
    samples, _ = cleaned("coordinate-typo")
    (warning,) = samples.attrs["warnings"]
    assert warning["row"] == "7"
    assert "1000 km" in warning["what"] or "990 km" in warning["what"]


def test_two_zones_are_told_and_can_be_named() -> None:
    samples, _ = cleaned("two-utm-zones")
    column, parts = samples.attrs["warnings"]
    assert column["column"] == "zone"
    assert "samples.crs_column: zone" in column["fix"]
    assert "2 parts" in parts["what"]
    assert "samples.crs_column" in parts["fix"]
    table = pd.read_csv(CASES / "two-utm-zones" / "samples.csv")
    samples, _ = cleaned("two-utm-zones", crs_column="zone")
    assert samples.attrs["warnings"] == []
    assert np.ptp(samples.geometry.x) < 60_000  # not 600 km
    other = table["zone"] == 51
    truth = gpd.GeoSeries.from_xy(table["x"][other], table["y"][other], crs="EPSG:28351").to_crs(samples.crs)
    by_row = samples.set_index(samples["sample"].astype(int)).geometry
    found = by_row[other.index[other] + 2]
    assert np.abs(found.x.to_numpy() - truth.x.to_numpy()).max() < 0.01
    assert np.abs(found.y.to_numpy() - truth.y.to_numpy()).max() < 0.01


def test_westing_and_southing_are_drawn_east_and_north() -> None:
    samples, deposits = cleaned("lo29-westing-southing")
    assert samples.crs == CRS("EPSG:32736")  # the median lies 80 m east of 30 E, where zone 36 begins
    assert "point west and south" in samples.attrs["warnings"][0]["what"]
    assert deposits["name"].iloc[int(deposits.geometry.x.argmax())] == "D5"
    degrees = deposits.to_crs("EPSG:4326").geometry
    assert degrees.x.argmax() == deposits.geometry.x.argmax()
    assert np.corrcoef(degrees.y, deposits.geometry.y)[0, 1] > 0.99


def test_longitudes_to_360() -> None:
    samples, deposits = cleaned("lon-360")
    assert samples.crs == CRS("EPSG:32611")
    degrees = samples.to_crs("EPSG:4326").geometry.x
    assert degrees.between(-116, -114).all()
    assert len(samples) == 144
    assert deposits["inside"].all()
