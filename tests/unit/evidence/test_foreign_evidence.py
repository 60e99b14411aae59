"""A map made elsewhere is judged at the same places: all of them where it covers everything, else those it covers."""

import numpy as np
import pandas as pd
import pytest
from geohalo.errors import InputError
from geohalo.evidence.evaluate import measure
from geohalo.evidence.folds import draw_folds
from geohalo.evidence.foreign_evidence import deposit_roles, evidence_folds, used_folds
from geohalo.evidence.foreign_verdict import foreign_verdict
from geohalo.evidence.judged import judged_places

LABELS = {
    "radius": 2500.0, "background_distance": 4000.0, "group_distance": 5000.0, "buffer": 9000.0,
    "folds": 3, "positives": 40, "background": 100, "decoys": 2, "seed": 0,
}  # fmt: skip
SIDE = 60
AXIS = np.arange(SIDE) * 1000.0 + 500
CELLS = np.stack([axis.ravel() for axis in np.meshgrid(AXIS, AXIS)], 1)
#: The first and the last are one group; the sixth has no ground.
PLACES = np.array([[8, 9], [50, 8], [10, 50], [51, 52], [30, 10], [90, 50], [31, 50], [11, 10]]) * 1000.0
NOBODY = np.zeros(len(PLACES), dtype=bool)
EVERYWHERE = np.ones(len(CELLS), dtype=bool)


@pytest.fixture(scope="module")
def folds():
    return draw_folds("held_out", CELLS, PLACES, LABELS, 1)


def roles_of(folds, covered=EVERYWHERE, known=NOBODY):
    return deposit_roles(folds, CELLS, PLACES, covered, known, LABELS["radius"])


def judged(folds, cells=CELLS, n_bootstrap=200):
    return judged_places(folds, cells, PLACES, LABELS, n_bootstrap, 0)


def test_a_map_that_covers_all_is_judged_as_the_survey_s_own_methods_are(folds):
    """To the last digit: every metric, interval and rank of any scores, one map for each fold."""
    roles = roles_of(folds)
    assert list(roles) == ["evidence"] * 5 + ["not used"] + ["evidence"] * 2
    reduced = evidence_folds(folds, EVERYWHERE, roles)
    scores = np.random.default_rng(0).uniform(size=(folds.n_folds, len(CELLS)))
    for ours, theirs in (
        (scores, scores),
        (np.tile(scores[0], (3, 1)), np.broadcast_to(scores[0], scores.shape)),
    ):
        own, other = measure(ours, judged(folds)), measure(theirs, judged(reduced))
        pd.testing.assert_frame_equal(own.metrics, other.metrics, check_exact=True)
        pd.testing.assert_frame_equal(own.deposits, other.deposits, check_exact=True)


def test_deposits_that_were_learned_from_and_their_groups_are_no_evidence(folds):
    known = NOBODY.copy()
    known[0] = True
    roles = roles_of(folds, known=known)
    assert roles[0] == "trained on"
    assert roles[7] == "beside trained on"
    reduced = evidence_folds(folds, EVERYWHERE, roles)
    assert list(np.flatnonzero(reduced.deposit_fold >= 0)) == [1, 2, 3, 4, 6]
    scores = np.random.default_rng(1).uniform(size=(folds.n_folds, len(CELLS)))
    own, other = measure(scores, judged(folds)), measure(scores[used_folds(folds, roles)], judged(reduced))
    # Those that are left have the ranks that they had.
    columns = ["deposit", "group", "capture", "above_decoys", "rank"]
    expected = own.deposits[own.deposits["deposit"].isin([1, 2, 3, 4, 6])][columns].reset_index(drop=True)
    pd.testing.assert_frame_equal(other.deposits[columns], expected, check_exact=True)
    tested = pd.concat(judged(reduced).tests)
    assert not set(tested["group"]) & {folds.deposit_group[0]}
    assert (judged(reduced).weights[:, folds.deposit_group[0]] == 0).all()


