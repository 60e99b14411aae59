"""The page in plain words: each warning appears when its condition holds, and only then."""

import numpy as np
import pandas as pd
import pytest
from geohalo.evidence.verdict import fold_interval, verdict

NAMES = {"fusion": "fusion", "random_forest": "random forest", "sampling_density": "sampling density"}
#: What the warnings begin with.
SHUFFLED, DENSITY, DECOYS, NO_DECOYS, SMALL = (
    "**Shuffled labels score outside chance**",
    "**Fusion is not shown to beat sampling density**",
    "**Deposits are not shown to stand above decoys**",
    "**There are no decoys**",
    "**The survey is too small to tell methods apart**",
)


def metrics(**changes):
    """Return the metrics of a survey without any warning; changes are (estimate, low, high) by method__metric."""
    rows = {
        "fusion__capture": (0.82, 0.71, 0.91),
        "fusion__above_decoys": (0.85, 0.72, 0.97),
        "fusion__decoy_capture": (0.55, 0.5, 0.6),
        "fusion__opengad_auc": (0.9, 0.81, 0.98),
        "sampling_density__capture": (0.58, 0.5, 0.66),
    } | changes
    keys = [key.split("__") for key in rows]
    table = pd.DataFrame(list(rows.values()), columns=["estimate", "low", "high"])
    table.insert(0, "metric", [metric for _, metric in keys])
    table.insert(0, "split", "held_out")
    table.insert(0, "variant", [method for method, _ in keys])
    random = pd.DataFrame([("fusion", "random", "capture", 0.95, 0.93, 0.97)], columns=table.columns)
    return pd.concat([table.assign(n=20), random.assign(n=20)], ignore_index=True)


def comparisons(groups=14, **changes):
    """Return comparisons; changes are (difference, low, high, p_holm, detectable) by method__metric."""
    rows = {
        "sampling_density__capture": (0.24, 0.12, 0.35, 0.02, 0.19),
        "sampling_density__above_decoys": (0.3, 0.17, 0.41, 0.03, 0.18),
        "random_forest__capture": (-0.02, -0.07, 0.03, 1.0, 0.09),
        "random_forest__above_decoys": (-0.01, -0.06, 0.04, 1.0, 0.1),
        "spectrum__capture": (0.0, -0.1, 0.1, 1.0, 0.1),
        "spectrum__above_decoys": (-0.2, -0.3, -0.1, 0.01, 0.12),
    } | changes
    table = pd.DataFrame(list(rows.values()), columns=["difference", "low", "high", "p_holm", "detectable"])
    table.insert(0, "metric", [key.split("__")[1] for key in rows])
    table.insert(0, "split", "held_out")
    table.insert(0, "against", [key.split("__")[0] for key in rows])
    table.insert(0, "variant", "fusion")
    # Other splits say something else, and are no part of the page.
    return pd.concat([table, table.assign(split="inner", p_holm=0.001, low=-1)]).assign(groups=groups)


def ranks(groups=14, **shuffled):
    """Return the deposits of both methods in five folds; what a measure of shuffled labels is in each fold."""
    deposits = np.arange(25)
    table = pd.DataFrame({"split": "held_out", "deposit": deposits, "group": deposits % groups})
    table["fold"] = table["group"] % 5
    by_fold = {"capture": [0.3, 0.4, 0.5, 0.6, 0.6], "above_decoys": [0.2, 0.5, 0.4, 0.9, 0.7]} | shuffled
    shuffle = table.assign(**{name: np.array(values)[table["fold"]] for name, values in by_fold.items()})
    return pd.concat([table.assign(variant="fusion"), shuffle.assign(variant="shuffle")], ignore_index=True)


def page(metric_changes=None, comparison_changes=None, groups=14, **shuffled):
    return verdict(
        metrics(**(metric_changes or {})),
        comparisons(groups, **(comparison_changes or {})),
        ranks(groups, **shuffled),
        NAMES,
    )


def warned(text):
    return [start for start in (SHUFFLED, DENSITY, DECOYS, NO_DECOYS, SMALL) if start in text]


def test_a_survey_without_faults_has_no_warning_and_all_numbers():
    text = page()
    assert warned(text) == []
    assert "No warning" in text
    for part in (
        "Each of 25 deposits in 14 groups",
        "**Capture 0.82 (0.71 to 0.91)**",
        "Decoys, 20 places without a deposit that were held out in the same way, have capture 0.55 (0.50 to 0.60)",
        "**Deposits outrank 0.85 (0.72 to 0.97) of the decoys**",
        "open benchmark: 0.90 (0.81 to 0.98)",
        "On a random split of cells, capture 0.95 (0.93 to 0.97). This is the optimistic number",
        "- beats sampling density (+0.30).",
        "- loses to spectrum (-0.20).",
        "- does not clearly differ from random forest (-0.01).",
        "before which the smallest possible is 0.00012",
        "must be 0.10 to 0.18, depending on the method",
    ):
        assert part in text
    assert len(text.splitlines()) < 30


