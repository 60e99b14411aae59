"""The faults of a simulated survey, one at a time: contamination, overburden and the laboratory."""

import numpy as np
import pandas as pd
import pytest
from geohalo.survey.simulation.faults import column_name
from geohalo.survey.simulation.signatures import (
    ANTHROPOGENIC_ELEMENTS,
    DETECTION_LIMIT_SHARE,
    ELEMENTS,
    HALO_TYPES,
)
from simulated_surveys import HEADERS, concentrations, survey, truth_at_samples


def test_faults_leave_the_ground_and_the_deposits_alone():
    clean, faulty = survey(), survey(1, 1, 1)
    pd.testing.assert_frame_equal(clean.deposits, faulty.deposits)
    pd.testing.assert_frame_equal(
        clean.samples[["sample", "x", "y", "batch"]], faulty.samples[["sample", "x", "y", "batch"]]
    )
    for layer in ("halo", "lithology"):
        assert clean.truth[layer].identical(faulty.truth[layer])
    for layer in ("false", "overburden", "halo_weak"):
        assert not clean.truth[layer].any()


def test_contamination_raises_its_elements_inside_its_patches_only():
    clean, dirty = survey(), survey(anthropogenic=1)
    outside = truth_at_samples(dirty, "false", window=3) == 0
    inside = truth_at_samples(dirty, "false") > 0.4
    assert outside.sum() > 2000
    assert inside.sum() > 20
    pd.testing.assert_frame_equal(clean.samples[outside], dirty.samples[outside])
    untouched = [column_name(element) for element in ELEMENTS if element not in ANTHROPOGENIC_ELEMENTS]
    pd.testing.assert_frame_equal(clean.samples[untouched], dirty.samples[untouched])
    shift = np.log(concentrations(dirty) / concentrations(clean))[list(ANTHROPOGENIC_ELEMENTS)]
    assert (shift >= 0).all(axis=None)
    assert (shift[inside].mean() > 0.03).all()
    assert (shift[inside][["Pb", "Zn", "Cd", "Hg"]].mean() > 0.25).all()


@pytest.mark.parametrize("seed", [1, 7])
def test_contamination_keeps_away_from_halos(seed):
    truth = survey(1, 1, 1, seed=seed).truth
    patches = truth.false > 0.1
    assert patches.sum() > 50
    assert (patches & (truth.halo > 0.3)).sum() < 0.05 * patches.sum()


def test_overburden_dilutes_what_lies_beneath_it():
    clean, covered = survey(), survey(overburden=1)
    bare = truth_at_samples(covered, "overburden", window=3) == 0
    assert bare.sum() > 1500
    pd.testing.assert_frame_equal(clean.samples[bare], covered.samples[bare])

    under = (truth_at_samples(covered, "halo") > 0.4) & (truth_at_samples(covered, "overburden") > 0.5)
    background = (truth_at_samples(covered, "halo") < 0.02) & bare
    assert under.sum() >= 5
    strong, weak = (
        np.log(concentrations(result))[list(HALO_TYPES["gold"]["main"])].pipe(
            lambda logs: logs[under].mean() - logs[background].mean()
        )
        for result in (clean, covered)
    )
    assert strong.mean() > 0.4
    assert weak.mean() < 0.6 * strong.mean()


@pytest.mark.parametrize("seed", range(4))
def test_every_survey_has_weak_anomalies(seed):
    truth = survey(1, 1, 1, samples=800, deposits=10, seed=seed).truth
    weak = (truth.halo_weak > 0.2).sum()
    assert 10 < weak < 0.7 * (truth.halo > 0.2).sum()


def test_perfect_laboratory_reports_every_value():
    reported = survey().samples[HEADERS]
    assert not reported.isna().any(axis=None)
    assert not reported.apply(lambda column: column.str.startswith("<")).any(axis=None)


def test_laboratory_shifts_one_batch_censors_and_skips():
    clean, faulty = survey(), survey(laboratory=1)
    reported, batch = faulty.samples[HEADERS], faulty.samples["batch"]
    censored = reported.apply(lambda column: column.str.startswith("<").fillna(False)).astype(bool)
    missing = reported.isna()
    ratio = concentrations(faulty) / concentrations(clean)
    changed = (ratio.notna() & (ratio != 1)).to_numpy()
    shifted_batch = batch[changed.any(axis=1)].unique()
    assert len(shifted_batch) == 1
    inside = (batch == shifted_batch[0]).to_numpy()
    shifted = changed.any(axis=0)
    assert 6 <= shifted.sum() <= 8  # a shifted element may be missing in the batch
    for values in ratio.loc[inside, shifted].to_numpy().T:
        assert abs(np.log(np.nanmedian(values))) > 0.3
        assert np.nanmax(values) / np.nanmin(values) < 1.03  # one factor, but for rounding

    assert set(censored.columns[censored.any()]) <= {
        column_name(element) for element in DETECTION_LIMIT_SHARE
    }
    assert 0.05 < censored["Au_ppb"].mean() < 0.4
    limit = float(reported.loc[censored["Au_ppb"], "Au_ppb"].unique().item().removeprefix("<"))
    # A value that is rounded to the limit may lie on either side of it.
    at_limit = np.isclose(concentrations(clean)["Au"], limit)
    kept = ~missing["Au_ppb"] & ~inside & ~at_limit
    assert at_limit.sum() < 10
    below = concentrations(clean)["Au"] < limit
    np.testing.assert_array_equal(censored["Au_ppb"][kept], below[kept])

    by_batch = missing.groupby(batch).mean()
    skipped = by_batch == 1
    assert skipped.to_numpy().sum() == 3
    assert skipped.any(axis=1).sum() == 1
    assert by_batch.where(~skipped).stack().mean() == pytest.approx(0.01, abs=0.002)


def test_strength_scales_a_fault():
    ordinary, strong = survey(1, 1, 1, samples=600), survey(2, 0.5, 2, samples=600)
    np.testing.assert_allclose(strong.truth.false, np.minimum(2 * ordinary.truth.false, 1), rtol=1e-5)
    np.testing.assert_allclose(strong.truth.overburden, ordinary.truth.overburden / 2, rtol=1e-5)
    censored = [
        result.samples[HEADERS]
        .apply(lambda column: column.str.startswith("<").fillna(False))
        .to_numpy(dtype=bool)
        .mean()
        for result in (ordinary, strong)
    ]
    assert censored[1] > 2 * censored[0] > 0
    assert strong.samples[HEADERS].isna().to_numpy().sum() > ordinary.samples[HEADERS].isna().to_numpy().sum()


@pytest.mark.parametrize("seed", [1, 7])
def test_every_element_stays_usable(seed):
    samples = survey(1, 1, 1, samples=600, seed=seed).samples[HEADERS]
    assert samples.isna().mean().max() < 0.2
    assert (
        samples.apply(lambda column: column.str.startswith("<").fillna(False)).astype(bool).mean().max() < 0.5
    )
