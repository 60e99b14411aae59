"""Cleaning a survey from end to end: units, limits, duplicates, choice of elements."""

import json

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from geohalo.errors import InputError
from geohalo.settings import schema, with_defaults
from geohalo.survey.samples import clean_samples
from geohalo.survey.tables import read_table


def section(**keys) -> dict:
    given = {
        "file": "s.csv",
        "x": "x",
        "y": "y",
        "crs": "EPSG:2157",
        "elements": "(?P<element>[A-Z][A-Za-z0-9]*)_(?P<unit>ppm|ppb|pct)",
        "units": {"ppm": "ppm", "ppb": "ppb", "pct": "percent"},
    }
    return with_defaults(given | keys, schema()["properties"]["samples"])


def survey(rows: int = 40) -> pd.DataFrame:
    """A table of text, as a CSV gives it: places on a line, 1 km apart."""
    steps = np.arange(rows)
    return pd.DataFrame(
        {
            "x": (600000 + 1000 * steps).astype(str),
            "y": "750000",
            "Cu_ppm": (20.0 + steps).astype(str),
            "Au_ppb": (1.0 + steps / 10).astype(str),
            "SiO2_pct": (60.0 + steps / 10).astype(str),
        }
    )


def test_units_and_oxides_become_ppm_of_the_element() -> None:
    samples, report = clean_samples(survey(), section(), None, "s.csv")
    assert list(samples.columns) == [
        "sample", "Cu", "Cu_censored", "Au", "Au_censored", "Si", "Si_censored", "geometry",
    ]  # fmt: skip
    np.testing.assert_allclose(samples["Cu"], 20 + np.arange(40))
    np.testing.assert_allclose(samples["Au"], (1 + np.arange(40) / 10) / 1000)
    # 28.085 / (28.085 + 2 * 15.999) = 0.467437
    np.testing.assert_allclose(samples["Si"], (60 + np.arange(40) / 10) * 1e4 * 0.467437, rtol=1e-5)
    assert samples["Cu"].dtype == np.float64
    assert samples["Cu_censored"].dtype == bool
    assert samples.crs == "EPSG:2157"
    assert list(samples["sample"]) == [str(row) for row in range(2, 42)]
    assert report["kept"].all()
    assert list(report["factor"].round(3)) == [1, 0.001, 4674.367]
    assert list(report["median_ppm"].round(4)) == [
        39.5,
        0.003,
        pytest.approx(61.95e4 * 0.467437, rel=1e-5),
    ]


def test_provenance_counts_every_row() -> None:
    table = pd.concat(
        [
            survey(),
            survey().iloc[:3],  # identical rows
            survey().iloc[3:5].assign(Cu_ppm="9"),  # the same places analysed again
            survey().iloc[:2].assign(x=""),  # no coordinates
            survey().iloc[:1].assign(x="900000", Cu_ppm="", Au_ppb="", SiO2_pct=""),  # no values
            survey().iloc[:4].assign(Cu_ppm="7777"),  # another laboratory
        ],
        ignore_index=True,
    )
    table["lab"] = ["A"] * 48 + ["B"] * 4
    samples, report = clean_samples(table, section(keep={"lab": ["A"]}), None, "s.csv")
    assert samples.attrs == {
        "source": "s.csv",
        "rows_read": 52,
        "rows_kept": 48,
        "crs_in": "EPSG:2157",
        "crs_out": "EPSG:2157",
        "warnings": [
            {
                "what": "2 rows have concentrations and no coordinates, and are left out: rows 47, 48",
                "fix": "give them coordinates; a total, a limit or a reference material needs none",
                "file": "s.csv",
                "column": "",
                "row": "47",
            }
        ],
        "dropped_without_coordinates": 2,
        "dropped_without_values": 1,
        "identical_rows_dropped": 3,
        "rows_merged": 2,
        "samples": 40,
    }
    json.dumps(samples.attrs)
    merged = samples[samples["sample"] == "5;45"].iloc[0]
    # The median of 23 and 9.
    assert merged["Cu"] == 16
    assert report.set_index("element").at["Cu", "n"] == 40


