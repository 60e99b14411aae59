"""Detectors without labels: on cubes whose outliers, or whose distances, are known."""

import numpy as np
import pytest
from geohalo.control_table import DETECTORS
from geohalo.evidence import detectors
from geohalo.evidence.detectors import detect

N = 1500
STRANGE = slice(0, 30)


def correlated(seed=0, n=N, bands=6):
    """Return values (n, bands) of three shared sources and some noise, standardised."""
    generator = np.random.default_rng(seed)
    values = generator.normal(size=(n, 3)) @ generator.normal(size=(3, bands))
    values += 0.3 * generator.normal(size=(n, bands))
    return (values - values.mean(axis=0)) / values.std(axis=0)


def distance_to(values, clean):
    """Return the squared Mahalanobis distance to the mean of the clean rows."""
    centred = values - clean.mean(axis=0)
    return np.einsum("ni,ij,nj->n", centred, np.linalg.inv(np.cov(clean.T)), centred)


def logratios(seed=0, n=N, bands=5):
    """Return centred log-ratios, standardised: a weighted sum of the columns is 0."""
    generator = np.random.default_rng(seed)
    logarithm = generator.normal(size=(n, bands)) * np.linspace(0.5, 1.5, bands)
    values = logarithm - logarithm.mean(axis=1, keepdims=True)
    return (values - values.mean(axis=0)) / values.std(axis=0)


@pytest.mark.parametrize("name", DETECTORS)
def test_cells_that_leave_the_common_pattern_score_highest(name):
    """Outliers break the correlation of the elements and lie farther out than any other cell."""
    values = correlated()
    values[STRANGE] = 3 * np.random.default_rng(1).choice([-1, 1], size=(30, 6))
    score = detect(name, values)
    assert score.shape == (N,)
    assert score.dtype == np.float32
    assert np.isfinite(score).all()
    assert (score[STRANGE, None] > score[30:]).mean() > 0.97


@pytest.mark.parametrize("name", DETECTORS)
def test_the_same_seed_gives_the_same_map(name):
    values = correlated(n=2500)
    np.testing.assert_array_equal(detect(name, values, 5), detect(name, values, 5))
    assert (detect(name, values, 5) != detect(name, values, 6)).any()


@pytest.mark.parametrize("name", DETECTORS)
def test_parts_of_the_map_make_no_difference(name, monkeypatch):
    values = correlated()
    whole = detect(name, values)
    monkeypatch.setattr("geohalo.evidence.chunks.in_chunks.__defaults__", (400,))
    np.testing.assert_allclose(detect(name, values), whole, rtol=1e-4, atol=1e-6)


def test_robust_distance_is_that_of_the_clean_cells():
    """A tenth of the cells, all on one side, would draw the plain mean and covariance to themselves."""
    values = correlated(n=2000)
    clean = values[200:]
    values[:200] = np.random.default_rng(2).normal(size=(200, 6)) * 0.2 + 4
    robust, known = detect("mahalanobis", values), distance_to(values, clean)
    assert np.corrcoef(np.log(robust), np.log(known))[0, 1] > 0.99
    assert np.median(robust[200:] / known[200:]) == pytest.approx(1, abs=0.15)
    plain = distance_to(values, values)
    assert np.median(plain[:200] / known[:200]) < 0.3


def test_robust_distance_of_logratios_is_that_without_one_of_them():
    """Their covariance is singular: one element follows from the others, whichever it is."""
    values = logratios()
    assert np.linalg.eigvalsh(np.cov(values.T))[0] == pytest.approx(0, abs=1e-10)
    found = detect("mahalanobis", values)
    for left_out in (0, 4):
        fewer = np.delete(values, left_out, axis=1)
        assert np.corrcoef(found, distance_to(fewer, fewer))[0, 1] > 0.99


def test_clipped_values_do_not_become_outliers_by_breaking_the_sum():
    """Clipping at 3 leaves the plane of log-ratios by little; the distance there must stay what it is in the plane."""
    values = logratios(n=2000)
    clipped = np.clip(values, -2.5, 2.5)
    changed = (clipped != values).any(axis=1)
    assert 20 < changed.sum() < 300
    before, after = detect("mahalanobis", values), detect("mahalanobis", clipped)
    assert (after[changed] < 1.5 * before[changed]).mean() > 0.9


def test_cells_that_are_all_alike_have_no_distance():
    assert not detect("mahalanobis", np.zeros((50, 3))).any()


def test_an_autoencoder_reconstructs_what_most_cells_share():
    """All cells but a few lie on a line through the cube: its narrow layer is enough for them."""
    along = np.random.default_rng(0).normal(size=N)
    values = np.outer(along, np.ones(8)) * np.resize([1, -1], 8)
    across = np.outer(np.random.default_rng(1).normal(size=30), np.ones(8))
    values[STRANGE] = across * np.resize([1, 1, -1, -1], 8) * 2
    error = detect("autoencoder", values)
    np.testing.assert_array_less(error[30:].mean(), 0.1 * (values[30:] ** 2).mean())
    assert error[STRANGE].mean() > 5 * error[30:].mean()


def test_models_are_fitted_to_a_bounded_sample(monkeypatch):
    values = np.arange(5000.0)[:, None]
    some = detectors._some(values, 2000, np.random.default_rng(0))[:, 0]
    assert len(some) == len(np.unique(some)) == 2000
    assert (np.diff(some) > 0).all()
    # Uniform over 0 to 4999: the standard error of the mean is 25.
    assert some.mean() == pytest.approx(2499.5, abs=100)
    np.testing.assert_array_equal(detectors._some(values[:7], 2000, np.random.default_rng(0)), values[:7])


def test_unknown_detector():
    with pytest.raises(ValueError, match="one_class_svm, isolation_forest"):
        detect("kriging", np.zeros((10, 2)))


@pytest.mark.parametrize("name", DETECTORS)
def test_the_random_stream_of_a_detector_follows_its_name(name, monkeypatch):
    """Another detector before it in the table changes nothing."""
    values = correlated()
    before = detect(name, values)
    others = dict(detectors.DETECTORS)
    monkeypatch.setattr(detectors, "DETECTORS", {"another": others[name]} | others)
    np.testing.assert_array_equal(detect(name, values), before)
    assert "another" not in DETECTORS
