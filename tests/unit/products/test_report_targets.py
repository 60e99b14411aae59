"""What the report says of targets: its table and its sentences."""

import numpy as np
import pandas as pd
from geohalo.products.report_targets import TOP, search_message, targets_message, targets_table
from geohalo.products.targets import KNOWN, NEW


def test_targets_are_shown_by_rank_and_the_first_of_either_kind_only():
    frame = pd.DataFrame({"rank": range(2 * TOP + 12, 0, -1), "mean_score": 0.5})
    frame["ground"] = np.where(frame["rank"] <= TOP + 5, NEW, KNOWN)
    shown = targets_table(frame)
    ranks = [int(row[0].text) for row in shown.rows]
    assert ranks == [*range(1, TOP + 1), *range(TOP + 6, 2 * TOP + 6)]
    assert shown.strong == [True] * TOP + [False] * TOP
    assert shown.keys[0] == "target 1"
    assert f"{2 * TOP} of {2 * TOP + 12}" in shown.caption


def test_text_says_which_targets_are_on_new_ground_and_how_much_of_the_best_is_known():
    frame = pd.DataFrame({"rank": range(1, 9), "ground": [NEW] * 5 + [KNOWN] * 3})
    ground = pd.DataFrame({"ground": [NEW, KNOWN], "share": 0.05, "best_share": [0.38, 0.62]})
    told = targets_message(frame, ground)
    assert told.startswith("5 of 8 targets lie on new ground, away from known deposits (bold): 1 to 5.")
    assert "so that the 3 on their halos are no finds" in told
    assert "Known halos have 62 % of the best 5 % of the survey" in told
    assert targets_message(frame.iloc[[0, 3, 4]]).endswith("(bold): 1, 4, 5.")
    assert targets_message(frame.iloc[5:]).startswith(
        "0 of 3 targets lie on new ground, away from known deposits (bold)."
    )
    # Of targets that there are not nothing is said.
    none = targets_message(frame.iloc[5:], ground)
    assert none.endswith("Known halos have 62 % of the best 5 % of the survey.")


def test_a_search_of_the_targets_ground_is_counted_in_maps_that_did_not_know_the_deposits():
    # The best 5 % hold ranks of 0.95 and more: two of four, where 0.2 are expected.
    told = search_message(0.05, np.array([0.99, 0.95, 0.9499, 0.2]))
    assert "on new ground cover 5.0 % of the map" in told
    assert "held 2 of 4 deposits; 0.2 are expected of chance" in told
    assert "held 0 of 1 deposits" in search_message(0.05, np.array([0.5]))
    assert search_message(0.05, np.array([])) == ""


def test_elements_stay_with_their_contrast():
    frame = pd.DataFrame(
        {"rank": [1], "ground": [NEW], "enriched": ["Zn +1.9, Pb +1.4"], "depleted": ["Au -0.6"]}
    )
    told = [cell.text for cell in targets_table(frame).rows[0][2:]]
    assert told == ["Zn\u00a0+1.9, Pb\u00a0+1.4", "Au\u00a0\u22120.6"]


def test_effort_has_its_unit_and_is_left_out_where_it_is_not_known():
    frame = pd.DataFrame({"rank": [1, 2], "ground": [NEW, NEW]})
    assert targets_table(frame).labels == ["Rank", "Ground"]
    frame["effort"], frame["effort_percentile"] = [0.1234, np.nan], [12.6, np.nan]
    shown = targets_table(frame, "samples per km²")
    assert shown.labels[2:] == ["Effort (samples per km²)", "Effort percentile"]
    assert [[one.text for one in row[2:]] for row in shown.rows] == [["0.123", "13"], ["", ""]]