def test_geographic_samples_go_to_a_metric_crs() -> None:
    table = survey().assign(x=(-8 + np.arange(40) / 100).astype(str), y="53.5")
    samples, _ = clean_samples(table, section(crs="EPSG:4326"), "EPSG:2157", "s.csv")
    assert samples.crs == "EPSG:2157"
    np.testing.assert_allclose([samples.geometry.x[0], samples.geometry.y[0]], [600000, 750000], atol=1e-3)
    samples, _ = clean_samples(table, section(crs="EPSG:4326"), None, "s.csv")
    assert samples.crs == "EPSG:32629"


def test_spatial_table() -> None:
    frame = survey()
    points = gpd.GeoDataFrame(
        frame.drop(columns=["x", "y"]),
        geometry=gpd.points_from_xy(frame["x"], frame["y"]),
        crs="EPSG:2157",
    )
    expected, _ = clean_samples(survey(), section(), None, "s")
    samples, _ = clean_samples(points, section(x=None, y=None, crs=None), None, "s")
    pd.testing.assert_frame_equal(pd.DataFrame(samples), pd.DataFrame(expected))


def test_mapping_of_elements_in_file_order() -> None:
    table = survey().rename(columns={"Cu_ppm": "copper", "SiO2_pct": "silica", "Au_ppb": "gold"})
    mapping = {"SiO2": {"column": "silica", "unit": "percent"}, "Cu": "copper"}
    samples, report = clean_samples(table, section(elements=mapping, unit="ppm"), None, "s.csv")
    assert list(report["element"]) == ["Cu", "Si"]
    assert list(report["unit"]) == ["ppm", "percent"]
    np.testing.assert_allclose(samples["Si"].iloc[0], 60e4 * 0.467437, rtol=1e-5)


def test_unit_of_headers_without_one() -> None:
    table = survey().rename(columns={"Cu_ppm": "Cu", "Au_ppb": "Zn"}).drop(columns="SiO2_pct")
    samples, _ = clean_samples(table, section(elements="(?P<element>Cu|Zn)", unit="ppm"), None, "s.csv")
    np.testing.assert_allclose(samples["Zn"], 1 + np.arange(40) / 10)


def test_choice_by_coverage_and_censoring() -> None:
    table = survey().assign(
        Zn_ppm=["60"] * 31 + [""] * 9,  # coverage 0.775
        Pb_ppm=["20", "21"] * 16 + [""] * 8,  # coverage 0.8
        As_ppm=["<5"] * 21 + ["9"] * 19,  # censored 0.525
        Sb_ppm=["<1"] * 20 + ["2"] * 20,  # censored 0.5
        Hg_ppm="",
        Mo_ppm="2",
    )
    samples, report = clean_samples(table, section(exclude=["Mo"], empty="report"), None, "s.csv")
    report = report.set_index("element")
    assert list(report.index[report["kept"]]) == ["Cu", "Au", "Si", "Pb", "Sb"]
    assert "77.5% of the samples" in report.at["Zn", "reason"]
    assert "52.5% of its analyses" in report.at["As", "reason"]
    assert report.at["Hg", "reason"] == "no values"
    assert "samples.exclude" in report.at["Mo", "reason"]
    assert pd.isna(report.at["Mo", "n"])
    assert (report.at["Zn", "n"], report.at["Zn", "missing"]) == (31, 9)
    assert (report.at["Sb", "censored"], report.at["Sb", "detection_limit_ppm"]) == (20, 1)
    assert "As" not in samples
    assert samples["Sb_censored"].sum() == 20
    assert samples["Pb"].isna().sum() == 8


def test_included_elements_are_kept_whatever_their_censoring() -> None:
    table = survey().assign(As_ppm=["<5"] * 30 + [""] * 10)
    samples, report = clean_samples(table, section(include=["As", "Cu"]), None, "s.csv")
    assert [name for name in samples if name.endswith("_censored")] == [
        "Cu_censored",
        "As_censored",
    ]
    assert report.set_index("element")["kept"].to_dict() == {
        "Cu": True,
        "Au": False,
        "Si": False,
        "As": True,
    }


