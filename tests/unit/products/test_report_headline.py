"""What stands at the top of the report, from metrics whose numbers are known."""

import numpy as np
import pandas as pd
import pytest
from geohalo.products.report_headline import found_message, headline


def rows(*values: tuple) -> pd.DataFrame:
    columns = ["variant", "split", "metric", "estimate", "low", "high", "n"]
    return pd.DataFrame(values, columns=columns)


METRICS = rows(
    ("fusion", "held_out", "capture", 0.74, 0.6, 0.86, 10),
    ("fusion", "held_out", "above_decoys", 0.71, 0.51, 0.91, 10),
    ("fusion", "held_out", "decoy_capture", 0.56, 0.49, 0.63, 31),
    ("fusion", "random", "capture", 0.95, 0.93, 0.98, 10),
    ("spectrum", "held_out", "above_decoys", 0.99, 0.9, 1.0, 10),
    ("logistic", "held_out", "above_decoys", 0.7, 0.5, 0.9, 10),
    ("random_forest", "held_out", "above_decoys", 0.6, 0.5, 0.9, 10),
    ("shuffle", "held_out", "capture", 0.45, 0.25, 0.64, 10),
    ("shuffle", "held_out", "above_decoys", 0.999, 0.25, 1.0, 10),
)


def test_headline_is_the_held_out_number_with_its_interval_and_its_controls():
    found = headline(METRICS, "**Warnings**\n\n- **Too small**: little can be told.\n- Second.\n")
    assert found.sentence.startswith(
        "On average, a deposit that the model did not know ranks above 74 % of the ground"
    )
    assert "(95 % interval 60 to 86 %); chance is 50 %" in found.sentence
    assert "on 10 known deposits" in found.sentence
    assert len(found.warnings) == 2
    told = [(one.label, one.text, one.kind) for one in found.measures]
    # The best control is neither a branch of the network nor the permuted labels.
    assert told == [
        ("Capture, held-out deposits", "0.74", "main"),
        ("Decoys outranked", "0.71", "main"),
        ("Control: capture of decoys", "0.56", "control"),
        ("Control: logistic regression", "0.70", "control"),
        ("Control: shuffled labels", "0.45", "control"),
        ("Random split of cells", "0.95", "optimistic"),
    ]
    assert found.measures[0].range == "0.60 to 0.86"
    assert found.measures[0].at(0.25) == 25
    assert found.measures[0].at(-3) == 0


def test_headline_begins_with_what_the_best_ground_held():
    found = rows(
        ("fusion", "held_out", "found_5", 0.3, 0.1, 0.5, 10),
        ("spectrum", "held_out", "found_5", 0.9, 0.1, 0.5, 10),
        ("logistic", "held_out", "found_5", 0.2, 0.1, 0.5, 10),
        ("random_forest", "held_out", "found_5", 0.4, 0.1, 0.5, 10),
        ("shuffle", "held_out", "found_5", 0.8, 0.1, 0.5, 10),
        # It sees no element.
        ("background_absence", "held_out", "found_5", 1.0, 0.1, 0.5, 10),
        ("fusion", "held_out", "found_10", 0.45, 0.1, 0.5, 10),
        ("logistic", "held_out", "found_10", 0.6, 0.1, 0.5, 10),
    )
    told = headline(pd.concat([METRICS, found])).sentence
    assert told.startswith(
        "The best 5 % of the ground held 3 of 10 held-out deposits (chance 0.5, best control 4, random forest), the "
        "best 10 % of the ground held 4.5 (chance 1.0, best control 6, logistic regression). On average, a deposit that"
    )
    alone = found_message(found[found["variant"] == "fusion"])
    assert alone.startswith(
        "The best 5 % of the ground held 3 of 10 held-out deposits (chance 0.5), the best 10 %"
    )
    assert found_message(METRICS) == ""


@pytest.mark.parametrize(
    ("above", "said"),
    [
        ((0.2, 0.1, 0.4), "The map is upside down here. On average, a deposit that"),
        ((0.4, 0.1, 0.7), "The map is below chance here. On average, a deposit that"),
        ((0.6, 0.1, 0.7), "On average, a deposit that"),
    ],
)
def test_headline_says_first_that_a_map_is_below_chance(above, said):
    metrics = rows(
        ("fusion", "held_out", "capture", 0.74, 0.6, 0.86, 10),
        ("fusion", "held_out", "above_decoys", *above, 10),
    )
    assert headline(metrics).sentence.startswith(said)


def test_headline_of_classes_compares_with_their_number():
    metrics = rows(
        ("fusion", "held_out", "average_accuracy", 0.5, 0.4, 0.6, 900),
        ("fusion", "held_out", "recall_class_1", 0.5, 0.4, 0.6, 300),
        ("fusion", "held_out", "recall_class_2", 0.5, 0.4, 0.6, 300),
        ("fusion", "held_out", "recall_class_3", 0.5, 0.4, 0.6, 300),
        ("logistic", "held_out", "average_accuracy", 0.45, 0.4, 0.6, 900),
    )
    found = headline(metrics)
    assert "Of the 900 held-out test cells, 50 %" in found.sentence
    assert found.measures[0].chance == pytest.approx(1 / 3)
    assert [one.label for one in found.measures] == [
        "Average accuracy, held out",
        "Control: logistic regression",
    ]


def test_headline_without_held_out_evidence_says_so():
    found = headline(rows(("fusion", "held_out", "capture", np.nan, np.nan, np.nan, 0)))
    assert found.sentence == "Nothing was measured with held-out deposits."
    assert found.measures == []
