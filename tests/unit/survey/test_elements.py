"""The element table and the factors to ppm."""

import re

import pandas as pd
import pytest
from geohalo.errors import InputError
from geohalo.survey.elements import concentration_factor, element_table

# Abridged standard atomic weights (IUPAC 2021), typed here again so that a slip in the table shows.
WEIGHTS = {
    "Al": 26.982, "Ba": 137.33, "Be": 9.0122, "Bi": 208.98, "C": 12.011, "Ca": 40.078, "Ce": 140.12,
    "Co": 58.933, "Cr": 51.996, "Cu": 63.546, "Fe": 55.845, "K": 39.098, "La": 138.91, "Li": 6.94,
    "Mg": 24.305, "Mn": 54.938, "Mo": 95.95, "Na": 22.990, "Nb": 92.906, "Nd": 144.24, "Ni": 58.693,
    "P": 30.974, "Pb": 207.2, "Pr": 140.91, "Rb": 85.468, "S": 32.06, "Sb": 121.76, "Sc": 44.956,
    "Si": 28.085, "Sn": 118.71, "Sr": 87.62, "Ta": 180.95, "Tb": 158.93, "Th": 232.04, "Ti": 47.867,
    "U": 238.03, "V": 50.942, "W": 183.84, "Y": 88.906, "Yb": 173.05, "Zn": 65.38, "Zr": 91.222,
}  # fmt: skip
OXYGEN = 15.999


def mass_share(oxide: str) -> tuple[str, float]:
    """Element of an oxide XaOb and its share of the mass, from the weights above."""
    symbol, atoms, oxygens = re.fullmatch(r"([A-Z][a-z]?)(\d*)O(\d*)", oxide).groups()
    metal = WEIGHTS[symbol] * int(atoms or 1)
    return symbol, metal / (metal + OXYGEN * int(oxygens or 1))


def test_every_element_of_a_regional_survey_is_there_once() -> None:
    table = element_table()
    assert table.index.is_unique
    assert list(table["atomic_number"]) == sorted(set(table["atomic_number"]))
    wanted = (
        "Li Be B C N F Na Mg Al Si P S Cl K Ca Sc Ti V Cr Mn Fe Co Ni Cu Zn Ga Ge As Se Br Rb Sr "
        "Y Zr Nb Mo Ru Rh Pd Ag Cd In Sn Sb Te I Cs Ba La Ce Pr Nd Sm Eu Gd Tb Dy Ho Er Tm Yb Lu "
        "Hf Ta W Re Os Ir Pt Au Hg Tl Pb Bi Th U"
    )
    assert list(table.index) == wanted.split()


def test_atomic_numbers_and_weights_of_known_elements() -> None:
    table = element_table()
    numbers = {
        "Li": 3,
        "Na": 11,
        "Fe": 26,
        "Nb": 41,
        "Ag": 47,
        "I": 53,
        "Lu": 71,
        "Au": 79,
        "U": 92,
    }
    assert {symbol: table.at[symbol, "atomic_number"] for symbol in numbers} == numbers
    for symbol, weight in WEIGHTS.items():
        assert table.at[symbol, "atomic_weight"] == pytest.approx(weight, rel=1e-4)


@pytest.mark.parametrize("symbol", WEIGHTS)
def test_oxide_factors_follow_from_atomic_weights(symbol: str) -> None:
    row = element_table().loc[symbol]
    assert mass_share(row["oxide"]) == (symbol, pytest.approx(row["oxide_to_element"], rel=1e-4))


def test_plausible_ranges_enclose_the_crust_and_stay_possible() -> None:
    table = element_table()
    assert (table["median_low_ppm"] > 0).all()
    assert (table["median_low_ppm"] < table["upper_crust_ppm"] / 100).all()
    assert (table["median_high_ppm"] > table["upper_crust_ppm"]).all()
    assert (table["median_high_ppm"] < 1e6).all()
    # ppb taken for ppm must show for an ordinary survey of the trace elements that are given in ppb.
    for symbol in ("Au", "Ag", "Hg", "Pt", "Pd", "Se", "Cd", "Bi", "Re"):
        assert 1000 * table.at[symbol, "upper_crust_ppm"] > table.at[symbol, "median_high_ppm"]


def test_crustal_oxides_add_up_to_a_rock() -> None:
    table = element_table()
    oxides = table[table["oxide"] != ""]
    total = (oxides["upper_crust_ppm"] / oxides["oxide_to_element"]).sum()
    # The upper crust recalculated to 100 %: majors, traces, and iron as Fe2O3 rather than FeO.
    assert total == pytest.approx(1e6, rel=0.03)


def test_the_table_is_a_copy() -> None:
    table = element_table()
    table.loc["Cu", "upper_crust_ppm"] = 0.0
    assert element_table().at["Cu", "upper_crust_ppm"] == 28


@pytest.mark.parametrize(
    ("name", "unit", "symbol", "factor"),
    [
        ("Cu", "ppm", "Cu", 1.0),
        ("Au", "ppb", "Au", 1e-3),
        ("Fe", "percent", "Fe", 1e4),
        ("CU", "ppm", "Cu", 1.0),
        ("au", "ppb", "Au", 1e-3),
        ("CO", "ppm", "Co", 1.0),
        ("SiO2", "percent", "Si", 4674.37),
        ("AL2O3", "percent", "Al", 5292.5),
        ("Fe2O3", "percent", "Fe", 6994.3),
        ("Fe2O3T", "percent", "Fe", 6994.3),
        ("Fe2O3(T)", "percent", "Fe", 6994.3),
        ("TFe2O3", "percent", "Fe", 6994.3),
        ("FeO*", "percent", "Fe", 7773.1),
        ("TiO2", "percent", "Ti", 5993.4),
        ("FeO", "percent", "Fe", 7773.1),
        ("MnO2", "ppm", "Mn", 0.63193),
        ("Ce2O3", "ppm", "Ce", 0.85377),
    ],
)
def test_factor_to_ppm(name: str, unit: str, symbol: str, factor: float) -> None:
    assert concentration_factor(name, unit) == (symbol, pytest.approx(factor, rel=2e-5))


@pytest.mark.parametrize("name", ["Xx", "pH", "LOI", "H2O", "Qq2O3", "", "cU", "Cu "])
def test_unknown_name_is_named(name: str) -> None:
    with pytest.raises(InputError, match=re.escape(repr(name))):
        concentration_factor(name, "ppm")


def test_unknown_unit_lists_the_known_ones() -> None:
    with pytest.raises(InputError, match=r"'mg'.*ppm, ppb, percent"):
        concentration_factor("Cu", "mg")


@pytest.mark.real_data
def test_a_real_partial_digest_is_plausible(survey_data) -> None:
    table = element_table()
    survey = pd.read_csv(survey_data / "ireland-midlands-soil" / "samples.csv")
    seen = 0
    for header in survey:
        match = re.fullmatch(r"([A-Z][a-z]?)_(mgkg|%) ?_ICPar", header)
        if match:
            median = survey[header].median() * (1e4 if match[2] == "%" else 1)
            row = table.loc[match[1]]
            assert row["median_low_ppm"] <= median <= row["median_high_ppm"], header
            seen += 1
    assert seen == 53
