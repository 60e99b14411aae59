"""One table, written in every way in which tables are written, gives the same samples."""

from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from geohalo.settings import check_settings
from geohalo.survey.sample_tables import read_samples
from geohalo.survey.samples import clean_samples
from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st

ELEMENTS = ("Cu", "Zn", "Fe", "Au")
QUICK = settings(
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    phases=[Phase.explicit, Phase.generate],
)
NAMES = st.text("abcXYZ019 _-.;,'|<µÅ\u2212\u00a0", min_size=0, max_size=8)


def table_of(seed: int, names: list[str]) -> pd.DataFrame:
    """Return 40 samples as text, with limits, empty cells and names of all kinds."""
    rng = np.random.default_rng(seed)
    n = 40
    table = pd.DataFrame({"sample": [f"S{i}" for i in range(n)]})
    table["x"] = [f"{value:.1f}" for value in 500_000 + 1000 * (np.arange(n) % 8) + rng.uniform(0, 300, n)]
    table["y"] = [f"{value:.1f}" for value in 6_000_000 + 1000 * (np.arange(n) // 8) + rng.uniform(0, 300, n)]
    for element, level, digits in (("Cu", 30, 3), ("Zn", 70, 2), ("Fe", 31_000, 0), ("Au", 0.003, 6)):
        values = level * np.exp(rng.normal(0, 0.3, n))
        cells = np.array([f"{value:.{digits}f}" for value in values], dtype=object)
        cells[rng.random(n) < 0.1] = f"<{0.5 * level:.{digits}f}"
        cells[rng.random(n) < 0.05] = ""
        table[element] = cells
    table["remark"] = [names[i % len(names)] for i in range(n)]
    return table


def config(**changes: object) -> dict:
    section = {
        "file": "s.csv",
        "x": "x",
        "y": "y",
        "crs": "EPSG:32633",
        "elements": "^(?P<element>Cu|Zn|Fe|Au)$",
        "unit": "ppm",
        "min_coverage": 0.5,
    }
    checked = check_settings({"survey": "s", "samples": section | changes, "deposits": {"file": "d.csv"}})
    return checked["samples"]


def read(path: Path, assays: Path | None = None, **changes: object) -> gpd.GeoDataFrame:
    section = config(**changes)
    table, source = read_samples(path, section, assays)
    return clean_samples(table, section, None, source)[0]


def other_numbers(table: pd.DataFrame, decimal: str, thousands: str = "") -> pd.DataFrame:
    """Return the table with other signs in its numbers."""

    def write(cell: str) -> str:
        sign, number = (cell[0], cell[1:]) if cell[:1] == "<" else ("", cell)
        if not number:
            return cell
        whole, _, part = number.partition(".")
        if thousands:
            whole = f"{int(whole):,}".replace(",", thousands)
        return sign + whole + (decimal + part if part else "")

    table = table.copy()
    for name in ("x", "y", *ELEMENTS):
        table[name] = table[name].map(write)
    return table


def as_text(table: pd.DataFrame, path: Path, delimiter: str, encoding: str, end: str = "\n") -> Path:
    table.to_csv(path, sep=delimiter, encoding=encoding, index=False, lineterminator=end)
    return path


def as_numbers(table: pd.DataFrame) -> pd.DataFrame:
    """Return the table with numbers in place of text where the whole cell is one, as a workbook has it."""

    def number(cell: str) -> object:
        try:
            return float(cell)
        except ValueError:
            return cell or None

    table = table.copy()
    for name in ("x", "y", *ELEMENTS):
        table[name] = table[name].map(number).astype(object)
    return table


def long_table(table: pd.DataFrame) -> pd.DataFrame:
    """Return a row for each result, iron in percent."""
    long = table.melt(["sample", "x", "y", "remark"], list(ELEMENTS), "analyte", "result")
    long["unit"] = "ppm"
    iron = (long["analyte"] == "Fe") & (long["result"] != "")
    sign = long["result"].where(long["result"].str.startswith("<"), "").str[:1]
    percent = pd.to_numeric(long["result"].str.lstrip("<"), errors="coerce") / 10_000
    long.loc[iron, "result"] = (sign + percent.map(lambda value: f"{value:.10g}"))[iron]
    long.loc[iron, "unit"] = "%"
    return long[long["result"] != ""]


def in_order_of_places(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    return frame.iloc[np.lexsort((frame.geometry.x, frame.geometry.y))]


def same(one: gpd.GeoDataFrame, other: gpd.GeoDataFrame) -> None:
    assert list(one.columns) == list(other.columns)
    assert len(one) == len(other)
    # The order of samples is that of their first rows, which in a long table is another.
    one, other = (in_order_of_places(frame) for frame in (one, other))
    for element in ELEMENTS:
        np.testing.assert_allclose(one[element], other[element], rtol=1e-12)
        np.testing.assert_array_equal(one[f"{element}_censored"], other[f"{element}_censored"])
    np.testing.assert_allclose(one.geometry.x, other.geometry.x, rtol=0, atol=1e-9)
    np.testing.assert_allclose(one.geometry.y, other.geometry.y, rtol=0, atol=1e-9)


NUMBERS = [(".", None), (",", None), (",", "."), (".", ","), (".", "'"), (".", " "), (".", "\u00a0")]


@settings(QUICK, max_examples=12)
@example(seed=400, names=["a"], delimiter="|", end="\n", encoding="utf-8", signs=(".", "\u00a0"))
@given(
    seed=st.integers(0, 2**32 - 1),
    names=st.lists(NAMES, min_size=1, max_size=6),
    delimiter=st.sampled_from([",", ";", "\t", "|"]),
    end=st.sampled_from(["\n", "\r\n", "\r"]),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"]),
    signs=st.sampled_from(NUMBERS),
)
def test_every_form_of_text_gives_the_same_samples(
    tmp_path, seed, names, delimiter, end, encoding, signs
) -> None:
    table = table_of(seed, names)
    decimal, thousands = signs
    text = other_numbers(table, decimal, thousands or "")
    # No-break blanks need no key.
    keys = {"decimal": decimal, "thousands": None if thousands == "\u00a0" else thousands}
    found = read(as_text(text, tmp_path / "s.txt", delimiter, encoding, end), **keys)
    same(found, read(as_text(table, tmp_path / "s.csv", ",", "utf-8")))


@settings(QUICK, max_examples=2)
@given(seed=st.integers(0, 2**32 - 1), names=st.lists(NAMES, min_size=1, max_size=6))
def test_workbooks_long_tables_and_joined_ones_give_the_same_samples(tmp_path, seed, names) -> None:
    table = table_of(seed, names)
    wanted = read(as_text(table, tmp_path / "s.csv", ",", "utf-8"))
    as_numbers(table).to_excel(tmp_path / "s.xlsx", index=False)
    same(read(tmp_path / "s.xlsx"), wanted)
    long = long_table(table)
    path = as_text(long, tmp_path / "long.csv", ",", "utf-8")
    keys = {"element": "analyte", "value": "result", "unit": "unit", "sample": "sample"}
    same(read(path, long=keys, units={"ppm": "ppm", "%": "percent"}), wanted)
    places = as_text(table[["sample", "x", "y"]], tmp_path / "places.csv", ";", "utf-8")
    assays = table[["sample", *ELEMENTS]].rename(columns={"sample": "ID"}).iloc[::-1]
    as_numbers(assays.assign(x="", y="")).drop(columns=["x", "y"]).to_excel(
        tmp_path / "assays.xlsx", index=False
    )
    join = {"file": "assays.xlsx", "key": "sample", "file_key": "ID"}
    same(read(places, tmp_path / "assays.xlsx", join=join), wanted)
    of_long = {"element": "analyte", "value": "result", "unit": "unit"}
    long = as_text(long.drop(columns=["x", "y", "remark"]), tmp_path / "long.csv", "\t", "utf-16")
    same(read(places, long, long=of_long, join={"file": "long.csv", "key": "sample"}), wanted)


@pytest.mark.parametrize("header", [1, 3])
def test_units_of_a_row_are_those_of_the_columns(tmp_path, header) -> None:
    table = table_of(7, ["a"])
    wanted = read(as_text(table, tmp_path / "s.csv", ",", "utf-8"))
    gold = pd.to_numeric(table["Au"].str.lstrip("<"), errors="coerce") * 1000
    limits = table["Au"].str.startswith("<").map({True: "<", False: ""})
    table["Au"] = [
        limit + (f"{value:.9g}" if np.isfinite(value) else "")
        for limit, value in zip(limits, gold, strict=True)
    ]
    units = dict.fromkeys(table.columns, "") | {
        "x": "m",
        "y": "m",
        "Cu": "mg/kg",
        "Zn": "ppm",
        "Fe": "µg/g",
        "Au": "PPB",
    }
    table = pd.concat([pd.DataFrame([units]), table])
    path = as_text(table, tmp_path / "s.csv", ",", "utf-8")
    if header > 1:
        path.write_text("report,7,,\n,,,\n" + path.read_text(encoding="utf-8"), encoding="utf-8")
    same(read(path, header=header, unit=None), wanted)
    same(read(path, header=header, units_row=header + 1), wanted)
