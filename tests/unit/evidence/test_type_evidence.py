"""The evidence of each type apart: means over its deposits, intervals over its groups."""

import numpy as np
import pandas as pd
import pytest
from geohalo.evidence.type_evidence import evidence_by_type, type_lines

RANKS = pd.DataFrame(
    {
        "survey": "s",
        "variant": ["fusion"] * 5 + ["logistic"] * 5,
        "scales": "",
        "split": "held_out",
        "deposit": [0, 1, 2, 3, 4] * 2,
        "group": [0, 0, 1, 2, 3] * 2,
        "capture": [0.9, 0.7, 0.5, 0.2, 0.1, 0.5, 0.5, 0.5, 0.5, 0.5],
        "above_decoys": [0.8, np.nan, 0.6, 0.4, 0.2, 0.5, 0.5, 0.5, 0.5, 0.5],
        "found_5": [1, 0, 0, 0, 0] * 2,
        "found_10": [1, 1, 0, 0, 0] * 2,
    }
)
TYPES = pd.Series(["vein", "vein", "vein", "skarn", ""])


def test_means_by_hand_and_types_by_size():
    table = evidence_by_type(RANKS, TYPES, 500, 0)
    fusion = table[table["variant"] == "fusion"].set_index(["type", "metric"])
    assert list(fusion.index.get_level_values(0).unique()) == ["vein", "skarn"]
    assert fusion.loc[("vein", "capture"), "estimate"] == pytest.approx(0.7)
    assert fusion.loc[("vein", "above_decoys"), "estimate"] == pytest.approx(0.7)  # without the missing one
    assert fusion.loc[("vein", "found_10"), "estimate"] == pytest.approx(2 / 3)
    assert list(fusion.loc["vein", "n"]) == [3, 2, 3, 3]
    assert set(fusion.loc["vein", "groups"]) == {2}
    # Two groups: a draw holds twice the first (0.8), twice the second (0.5), or both (0.7).
    assert fusion.loc[("vein", "capture"), ["low", "high"]].tolist() == pytest.approx([0.5, 0.8])
    assert fusion.loc[("skarn", "capture"), "estimate"] == pytest.approx(0.2)
    assert np.isnan(fusion.loc[("skarn", "capture"), ["low", "high"]].astype(float)).all()
    assert (table[table["variant"] == "logistic"]["type"].unique() == ["vein", "skarn"]).all()


def test_lines_of_the_verdict_name_each_type_once():
    lines = type_lines(evidence_by_type(RANKS, TYPES, 500, 0))
    assert lines[2] == (
        "- vein (3 deposits in 2 groups): capture 0.70 (0.50 to 0.80); they outrank 0.70 (0.60 to 0.80) of the decoys."
    )
    assert lines[3] == "- skarn (1 deposit in 1 group): capture 0.20; they outrank 0.40 of the decoys."
    assert len(lines) == 4


def test_without_a_known_type_there_is_nothing_to_say():
    table = evidence_by_type(RANKS, pd.Series([""] * 5), 100, 0)
    assert table.empty
    assert type_lines(table) == []