def test_excluded_columns_are_not_read() -> None:
    table = survey().assign(Zn_ppm="not a number")
    samples, _ = clean_samples(table, section(exclude=["Zn"]), None, "s.csv")
    assert "Zn" not in samples


def test_rows_without_a_kept_element_are_dropped() -> None:
    table = survey(41).assign(Zn_ppm="")
    table.loc[40, ["Cu_ppm", "Au_ppb", "SiO2_pct"]] = ""
    table.loc[40, "Zn_ppm"] = "60"
    samples, _ = clean_samples(table, section(), None, "s.csv")
    assert len(samples) == 40
    assert samples.attrs["dropped_without_values"] == 1


def test_limits_dates_and_flags_reach_the_report() -> None:
    table = survey().assign(Zn_ppm="60", Zn_flag="")
    table.loc[:2, "Zn_ppm"] = [">9000", "5-Mar", "2021-03-05"]
    table.loc[3, "Zn_flag"] = "<"
    columns = {
        "elements": "(?P<element>[A-Z][a-z]?)_(?P<unit>ppm|ppb)",
        "censoring": {"flag": "_flag"},
    }
    table = table.rename(columns={"Zn_flag": "Zn_ppm_flag"})
    samples, report = clean_samples(table, section(**columns), None, "s.csv")
    zinc = report.set_index("element").loc["Zn"]
    assert (zinc["above_limit"], zinc["dates"], zinc["censored"], zinc["missing"]) == (1, 2, 1, 2)
    assert zinc["detection_limit_ppm"] == 60
    np.testing.assert_array_equal(samples["Zn"].iloc[:4], [9000, np.nan, np.nan, 30])


def test_implausible_unit_can_be_reported() -> None:
    table = survey().assign(Zn_pct=np.arange(1, 41).astype(str))
    samples, report = clean_samples(table, section(implausible="report"), None, "s.csv")
    zinc = report.set_index("element").loc["Zn"]
    assert zinc["kept"]
    assert "median is 2.05e+05 ppm" in zinc["reason"]
    assert "as ppm it would be plausible" in zinc["reason"]
    assert samples["Zn"].iloc[0] == 1e4


@pytest.mark.parametrize("seed", [0, 1])
def test_row_order_does_not_matter(seed) -> None:
    table = pd.concat([survey(), survey().iloc[:5].assign(Cu_ppm="<3")], ignore_index=True)
    shuffled = table.sample(frac=1, random_state=seed)
    one, _ = clean_samples(table, section(), None, "s")
    other, _ = clean_samples(shuffled, section(), None, "s")
    columns = ["Cu", "Cu_censored", "Au", "Si"]
    by_place = [
        frame.assign(x=frame.geometry.x).sort_values("x")[columns].reset_index(drop=True)
        for frame in (one, other)
    ]
    pd.testing.assert_frame_equal(*map(pd.DataFrame, by_place))


IRELAND = section(
    x="Easting_ITM",
    y="Northing_ITM",
    elements="^(?P<element>[A-Z][a-z]?)_(?P<unit>mgkg|%) ?_ICPar$",
    units={"mgkg": "ppm", "%": "percent"},
    censoring={"below": ["half_limit"]},
)
GSWA = section(
    x="X",
    y="Y",
    crs="EPSG:4283",
    keep={"WAMEX_A_NO": [93974, 94616, 95016, 96359, 96360]},
    elements="^(?P<element>[A-Z][a-z]?)_(?P<unit>ppm|ppb|pct)$",
    missing=[-9999],
    censoring={"below": ["negative", "zero"]},
    empty="report",
    implausible="report",
)


