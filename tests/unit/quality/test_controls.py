"""Reference materials, blanks and drift: rules by hand, and a known bias that comes back."""

import numpy as np
import pandas as pd
import pytest
from geohalo.errors import InputError
from geohalo.quality.blanks import blank_limit, blanks_of
from geohalo.quality.certified import certified_values
from geohalo.quality.drift import batch_shift, centred_logs, drift
from geohalo.quality.reference import beyond, bias, reference_table
from geohalo.survey.row_roles import Roles

SEEDS = range(200)


def roles(role, material=None, order=None, batch=None) -> Roles:
    """Return what rows are; of reference materials and blanks one each."""
    role, nothing = np.array(role, dtype=object), np.full(len(role), "", dtype=object)
    named = {"reference": "R", "blank": "B"}
    material = np.array([named.get(one, "") for one in role] if material is None else material, dtype=object)
    order = np.arange(len(role), dtype=float) if order is None else np.array(order, dtype=float)
    return Roles(
        role, material, nothing, nothing, nothing if batch is None else np.array(batch, object), order
    )


def test_rules_of_the_control_chart() -> None:
    z = np.array([0.5, 2.1, 2.2, -2.3, 1, -3.1, -2.5, 0, *[0.2] * 10, -0.1])
    found = beyond(z)
    assert np.flatnonzero(found["beyond_2sd"]).tolist() == [1, 2, 3, 5, 6]
    assert np.flatnonzero(found["beyond_3sd"]).tolist() == [5]
    assert np.flatnonzero(found["twice_beyond_2sd"]).tolist() == [1, 2, 5, 6]
    assert np.flatnonzero(found["one_side"]).tolist() == list(range(8, 18))
    assert not any(flags.any() for flags in beyond(np.empty(0)).values())


def test_bias_by_hand() -> None:
    # Algorithm A leaves -1, 0, 1 as they are: s = 1.134 * 1, standard error 1.25 s / sqrt(3).
    away, low, high, p = bias(np.array([9.0, 10, 11]), 8.0, np.nan)
    error = 1.25 * 1.134 / np.sqrt(3)
    assert away == pytest.approx(0.25)
    # t(0.975, 2) = 4.3027.
    half = 4.3027 * error / 8
    assert (low, high) == (pytest.approx(0.25 - half, abs=1e-4), pytest.approx(0.25 + half, abs=1e-4))
    assert 0.1 < p < 0.2
    # The doubt about the certified value itself makes the interval wider.
    assert bias(np.array([9.0, 10, 11]), 8.0, 1.96)[2] == pytest.approx(
        0.25 + 4.3027 * np.hypot(error, 1) / 8, abs=1e-4
    )


def test_a_known_bias_comes_back() -> None:
    held, false = [], []
    for seed in SEEDS:
        values = 40 * 0.9 * (1 + np.random.default_rng(seed).normal(0, 0.04, 20))
        _, low, high, p = bias(values, 40.0, np.nan)
        held.append(low <= -0.1 <= high)
        false.append(bias(values / 0.9, 40.0, np.nan)[3] < 0.05)
        assert p < 1e-4
    # The standard error of ISO 13528 is a little large.
    assert np.mean(held) >= 0.94
    assert np.mean(false) <= 0.06


def test_table_of_reference_materials() -> None:
    role = ["survey", *["reference"] * 6, "survey"]
    values = pd.DataFrame({"Cu": [50.0, 11, 9, 10, 10, 16, 10, 50], "Au": [0.1, *[0.5] * 6, 0.1]})
    censored = pd.DataFrame({"Cu": [False] * 8, "Au": [False, *[True] * 2, *[False] * 5]})
    known = pd.DataFrame(
        [("R", "Cu", 10.0, 1.0, np.nan)], columns=["material", "element", "value", "sd", "interval"]
    )
    table = reference_table(roles(role), values, censored, known).set_index("element")
    copper, gold = table.loc["Cu"], table.loc["Au"]
    assert (copper["results"], copper["beyond_2sd"], copper["beyond_3sd"], copper["middle_ppm"]) == (
        6,
        1,
        1,
        10,
    )
    assert 0 < copper["bias_percent"] < 10
    assert copper["p"] == copper["p_holm"]
    # A third of the results are below the detection limit.
    assert gold["censored"] == 2
    assert np.isnan(gold["mean_ppm"])
    assert pd.isna(gold["beyond_3sd"])


def test_without_a_certified_value_the_chart_is_about_the_own_mean() -> None:
    values = pd.DataFrame({"Cu": [10.0, 11, 9, 10, 10.5, 9.5, 10, 10, 30]})
    table = reference_table(roles(["reference"] * 9), values, values.isna(), None)
    assert np.isnan(table["bias_percent"][0])
    assert table["middle_ppm"][0] == pytest.approx(10.3, abs=0.3)
    assert table["beyond_3sd"][0] == 1


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"value": ["x", 2.0]}, "column 'value', row 2: 'x' is no positive number"),
        ({"value": [-1.0, 2.0]}, "column 'value', row 2: '-1.0' is no positive number"),
        ({"unit": ["ppm", "stone"]}, "row 3: the unit 'stone' is not known"),
        ({"element": ["Cu", "Xx"]}, "row 3: 'Xx' is neither the symbol of an element nor an oxide"),
        ({"element": ["Cu", "Cu"]}, "row 3: a second value for Cu in A"),
    ],
)
def test_doubtful_certified_values_stop(change, said) -> None:
    table = pd.DataFrame({"material": "A", "element": ["Cu", "Al2O3"], "value": [1.0, 2.0], "unit": "ppm"})
    table["sd"] = 0.1
    with pytest.raises(InputError) as stopped:
        certified_values(table.assign(**change), {}, "c.csv")
    assert said in str(stopped.value)


