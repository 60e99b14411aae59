"""Weights of the branches from validation cells: closed forms, and the optimum of what is stated."""

import numpy as np
import pytest
import torch
from geohalo.network.fusion import LEAST, PRECISION, branch_factors, by_branch


def cells(groups, size=1):
    """Labels and weights of as many halo and background cells; all weights together are the number of groups."""
    label = torch.tensor([1, 0]).repeat_interleave(groups * size)
    return label, torch.full((len(label),), groups / len(label))


def stated(factors, bias, logits, label, weight):
    margin = np.where(label == 1, 1, -1) * (factors @ logits + bias)
    return weight @ np.log1p(np.exp(-margin)) + PRECISION / 2 * ((factors - 1) ** 2).sum()


@pytest.mark.parametrize("kind", ["no cells", "halo alone", "background alone", "no weight"])
def test_without_both_classes_weights_stay(kind):
    label = torch.tensor([0, 1] if kind == "no weight" else [int(kind == "halo alone")] * 2)
    weight = torch.zeros(2) if kind in ("no cells", "no weight") else torch.ones(2)
    assert branch_factors(torch.randn(3, 2), label, weight).tolist() == [1, 1, 1]


def test_a_branch_that_says_nothing_keeps_its_weight():
    """Logits of 0, or the same everywhere, which a bias takes up: only the prior speaks."""
    label, weight = cells(6)
    logits = torch.stack([torch.zeros(12), torch.full((12,), 3.0)])
    assert branch_factors(logits, label, weight) == pytest.approx([1, 1], abs=1e-6)


def test_one_branch_in_closed_form():
    """Halo at z and background at -z: no bias, and a - 1 = G z / (1 + exp(a z)) with the precision 1."""
    assert PRECISION == 1
    for groups, z in ((1, 0.5), (4, 2.0), (10, -1.0)):
        label, weight = cells(groups)
        found = branch_factors(torch.where(label == 1, z, -z)[None], label, weight)[0]
        if found > 2 * LEAST:
            assert found - 1 == pytest.approx(groups * z / (1 + np.exp(found * z)), abs=1e-5)
        else:  # upside down, and as good as left out
            assert groups * z / 2 + 1 < 0


def test_a_useless_branch_goes_to_nothing_with_many_groups_and_stays_with_few():
    """Noise that was trusted with logits of 3: the more groups, the less it counts. The branch that knows stays."""
    rng = np.random.default_rng(0)
    mean = []
    for groups in (1, 10, 200):
        found = []
        for _ in range(20):
            label, weight = cells(groups)
            halo = np.where(label == 1, 1, -1)
            logits = np.stack([3 * rng.normal(size=2 * groups), halo + rng.normal(size=2 * groups)])
            found.append(branch_factors(torch.as_tensor(logits), label, weight))
        mean.append(np.mean(found, axis=0))
    useless, useful = np.transpose(mean)
    assert useless[0] > 0.5 > useless[1] > useless[2]
    assert useless[2] < 0.06
    assert (useful > 0.8).all()


def test_a_branch_that_is_upside_down_is_left_out_and_not_turned():
    label, weight = cells(50)
    found = branch_factors(torch.where(label == 1, -2.0, 2.0)[None], label, weight)
    assert found == pytest.approx([LEAST])
    assert np.isfinite(np.log(found)).all()


@pytest.mark.parametrize("seed", range(6))
def test_factors_are_the_optimum_that_is_stated(seed):
    """With the best bias, no step along any branch or between two of them lowers the objective."""
    rng = np.random.default_rng(seed)
    label, weight = cells(3 + seed, 4)
    logits = rng.normal(size=(4, len(label))) + 0.5 * np.where(label == 1, 1, -1) * rng.normal(size=(4, 1))
    found = branch_factors(torch.as_tensor(logits), label, weight)
    biases = np.linspace(-3, 3, 6001)

    def best(factors):
        values = [stated(factors, b, logits, label.numpy(), weight.numpy()) for b in biases[::50]]
        near = 50 * int(np.argmin(values))
        window = biases[max(0, near - 50) : near + 51]
        return min(stated(factors, b, logits, label.numpy(), weight.numpy()) for b in window)

    lowest = best(found)
    for direction in np.vstack([np.eye(4), -np.eye(4), rng.normal(size=(6, 4))]):
        assert best(np.maximum(found + 0.03 * direction, LEAST)) >= lowest - 1e-6


def test_evidence_is_counted_in_groups():
    """Each cell four times, at a quarter of the weight: the same; with more groups told, farther from 1."""
    torch.manual_seed(0)
    label, weight = cells(5)
    logits = torch.randn(2, 10) * 2
    once = branch_factors(logits, label, weight)
    again = branch_factors(logits.repeat(1, 4), label.repeat(4), weight.repeat(4) / 4)
    assert again == pytest.approx(once, abs=1e-5)
    more = branch_factors(logits, label, weight * 10)
    assert np.abs(more - 1).sum() > np.abs(once - 1).sum()


def test_cells_without_weight_do_not_count():
    torch.manual_seed(1)
    label, weight = cells(5)
    logits = torch.randn(2, 10)
    filled = branch_factors(
        torch.cat([logits, torch.full((2, 3), 50.0)], 1),
        torch.cat([label, torch.tensor([0, 1, 0])]),
        torch.cat([weight, torch.zeros(3)]),
    )
    assert filled == pytest.approx(branch_factors(logits, label, weight))


def test_logits_of_a_branch_s_scales_are_added_up():
    parts = [
        ("internal", 0),
        ("internal", 1),
        ("external", 0),
        ("external", 1),
        ("spectrum", 0),
        ("linear", 0),
    ]
    names, found = by_branch(parts, torch.arange(12.0).view(6, 2))
    assert names == ["internal", "external", "spectrum", "linear"]
    assert found.tolist() == [[2, 4], [10, 12], [8, 9], [10, 11]]