def test_ground_without_a_score_is_no_part_of_anything(folds):
    """The eastern third is missing: ranks are those among the other cells, by hand."""
    covered = CELLS[:, 0] < 40_000
    roles = roles_of(folds, covered)
    assert list(roles) == [
        *("evidence", "not covered", "evidence", "not covered"),
        *("evidence", "not used", "evidence", "evidence"),
    ]
    reduced, used = evidence_folds(folds, covered, roles), used_folds(folds, roles)
    score = np.random.default_rng(2).permutation(len(CELLS)).astype(float)
    alike = np.broadcast_to(score[covered], (len(used), covered.sum()))
    found = measure(alike, judged(reduced, CELLS[covered]), False).deposits
    rank = pd.Series(score[covered]).rank().to_numpy()
    for row in found.itertuples():
        near = np.hypot(*(CELLS[covered] - PLACES[row.deposit]).T) <= LABELS["radius"]
        assert row.capture == pytest.approx(((rank[near] - 0.5) / covered.sum()).mean())
        theirs = folds.decoys(used[row.fold])
        whole = theirs.groupby("deposit")["cell"].transform(lambda cell: covered[cell].all())
        shares = [
            (score[covered][near][:, None] > score[part["cell"]]).mean()
            for _, part in theirs[whole].groupby("deposit")
        ]
        assert row.above_decoys == pytest.approx(np.mean(shares) if shares else np.nan, nan_ok=True)


def test_a_map_that_covers_no_deposit_is_told(folds):
    covered = np.hypot(*(CELLS - [20_000, 30_000]).T) < 3000
    with pytest.raises(
        InputError, match=r"no deposit as evidence, of 8: 7 not covered, 1 not used.*judge\.crs"
    ):
        evidence_folds(folds, covered, roles_of(folds, covered))
    with pytest.raises(InputError, match=r"judge\.trained_on"):
        evidence_folds(folds, EVERYWHERE, roles_of(folds, known=~NOBODY))


def test_shuffled_scores_are_chance(folds):
    """Over 200 shuffles of a map that finds every deposit, capture and decoys outranked are 0.5 within three errors."""
    near = np.exp(-np.min(np.hypot(*(CELLS[:, None] - PLACES[None]).transpose(2, 0, 1)), axis=1) / 3000)
    reduced = evidence_folds(folds, EVERYWHERE, roles_of(folds))
    where, generator = judged(reduced, n_bootstrap=0), np.random.default_rng(3)

    def value(score):
        rows = measure(np.broadcast_to(score, (3, len(CELLS))), where, False).metrics.set_index("metric")
        return rows.loc[["capture", "above_decoys", "leave_pair_out_auc", "roc_auc"], "estimate"].to_numpy()

    assert value(near)[:2].min() > 0.95
    shuffled = np.array([value(generator.permutation(near)) for _ in range(200)])
    error = shuffled.std(axis=0, ddof=1) / np.sqrt(200)
    assert (np.abs(shuffled.mean(axis=0) - 0.5) < 3 * error).all()
    assert (error < 0.02).all()


def metrics_of(above, capture):
    rows = [
        ("other", "above_decoys", *above, 6),
        ("other", "capture", *capture, 7),
        ("other", "decoy_capture", 0.5, 0.4, 0.6, 6),
        ("other", "found_5", 0.25, 0, 1, 7),
        ("other", "found_10", 0.5, 0, 1, 7),
    ]
    return pd.DataFrame(rows, columns=["variant", "metric", "estimate", "low", "high", "n"])


NONE_COMPARED = pd.DataFrame(
    columns=["variant", "against", "split", "metric", "difference", "p_holm", "groups", "detectable"]
)


def text_of(above=(0.9, 0.8, 1.0), capture=(0.9, 0.8, 1.0), roles=("evidence",) * 7, listed=False):
    about = {"roles": np.array(roles, dtype=object), "groups": np.arange(len(roles)), "covered": 1.0}
    return foreign_verdict(metrics_of(above, capture), NONE_COMPARED, about, listed, {})


def test_the_text_begins_with_what_cannot_be_known():
    text = text_of()
    assert text.splitlines()[2] == "**What cannot be known**"
    assert "**Whether this map was made with these deposits.** A map does not show it." in text
    assert "In the best 5 % of the ground lie 25% of the deposits, in the best 10 % 50%." in text
    assert "**Warnings**" not in text


def test_with_a_list_only_its_completeness_is_unknown():
    roles = ["trained on", "beside trained on", *["evidence"] * 6, "not covered"]
    text = text_of(roles=roles, listed=True)
    assert "learned from 1 deposit of this survey, which are left out, and 1 more in their groups" in text
    assert "6 deposits in 6 groups are ranked in the map" in text
    assert "1 deposit without a score nearby is left out." in text


def test_a_map_upside_down_and_few_groups_are_warned_of():
    assert "**The map is below chance here**" in text_of((0.1, 0.0, 0.3), (0.1, 0.0, 0.3))
    assert "not shown to stand above decoys**: they outrank 0.60 (0.40 to 0.80)" in text_of((0.6, 0.4, 0.8))
    assert "**3 groups of deposits are little evidence**" in text_of(roles=["evidence"] * 3)
    assert "**There are no decoys**" in text_of((np.nan,) * 3)