def test_a_map_below_chance_too_few_groups_and_lines_of_samples_come_first():
    text = page({"fusion__above_decoys": (0.15, 0.05, 0.4)}, groups=4)
    lines = [line for line in text.splitlines() if line.startswith("- **")]
    assert lines[0].startswith("- **The map is upside down here**: held-out deposits outrank 0.15")
    assert "form 4 groups" in lines[1]
    # It is not said twice.
    assert DECOYS not in text
    assert "upside down" not in page({"fusion__above_decoys": (0.45, 0.3, 0.6)})
    assert "**The map is below chance here**" in page({"fusion__above_decoys": (0.45, 0.3, 0.6)})
    parts = metrics(), comparisons(), ranks(), NAMES
    assert "lie along lines" in verdict(*parts, traverse=True)
    assert "lie along lines" not in verdict(*parts)


@pytest.mark.parametrize(
    ("metric", "by_fold", "outside"),
    [
        ("capture", [0.6, 0.61, 0.59, 0.6, 0.62], True),
        ("capture", [0.4, 0.41, 0.39, 0.4, 0.38], True),
        ("capture", [0.5, 0.7, 0.55, 0.65, 0.6], False),
        ("above_decoys", [0.9, 0.8, 0.95, 0.9, 0.9], True),
        ("above_decoys", [np.nan] * 5, False),
        ("above_decoys", [0.9] + [np.nan] * 4, False),
    ],
)
def test_shuffled_labels_warn_when_an_interval_over_folds_excludes_chance(metric, by_fold, outside):
    text = page(**{metric: by_fold})
    assert (SHUFFLED in text) == outside
    assert ("No warning" in text) != outside


def test_shuffled_labels_are_judged_by_folds_however_many_deposits_these_hold():
    """Folds of 1 and 3 deposits with means 0.2 and 0.6."""
    rows = pd.DataFrame({"fold": [0, 1, 1, 1], "capture": [0.2, 0.5, 0.6, 0.7]})
    estimate, low, high = fold_interval(rows, "capture")
    # t(0.9875, 1) = tan(pi (0.9875 - 0.5)); the standard error of 0.2 and 0.6 is 0.2.
    reach = np.tan(np.pi * 0.4875) * 0.2
    assert (estimate, low, high) == pytest.approx((0.4, 0.4 - reach, 0.4 + reach))


@pytest.mark.parametrize("metric", ["capture", "above_decoys"])
@pytest.mark.parametrize(("low", "fails"), [(0.01, False), (0.0, True), (-0.1, True), (np.nan, True)])
def test_sampling_density_must_be_beaten_by_both_measures(metric, low, fails):
    text = page(None, {f"sampling_density__{metric}": (0.2, low, 0.4, 0.5, 0.3)})
    assert (DENSITY in text) == fails
    assert (", where 0.30 would be found four times in five" in text) == fails


def test_sampling_density_that_was_not_measured_cannot_fail():
    nothing = (np.nan,) * 5
    text = page(None, {f"sampling_density__{metric}": nothing for metric in ("capture", "above_decoys")})
    assert DENSITY not in text


@pytest.mark.parametrize(("low", "fails"), [(0.51, False), (0.5, True), (0.3, True), (np.nan, True)])
def test_decoys_must_be_outranked(low, fails):
    assert (DECOYS in page({"fusion__above_decoys": (0.6, low, 0.9)})) == fails


def test_without_decoys_it_says_so_and_compares_by_capture():
    nothing = {f"fusion__{metric}": (np.nan,) * 3 for metric in ("above_decoys", "decoy_capture")}
    text = page(
        nothing,
        {
            f"{name}__above_decoys": (np.nan,) * 5
            for name in ("random_forest", "spectrum", "sampling_density")
        },
    )
    assert warned(text) == [NO_DECOYS]
    assert "by capture, on the same deposits" in text
    assert "- beats sampling density (+0.24)." in text
    assert "of the decoys**" not in text


def test_too_few_groups_are_told():
    text = page(groups=5)
    assert SMALL in text
    assert "with 5 groups of deposits no difference, however large, has a p below 0.062" in text
    assert SMALL not in page(groups=6)


def test_groups_without_decoys_do_not_count_where_decoys_decide():
    """Of six groups five have decoys: flips of five signs give no p below 2 / 2^5."""
    pairs = comparisons(6)
    pairs.loc[pairs["metric"] == "above_decoys", ["groups", "detectable"]] = [5, np.nan]
    text = verdict(metrics(), pairs, ranks(6), NAMES)
    assert warned(text) == [SMALL]
    assert (
        "with 5 groups of deposits that have decoys no difference, however large, has a p below 0.062" in text
    )
    assert "Each of 25 deposits in 6 groups" in text


