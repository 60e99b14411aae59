"""A survey with rows of control is judged: what the laboratory and sampling did is found, and nothing else."""

import numpy as np
import pandas as pd
import pytest
from controlled import MARKED, SPREAD, Truth, certified_table, controlled_survey
from geohalo.quality.assess import assess
from geohalo.quality.certified import certified_values
from geohalo.survey.analyses import read_analyses
from geohalo.survey.samples import merge_analyses
from survey_tables import section

GOOD = {"analysis": {"Cu": 0.03, "Zn": 0.03}, "sampling": {"Cu": 0.05, "Zn": 0.05}}
SEEDS = range(30)


def quality_of(table: pd.DataFrame, certified: bool = True, **further):
    """Judge a table; returns the analyses and what was found."""
    wanted = section(**MARKED, **further)
    analyses = read_analyses(table, wanted, source="s.csv")
    known = certified_values(certified_table(), wanted, "c.csv") if certified else None
    return analyses, assess(analyses, wanted["quality"], known, "c.csv")


def test_a_good_laboratory_passes_and_warns_of_nothing() -> None:
    _, found = quality_of(controlled_survey(1, Truth(**GOOD)))
    assert found.elements["verdict"].tolist() == ["passes", "passes"]
    assert found.elements["reason"].tolist() == ["", ""]
    assert found.elements["weight"].tolist() == [1, 1]
    assert not found.warnings
    assert not found.excluded


@pytest.mark.slow
def test_good_laboratories_seldom_fail() -> None:
    failed = [
        (quality_of(controlled_survey(seed, Truth(**GOOD)))[1].elements["verdict"] == "fails").any()
        for seed in SEEDS
    ]
    # At most one of 30: whatever the share of failures, two of 30 are less likely than two of 60.
    assert np.sum(failed) <= 1


@pytest.mark.parametrize(
    ("truth", "said"),
    [
        (Truth(analysis={"Cu": 0.03, "Zn": 0.25}), ["its precision in laboratory duplicates is"]),
        (Truth(**GOOD | {"sampling": {"Cu": 0.05, "Zn": 0.5}}), ["make", "% of its variance, above 20 %"]),
        (Truth(**GOOD, bias={"Zn": -0.2}), ["CRM reads", "% too low, beyond 10 %"]),
        (Truth(**GOOD, drift={"Zn": 0.3}), ["reference materials drift by +", "%, beyond 10 %"]),
        (Truth(**GOOD, dirty={"Zn": 0.3}), ["blanks hold more than 5 detection limits (2.5 ppm)"]),
    ],
)
def test_each_fault_is_found_in_its_element_alone(truth, said) -> None:
    _, found = quality_of(controlled_survey(3, truth))
    copper, zinc = found.elements.itertuples()
    assert (copper.verdict, zinc.verdict) == ("passes", "fails")
    assert all(one in zinc.reason for one in said)
    assert any("Zn (" in one.what and "Cu" not in one.what for one in found.warnings)
    assert all(one.file == "s.csv" for one in found.warnings)


@pytest.mark.slow
def test_estimates_are_those_of_the_simulation() -> None:
    """Precision, share of noise, bias and drift lie within their intervals in 19 of 20 surveys."""
    truth = Truth(
        analysis={"Cu": 0.06, "Zn": 0.06},
        sampling={"Cu": 0.15, "Zn": 0.15},
        bias={"Cu": 0.06},
        drift={"Zn": 0.2},
    )
    noise = 0.06**2 + 0.15**2
    held = {name: [] for name in ("laboratory", "field", "noise", "bias", "drift")}
    shares = []
    for seed in SEEDS:
        _, found = quality_of(controlled_survey(seed, truth))
        pairs = found.duplicates.set_index(["kind", "element"])
        laboratory, field = pairs.loc[("laboratory_duplicate", "Cu")], pairs.loc[("field_duplicate", "Cu")]
        copper, zinc = found.elements.itertuples()
        held["laboratory"].append(laboratory["cv_low"] <= 6 <= laboratory["cv_high"])
        held["field"].append(field["low"] <= 200 * np.sqrt(noise) <= field["high"])
        held["noise"].append(copper.noise_low <= noise / (noise + SPREAD**2) <= copper.noise_high)
        held["drift"].append(zinc.drift_low <= 20 <= zinc.drift_high)
        row = found.reference.set_index("element").loc["Cu"]
        held["bias"].append(row["bias_low"] <= 6 <= row["bias_high"])
        shares.append((copper.noise_share, copper.analysis_share))
    # Of 30 intervals that each miss in one survey of 20, five or more miss with probability 0.016.
    assert {name: np.sum(one) >= 26 for name, one in held.items()} == dict.fromkeys(held, True)
    total = noise + SPREAD**2
    # The mean of 60 lay within 0.1 of the truth: that of 30 varies by the square root of two more.
    assert np.mean(shares, axis=0) == pytest.approx([noise / total, 0.06**2 / total], rel=0.14)


