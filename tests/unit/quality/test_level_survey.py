"""A survey's batches brought to one level, and whether that helped."""

import numpy as np
import pandas as pd
import pytest
from geohalo.cube.method_choice import cross_validate
from geohalo.errors import InputError
from geohalo.quality.level_survey import level_survey
from geohalo.quality.levelling import levelled
from geohalo.quality.levelling_doubts import _not_helping
from geohalo.quality.levelling_error import error_message, levelling_errors, near_other_batches
from level_tables import logs, no_rows, rows, sheets

ELEMENTS = ["Cu", "Zn", "Pb", "As"]
IDW = {"neighbours": 8, "power": 2.0, "anisotropy": {"ratio": 1.0, "bearing": 0.0}}
SECTION = {
    "method": "neighbours",
    "elements": [],
    "reference_batch": None,
    "distance": None,
    "apply": "significant",
}


def _survey(seed=0, shift=0.9, **about):
    points, codes = sheets(16, 8, seed=seed)
    values = logs(points, len(ELEMENTS), seed)
    shifted = values.copy()
    shifted[codes == 2, 1] += shift
    return rows(points, shifted, np.array(["a", "b", "c", "d"], dtype=object)[codes], **about), codes, values


def _level(samples, section=None, elements=ELEMENTS, references=None, **more):
    section = SECTION | (section or {})
    references = no_rows(samples.values.shape[1]) if references is None else references
    return level_survey(samples, references, elements, "batch", section, IDW, 4000.0, "file.csv", **more)


def test_a_shifted_sheet_is_found_mended_and_helps():
    samples, codes, values = _survey()
    found = _level(samples)
    applied = found.table[found.table["applied"]]
    assert applied[["element", "batch"]].to_numpy().tolist() == [["Zn", "c"]]
    row = applied.iloc[0]
    assert row["low"] < np.exp(0.9) < row["high"]
    assert row["n"] == 64
    assert row["pairs"] > 50
    after = np.log(levelled(samples.values, codes, found.shifts.correction))
    assert np.abs(after - values).max() < 0.3
    together = found.errors.set_index(["element", "where"]).loc[("all", "borders")]
    assert together["high"] < 1
    assert "1 of 4 batches levelled, in 1 element" in found.summary()
    assert found.warnings == []


def _with_limits(values, codes, limits):
    """Return ln of values and flags; values below the limit of their batch become half of it."""
    limit = np.array(limits)[codes][:, None]
    below = values < limit
    return np.where(below, limit - np.log(2), values), below


@pytest.mark.parametrize("shift", [0.0, 0.6])
def test_other_detection_limits_are_no_shift_and_hide_none(shift):
    points, codes = sheets(24, 12, seed=3)
    names = np.array(["a", "b", "c", "d"], dtype=object)[codes]
    values = logs(points, len(ELEMENTS), 3)
    values[codes == 2, 1] += shift
    # The limits of b lie above two fifths of its values; half a limit is far below what such values are.
    high = float(np.quantile(values[codes == 1], 0.4))
    stated, below = _with_limits(values, codes, [-9.0, high, -9.0, -9.0])
    assert 0.3 < below[codes == 1].mean() < 0.45
    found = _level(rows(points, stated, names, below))
    applied = found.table[found.table["applied"]][["element", "batch"]].to_numpy().tolist()
    assert applied == ([["Zn", "c"]] if shift else [])
    if shift:
        row = found.table[found.table["applied"]].iloc[0]
        assert row["low"] < np.exp(shift) < row["high"]
        uncensored = _level(rows(points, values, names)).table.set_index(["element", "batch"])
        assert row["factor"] == pytest.approx(uncensored.loc[("Zn", "c"), "factor"], rel=0.06)


def test_a_batch_mostly_below_its_limit_is_compared_with_none():
    points, codes = sheets(16, 8)
    values = logs(points, len(ELEMENTS), 0)
    limit = float(np.quantile(values[codes == 0][:, 0], 0.7))
    stated, below = _with_limits(values, codes, [limit, -9.0, -9.0, -9.0])
    below[:, 1:] = False
    stated[:, 1:] = values[:, 1:]
    names = np.array(["a", "b", "c", "d"], dtype=object)[codes]
    table = _level(rows(points, stated, names, below)).table.set_index(["element", "batch"])
    assert np.isnan(table.loc[("Cu", "a"), "p"])
    assert table.loc[("Cu", "a"), "factor"] != 1
    assert table.loc[("Cu", "b"), "network"] == 1
    assert np.isfinite(table.loc[("Zn", "a"), "p"])
    assert not table["applied"].any()


def test_levelling_twice_changes_nothing():
    samples, codes, _ = _survey()
    first = _level(samples)
    again = rows(
        samples.points, np.log(levelled(samples.values, codes, first.shifts.correction)), samples.batch
    )
    assert not _level(again).table["applied"].any()


def test_none_and_an_absent_section_report_and_name_the_key():
    samples, _, _ = _survey()
    for section, key in (
        (SECTION | {"apply": "none"}, "samples.levelling.apply"),
        (None, "samples.levelling:"),
    ):
        found = level_survey(samples, no_rows(4), ELEMENTS, "batch", section, IDW, 4000.0, "file.csv")
        assert not found.shifts.correction.any()
        assert found.errors["ratio"].notna().any()
        told = [str(one) for one in found.warnings]
        assert len(told) == 1
        assert "c in Zn by a factor of" in told[0]
        assert key in told[0]


def test_no_shift_no_word():
    samples, _, _ = _survey(shift=0.0)
    for section in (SECTION, None):
        found = level_survey(samples, no_rows(4), ELEMENTS, "batch", section, IDW, 4000.0, "file.csv")
        assert not found.table["applied"].any()
        assert found.errors.empty
        assert found.warnings == []