@pytest.mark.parametrize(
    ("detectable", "words"), [(0.19, None), (0.21, "must differ by 0.21"), (np.nan, "most deposits")]
)
def test_coarse_surveys_are_told(detectable, words):
    changes = {
        f"{name}__above_decoys": (0.1, 0.05, 0.2, 1.0, detectable)
        for name in ("sampling_density", "random_forest")
    }
    text = page(None, changes)
    assert (SMALL in text) == (words is not None)
    assert words is None or words in text


def test_other_schemes_are_told_where_they_were_made():
    more = metrics()
    extra = more[more["split"] == "held_out"].assign(split="checkerboard")
    text = verdict(pd.concat([more, extra]), comparisons(), ranks(), NAMES)
    assert (
        "- Checkerboard: capture 0.82 (0.71 to 0.91), of decoys 0.55 (0.50 to 0.60); deposits outrank 0.85"
        in text
    )
    assert "One group held out at a time" not in text


def test_one_method_alone_is_told_without_others():
    alone = metrics()
    alone = alone[alone["variant"] == "fusion"]
    text = verdict(alone, comparisons().iloc[:0], ranks(), NAMES)
    assert "**Capture 0.82" in text
    assert "Against" not in text
    assert warned(text) == []


def test_doubtful_input_is_told_as_it_is_written_and_not_at_any_length():
    doubts = [f"a_b*.csv, column '<Cu>', row {k}: far off; check it" for k in range(7)]
    page = verdict(metrics(), comparisons(), ranks(), NAMES, doubts=doubts)
    lines = [line for line in page.splitlines() if line.startswith("- **Doubtful input.**")]
    assert len(lines) == 6
    assert lines[0] == r"- **Doubtful input.** a\_b\*.csv, column '\<Cu\>', row 0: far off; check it."
    assert lines[-1] == "- **Doubtful input.** 2 more lines stand in `warnings.csv`."
    assert "No warning" not in page
    assert "Doubtful" not in verdict(metrics(), comparisons(), ranks(), NAMES)


def alone(geochemistry, covariates):
    """Return changes of metrics and comparisons where each kind of data was also tried alone."""
    of_metrics = {
        "covariates__above_decoys": (0.52, 0.4, 0.6),
        "geochemistry__above_decoys": (0.65, 0.5, 0.8),
    }
    of_pairs = {"covariates__above_decoys": geochemistry, "geochemistry__above_decoys": covariates}
    return of_metrics, {name: (*numbers, 0.5, 0.1) for name, numbers in of_pairs.items()}


@pytest.mark.parametrize(
    ("geochemistry", "covariates", "told"),
    [
        (
            (0.33, 0.1, 0.5),
            (0.2, 0.01, 0.3),
            "geochemistry adds to what the covariates tell alone (0.52): +0.33 (+0.10 to +0.50); "
            "the covariates add to what geochemistry tells alone (0.65): +0.20 (+0.01 to +0.30)",
        ),
        (
            (-0.2, -0.3, -0.1),
            (-0.1, -0.2, -0.01),
            "geochemistry takes something away from what the covariates tell alone (0.52): -0.20 (-0.30 to -0.10); "
            "the covariates take something away from what geochemistry tells alone (0.65): -0.10 (-0.20 to -0.01)",
        ),
        (
            (0.13, -0.11, 0.37),
            (0.0, -0.01, 0.02),
            "geochemistry is not shown to add to what the covariates tell alone (0.52): +0.13 (-0.11 to +0.37); "
            "the covariates are not shown to add to what geochemistry tells alone (0.65): +0.00 (-0.01 to +0.02)",
        ),
        (
            (0.13, np.nan, np.nan),
            (0.0, -0.01, 0.02),
            "geochemistry is not shown to add to what the covariates tell alone (0.52): +0.13; "
            "the covariates are not shown to add to what geochemistry tells alone (0.65): +0.00 (-0.01 to +0.02)",
        ),
    ],
)
def test_what_each_kind_of_data_adds_to_the_other(geochemistry, covariates, told):
    text = page(*alone(geochemistry, covariates))
    assert f"- **By the share of decoys outranked, {told}.**" in text.splitlines()


def test_without_covariates_nothing_is_said_of_what_they_add():
    assert "covariates" not in page()
    of_metrics, of_pairs = alone((0.3, 0.1, 0.5), (0.2, 0.1, 0.3))
    del of_pairs["geochemistry__above_decoys"]
    assert "tell alone" not in page(of_metrics, of_pairs)