@pytest.mark.real_data
def test_ireland_midlands(survey_data) -> None:
    table = read_table(survey_data / "ireland-midlands-soil" / "samples.csv")
    samples, report = clean_samples(table, IRELAND, None, "samples.csv")
    assert len(samples) == 4278
    assert report["kept"].sum() == 49
    assert set(report.loc[~report["kept"], "element"]) == {"B", "Ta", "Pd", "Pt"}
    raw = pd.read_csv(survey_data / "ireland-midlands-soil" / "samples.csv")
    np.testing.assert_allclose(samples["Ca"], raw["Ca_% _ICPar"] * 1e4)
    np.testing.assert_allclose(samples["Zn"], raw["Zn_mgkg_ICPar"])
    np.testing.assert_allclose(samples.geometry.y, raw["Northing_ITM"])


@pytest.mark.real_data
def test_gswa_family(survey_data) -> None:
    table = read_table(survey_data / "gswa-sed1" / "samples.csv")
    samples, report = clean_samples(table, GSWA, "EPSG:28350", "samples.csv")
    assert samples.crs == "EPSG:28350"
    assert (samples.attrs["rows_read"], samples.attrs["rows_kept"]) == (1392, 1140)
    # The reports 96359 and 96360 file 481 samples again, which must leave no trace.
    assert samples.attrs["identical_rows_dropped"] >= 481
    without = GSWA | {"keep": {"WAMEX_A_NO": [93974, 94616, 95016]}}
    originals, _ = clean_samples(table, without, "EPSG:28350", "samples.csv")
    assert len(samples) == len(originals) == 613
    elements = list(report.loc[report["kept"], "element"])
    np.testing.assert_allclose(samples[elements], originals[elements])
    values = samples[elements].to_numpy()
    assert (values > 0).all()


@pytest.mark.real_data
def test_gswa_units_are_implausible_unless_reported(survey_data) -> None:
    table = read_table(survey_data / "gswa-sed1" / "samples.csv")
    with pytest.raises(InputError, match=r"column 'Ba_ppm'.*samples\.implausible"):
        clean_samples(table, GSWA | {"implausible": "stop"}, "EPSG:28350", "samples.csv")


def test_few_elements_left_are_told() -> None:
    table = survey()
    for element, analysed in (("Zn", 20), ("Pb", 25), ("As", 10), ("Ni", 30), ("Co", 31)):
        values = (30.0 + np.arange(40) * analysed % 37).astype(str)
        table[f"{element}_ppm"] = np.where(np.arange(40) < analysed, values, "")
    samples, report = clean_samples(table, section(), None, "s.csv")
    assert report["kept"].sum() == 3
    (warning,) = samples.attrs["warnings"]
    assert warning["what"].startswith("only 3 of 8 elements are left: 5 are analysed in too few samples")
    assert warning["what"].endswith("left out are Zn, Pb, As, Ni, Co")
    assert "lower samples.min_coverage" in warning["fix"]
    assert "samples.include" in warning["fix"]
    samples, _ = clean_samples(table, section(min_coverage=0.7), None, "s.csv")
    assert samples.attrs["warnings"] == []


def test_a_row_far_from_the_rest_is_told_and_kept() -> None:
    table = survey()
    table.loc[3, "y"] = "1050000"
    samples, _ = clean_samples(table, section(), None, "s.csv", max_distance=4000)
    (warning,) = samples.attrs["warnings"]
    assert warning["row"] == "5"
    assert "1 row lies 300 km from all the others" in warning["what"]
    assert len(samples) == 40


def test_an_element_with_one_value_is_named_and_left_out() -> None:
    table = survey()
    table["Bi_ppm"] = "0.2"
    samples, report = clean_samples(table, section(), None, "s.csv")
    assert "Bi" not in samples
    assert "Cu" in samples
    row = report.set_index("element").loc["Bi"]
    assert not row["kept"]
    assert row["reason"] == "the same value in all samples (0.2 ppm)"
    (warning,) = samples.attrs["warnings"]
    assert warning["what"] == "Bi has the same value in all samples (0.2 ppm) and is left out"
    assert (warning["file"], warning["column"]) == ("s.csv", "Bi_ppm")
    assert "samples.exclude" in warning["fix"]
