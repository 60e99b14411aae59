"""Temperature scaling: it finds a known temperature, keeps ranks, and says nothing without evidence."""

import numpy as np
import pytest
import torch
from geohalo.network.calibration import RANGE, fit_temperature
from scipy.optimize import minimize_scalar


def drawn(temperature, n=20_000, classes=2, seed=0):
    """Logits that are ``temperature`` times too sure of themselves, with the labels that they should predict."""
    rng = np.random.default_rng(seed)
    fair = rng.normal(size=(n, classes)) * 1.5
    probability = np.exp(fair) / np.exp(fair).sum(1, keepdims=True)
    label = (probability.cumsum(1) < rng.random((n, 1))).sum(1)
    return torch.as_tensor(fair * temperature).unsqueeze(1), torch.as_tensor(label).unsqueeze(1)


@pytest.mark.parametrize("temperature", [0.5, 1.0, 3.0])
@pytest.mark.parametrize("classes", [2, 4])
def test_it_recovers_a_known_temperature(temperature, classes):
    logits, label = drawn(temperature, classes=classes)
    fitted = fit_temperature(logits, label, torch.ones(label.shape))
    assert fitted == pytest.approx(temperature, rel=0.05)


def test_it_is_the_minimum_of_the_weighted_risk():
    logits, label = drawn(2.0, n=60)
    weight = torch.as_tensor(np.random.default_rng(1).random((60, 1)))

    def risk(temperature):
        each = torch.nn.functional.cross_entropy(logits[:, 0] / temperature, label[:, 0], reduction="none")
        return float((each * weight[:, 0]).sum())

    best = minimize_scalar(risk, bounds=RANGE, method="bounded").x
    assert fit_temperature(logits, label, weight) == pytest.approx(best, rel=1e-3)


def test_fillers_do_not_count():
    logits, label = drawn(2.0, n=200)
    weight = torch.ones(200, 1)
    weight[100:] = 0
    alone = fit_temperature(logits[:100], label[:100], weight[:100])
    logits[100:] *= -9
    assert fit_temperature(logits, label, weight) == pytest.approx(alone, rel=1e-6)


def test_no_evidence_no_temperature():
    logits, label = drawn(2.0, n=50)
    assert fit_temperature(logits, label, torch.zeros(50, 1)) == 1.0
    assert fit_temperature(logits, torch.zeros(50, 1, dtype=torch.int64), torch.ones(50, 1)) == 1.0


def test_it_stays_within_its_range():
    """Perfect separation would ask for temperature 0, labels against the logits for a negative one."""
    margin = torch.linspace(-3, 3, 20, dtype=torch.float64)
    logits = torch.stack([torch.zeros(20, dtype=torch.float64), margin], -1).unsqueeze(1)
    label = (margin > 0).long().unsqueeze(1)
    weight = torch.ones(20, 1)
    assert fit_temperature(logits, label, weight) == RANGE[0]
    assert fit_temperature(-logits, label, weight) == RANGE[1]


def test_a_map_keeps_its_ranks(survey, draw_members, train):
    """The temperature that members are given changes probabilities and not their order; the logit is divided by it."""
    from dataclasses import replace

    values, graphs, _ = survey
    members = draw_members(len(values), 2)
    plain = train(values, graphs, members)
    cooled = train(values, graphs, replace(members, temperature=np.array([1.0, 2.5])))
    logit = np.log(plain.score / (1 - plain.score))
    np.testing.assert_allclose(cooled.score[0], plain.score[0], rtol=1e-6)
    np.testing.assert_allclose(cooled.score[1], 1 / (1 + np.exp(-logit[1] / 2.5)), rtol=1e-4)
    np.testing.assert_array_equal(np.argsort(cooled.score[1, 0]), np.argsort(plain.score[1, 0]))