def test_certified_values_in_ppm_of_the_element() -> None:
    table = pd.DataFrame(
        {
            "material": ["A", "A", 7],
            "element": ["Al2O3", "Au", "Cu"],
            "value": [10.0, 500, None],
            "unit": ["%", "ppb", "ppm"],
            "interval": [0.2, 10, 1],
        }
    )
    found = certified_values(table, {}, "c.csv").set_index("element")
    assert found["value"].to_dict() == {"Al": pytest.approx(52925, rel=1e-3), "Au": pytest.approx(0.5)}
    assert found["interval"]["Au"] == pytest.approx(0.01)
    assert found["sd"].isna().all()
    for column in ("sd", "interval"):
        table = table.drop(columns=column, errors="ignore")
    with pytest.raises(InputError, match=r"needs a column 'sd'"):
        certified_values(table, {}, "c.csv")


def test_drift_of_exact_results() -> None:
    order = np.arange(11.0)
    found = drift(order, np.log(10 * 1.2 ** (order / 10)))
    assert found.change == pytest.approx(0.2)
    assert (found.low, found.high) == (pytest.approx(0.2), pytest.approx(0.2))
    assert found.p < 1e-6
    assert drift(order[:7], order[:7]) is None
    assert drift(order, np.zeros(11)) is None


def test_a_known_drift_comes_back() -> None:
    held, false = [], []
    for seed in SEEDS:
        noise = np.random.default_rng(seed).normal(0, 0.04, 30)
        found = drift(np.arange(30.0), np.log(1.15) * np.arange(30) / 29 + noise)
        held.append(found.low <= 0.15 <= found.high)
        false.append(drift(np.arange(30.0), noise).p < 0.05)
    assert 0.91 <= np.mean(held) <= 0.99
    assert np.mean(false) <= 0.09


def test_batches_of_exact_results() -> None:
    batch = np.array(["A", "A", "A", "B", "B", "B", "C", ""], dtype=object)
    levels = np.log([10, 10.1, 9.9, 12, 12.1, 11.9, 50, 50])
    found = batch_shift(batch, levels)
    assert found.change == pytest.approx(0.2)
    # All of B above all of A: the smallest p of Kruskal-Wallis for three and three, chi2(3.857, 1).
    assert found.p == pytest.approx(0.0495, abs=1e-3)
    assert batch_shift(batch[:5], levels[:5]) is None


def test_materials_are_centred_one_by_one() -> None:
    logs = centred_logs([np.array([1.0, 2, 4]), np.array([100.0, 100, 300])])
    assert np.exp(logs) == pytest.approx([0.5, 1, 2, 1, 1, 3])


def test_blanks_by_hand() -> None:
    role = ["survey", "blank"] * 6
    values = np.array([10, 0.25, 10, 3, 10, 0.25, 10, 0.25, 10, 6, 10, 2.4])
    censored = values == 0.25
    found = blanks_of(roles(role), values, censored, 2.5)
    assert (found.count, found.contaminated, found.share) == (6, 2, pytest.approx(1 / 3))
    assert (found.median, found.highest) == (pytest.approx(1.325), 6)
    assert not found.by_nature
    assert blanks_of(roles(role), values, censored, np.nan).contaminated == 0


def test_a_blank_that_holds_an_element_by_nature() -> None:
    values = np.array([46.0, 46.5, 45.5, 46.2, 46.1, 45.9]) * 1e4
    assert blanks_of(roles(["blank"] * 6), values, np.zeros(6, bool), 500.0).by_nature
    # Contamination comes and goes.
    values *= np.array([1, 0.3, 2, 0.5, 1.5, 0.2])
    assert not blanks_of(roles(["blank"] * 6), values, np.zeros(6, bool), 500.0).by_nature


def test_limit_of_blanks() -> None:
    kinds, values = roles(["survey"] * 101 + ["blank"]), np.append(np.arange(101.0), 0.2)
    assert blank_limit(kinds, values, 0.3, 5) == pytest.approx(1.5)
    # Nothing was below detection: the lowest hundredth of 0 to 100.
    assert blank_limit(kinds, values, np.nan, 5) == pytest.approx(1)
    assert np.isnan(blank_limit(roles(["blank"]), values[:1], np.nan, 5))


def test_carry_over_is_seen_in_the_order_of_analysis() -> None:
    rng = np.random.default_rng(1)
    samples = rng.lognormal(3, 1, 10)
    values = np.concatenate([samples, 0.01 * samples])
    # Each blank is analysed right after a sample, though the file has them at its end.
    order = np.concatenate([2 * np.arange(10), 2 * np.arange(10) + 1])
    found = blanks_of(
        roles(["survey"] * 10 + ["blank"] * 10, order=order), values, np.zeros(20, bool), np.nan
    )
    assert found.carry_over == pytest.approx(1)
    assert found.carry_over_p < 1e-6
    shuffled = np.concatenate([order[:10], order[10:][::-1]])
    found = blanks_of(
        roles(["survey"] * 10 + ["blank"] * 10, order=shuffled), values, np.zeros(20, bool), np.nan
    )
    assert found.carry_over < 0.9