def test_failing_elements_can_be_left_out() -> None:
    table = controlled_survey(3, Truth(**GOOD, bias={"Zn": -0.2})).assign(Pb_ppm=lambda one: one["Cu_ppm"])
    analyses, found = quality_of(table, failing="exclude")
    assert list(found.excluded) == ["Zn"]
    samples, report = merge_analyses(analyses, section(**MARKED), failing=found.excluded)
    assert [name for name in samples if name in ("Cu", "Zn", "Pb")] == ["Cu", "Pb"]
    zinc = report.set_index("element").loc["Zn"]
    assert not zinc["kept"]
    assert zinc["reason"].startswith("fails quality control: CRM reads")
    assert "left out (samples.quality.failing)" in found.warnings[0].fix


def test_failing_elements_can_be_weighed_down() -> None:
    truth = Truth(**GOOD | {"sampling": {"Cu": 0.05, "Zn": 0.5}})
    _, found = quality_of(controlled_survey(3, truth), failing="weigh")
    copper, zinc = found.elements.itertuples()
    assert copper.weight == 1
    assert zinc.weight == pytest.approx(np.sqrt(1 - zinc.noise_share))
    # The true share is 0.25 / (0.25 + 0.16).
    assert zinc.noise_share == pytest.approx(0.25 / 0.41, abs=0.15)


def test_weights_need_duplicates() -> None:
    table = controlled_survey(3, Truth(**GOOD, bias={"Zn": -0.2}))
    table = table[~table["type"].isin(["FD", "LD"])].reset_index(drop=True)
    marked = {name: value for name, value in MARKED.items() if "duplicate" not in name and name != "original"}
    wanted = section(**marked, failing="weigh")
    analyses = read_analyses(table, wanted, source="s.csv")
    found = assess(analyses, wanted["quality"], certified_values(certified_table(), wanted, "c.csv"))
    assert found.elements["weight"].tolist() == [1, 1]
    assert "no duplicates tell how noisy Zn is" in found.warnings[-1].what
    assert found.duplicates.empty


def test_few_duplicates_judge_nothing() -> None:
    table = controlled_survey(3, Truth(sampling={"Cu": 1.0, "Zn": 1.0}), pairs=5)
    _, found = quality_of(table, certified=False)
    assert set(found.elements["verdict"]) == {"passes"}  # by the blanks alone
    told = [one.what for one in found.warnings]
    assert told[0].startswith("5 field duplicates have an original and measured values; no element is judged")
    assert told[1].startswith("5 laboratory duplicates")


def test_no_control_judges_nothing() -> None:
    table = controlled_survey(3, Truth(**GOOD))
    wanted = section(column="type", survey=["S"], other=["CRM", "BLK", "FD", "LD"])
    found = assess(read_analyses(table, wanted), wanted["quality"])
    assert found.elements["verdict"].tolist() == ["not judged", "not judged"]
    assert found.duplicates.empty
    assert found.reference.empty
    assert not found.warnings


def test_materials_without_certified_values_are_named() -> None:
    wanted = section(**MARKED)
    known = certified_values(certified_table().assign(material="OREAS 1"), wanted, "c.csv")
    analyses = read_analyses(controlled_survey(1, Truth(**GOOD)), wanted)
    found = assess(analyses, wanted["quality"], known, "c.csv")
    assert "no certified values for the reference material 'CRM'" in found.warnings[0].what
    assert "the table has 'OREAS 1'" in found.warnings[0].fix
    assert found.reference["bias_percent"].isna().all()


def test_results_far_outside_the_chart_are_told() -> None:
    table = controlled_survey(1, Truth(**GOOD))
    rows = table.index[table["type"] == "CRM"][:4]
    table.loc[rows, "Cu_ppm"] = "80"
    _, found = quality_of(table)
    assert found.elements["verdict"].tolist() == ["passes", "passes"]
    assert "beyond 3 standard deviations than chance allows: Cu in CRM (" in found.warnings[0].what


def test_batches_that_differ_are_told() -> None:
    table = controlled_survey(1, Truth(**GOOD))
    late = table["order"] > table["order"].median()
    table["job"] = np.where(late, "B", "A")
    measured = late & table["type"].isin(["CRM"])
    table.loc[measured, "Zn_ppm"] = (table.loc[measured, "Zn_ppm"].astype(float) * 1.15).astype(str)
    _, found = quality_of(table, batch="job")
    told = [one.what for one in found.warnings if "between batches" in one.what]
    assert len(told) == 1
    assert told[0].startswith("reference materials differ between batches by more than 10 %: Zn (1")
    zinc = found.elements.set_index("element").loc["Zn"]
    assert zinc["batch_shift_percent"] == pytest.approx(15, abs=5)