def test_elements_and_reference_batch_are_heeded():
    samples, _, _ = _survey()
    found = _level(samples, {"elements": ["Zn"], "reference_batch": "c"})
    assert set(found.table["element"]) == {"Zn"}
    assert found.table.loc[found.table["applied"], "batch"].tolist() == ["a", "b", "d"]
    np.testing.assert_allclose(np.log(found.table["factor"][[0, 1, 3]]), -0.9, atol=0.25)


@pytest.mark.parametrize(
    ("section", "batch", "told"),
    [
        ({"elements": ["Cu", "Xx"]}, None, "samples.levelling.elements lists 'Xx'"),
        ({"reference_batch": "e"}, None, "batches are a, b, c, d"),
        ({}, "one", "a single batch"),
        ({}, "", "no batch"),
        ({}, "each", "256 values in 256 samples"),
    ],
)
def test_what_the_table_does_not_have_stops(section, batch, told):
    samples, _, _ = _survey()
    if batch is not None:
        names = [f"s{k}" for k in range(256)] if batch == "each" else [batch] * 256
        samples = rows(samples.points, np.log(samples.values), names)
    with pytest.raises(InputError, match=told):
        _level(samples, section)


def test_reference_materials_level_batches():
    samples, _, _ = _survey(shift=0.0)
    batch = np.repeat(["a", "b", "c", "d", "z"], 8)
    results = np.random.default_rng(0).normal(2.0, 0.03, (40, 4))
    results[batch == "b", 3] += 0.4
    references = rows(np.zeros((40, 2)), results, batch, material=["STD1"] * 40)
    found = _level(samples, {"method": "reference"}, references=references)
    assert found.table.loc[found.table["applied"], ["element", "batch"]].to_numpy().tolist() == [["As", "b"]]
    assert found.table["factor"].to_numpy()[13] == pytest.approx(np.exp(0.4), rel=0.05)
    # Censored results say nothing.
    censored = np.ones(results.shape, dtype=bool)
    nothing = rows(np.zeros((40, 2)), results, batch, censored, ["STD1"] * 40)
    found = _level(samples, {"method": "reference"}, references=nothing)
    assert found.table["network"].isna().all()
    assert "share no reference material with another batch" in str(found.warnings[0])


def test_quantiles_warn_and_take_off_the_shift():
    samples, _, _ = _survey(shift=1.5)
    found = _level(samples, {"method": "quantiles"})
    assert found.table.set_index(["element", "batch"]).loc[("Zn", "c"), "applied"]
    assert "removes what truly differs" in str(found.warnings[-1])


def test_another_method_or_unit_is_told():
    samples, _, _ = _survey(shift=np.log(1000.0))
    told = [str(one) for one in _level(samples).warnings]
    assert len(told) == 1
    assert "more than 5 times (c in Zn)" in told[0]
    assert "samples.keep" in told[0]


def test_a_batch_apart_is_named():
    samples, _, values = _survey()
    points = np.concatenate([samples.points, samples.points[:30] + 1e6])
    joined = np.concatenate([np.log(samples.values), values[:30]])
    found = _level(rows(points, joined, [*samples.batch, *["far"] * 30]))
    told = "batches that have too few samples near those of another batch are left as they are: far"
    assert told in [one.what for one in found.warnings]


def test_a_value_below_its_limit_moves_with_the_limit():
    values = np.array([[2.0], [4.0]])
    moved = levelled(values, np.array([0, 1]), np.array([[0.0, np.log(2)]]))
    # A limit of 8, of which half stands for the value, becomes 4.
    assert moved[1, 0] == pytest.approx(0.5 * 8 / 2)


def test_errors_before_are_those_of_the_interpolation():
    samples, codes, _ = _survey()
    none = np.zeros((4, 4))
    table = levelling_errors(
        samples.points, samples.values, codes, ELEMENTS, lambda _: none, IDW, 4000.0, 3000.0
    )
    scores = cross_validate(samples.points, np.log10(samples.values), "idw", IDW, 4000.0)
    own = table[(table["where"] == "all") & (table["element"] != "all")]
    np.testing.assert_allclose(own["before"], [score.error for score in scores])
    np.testing.assert_allclose(table["ratio"], 1.0)
    assert error_message(table, True).startswith("Levelling changes the error")
    assert error_message(table.head(0), True) == ""


def test_a_false_levelling_is_measured():
    samples, codes, values = _survey(shift=0.0)
    wrong = np.zeros((4, 4))
    wrong[:, 1], wrong[:, 2] = 1.5, -1.5
    table = levelling_errors(
        samples.points, np.exp(values), codes, ELEMENTS, lambda _: wrong, IDW, 4000.0, 3000.0
    )
    assert (table["low"] > 1).all()


def test_samples_near_another_batch():
    points = np.array([[0.0, 0], [1, 0], [5, 0], [6, 0]])
    assert near_other_batches(points, np.array([0, 1, 1, 1]), 2.0).tolist() == [True, True, False, False]
    assert near_other_batches(points, np.array([0, -1, 1, 1]), 2.0).tolist() == [False] * 4


def test_worsening_makes_a_warning():
    row = {"element": "all", "where": "all", "n": 9, "ratio": 1.2, "low": 1.1, "high": 1.3}
    told = _not_helping(pd.DataFrame([row]), SECTION)
    assert "error times 1.200 (1.100 to 1.300" in told[0][0]
    assert _not_helping(pd.DataFrame([row | {"low": 0.9}]), SECTION) == []
