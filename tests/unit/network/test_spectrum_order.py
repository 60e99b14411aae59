"""The order of elements along the spectrum: it reaches the spectrum branch, and nothing else."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from geohalo.network.definition import TwoBranch
from geohalo.network.engine import Engine, initial_members
from geohalo.network.masks import Masks
from geohalo.network.members import Members
from geohalo.network.presets import PRESETS
from geohalo.network.run import Settings, train_and_predict
from geohalo.superpixels.graph import build_graph

ELEMENTS = 11
ORDER = tuple(int(k) for k in np.random.default_rng(5).permutation(ELEMENTS))
#: Every option that draws at random per element or per value is on.
OPTIONS = {"input_dropout": 0.2, "encoding": 3, "contrast": True}


@pytest.fixture(scope="module")
def ground():
    """Return values, graphs of two scales and two members of a map of 12 x 12 cells."""
    rng = np.random.default_rng(0)
    y, x = np.mgrid[:12, :12]
    graphs = [build_graph((y // size) * (12 // size) + x // size + 1).arrays() for size in (2, 4)]
    cells = np.stack([rng.permutation(144)[:30] for _ in range(2)])
    labels = np.tile(np.arange(30) % 2, (2, 1))
    values = rng.normal(size=(144, ELEMENTS)).astype(np.float32)
    return values, graphs, Members(np.arange(2), cells, labels, np.zeros((2, 144), bool))


def score(ground, variant, order=None, **options):
    settings = Settings(variant=variant, epochs=4, device="cpu", spectrum_order=order, options=options)
    return train_and_predict(*ground, settings, report=lambda line: None)


@pytest.mark.parametrize("variant", ["spatial", "internal", "external"])
def test_graph_branch_does_not_see_the_order(ground, variant):
    plain, ordered = (score(ground, variant, order, **OPTIONS) for order in (None, ORDER))
    np.testing.assert_array_equal(ordered.score, plain.score)
    assert not any("order" in name for name in ordered.state)


@pytest.mark.parametrize("variant", ["spectrum", "fusion"])
def test_spectrum_branch_sees_the_order(ground, variant):
    plain, ordered = (score(ground, variant, order) for order in (None, ORDER))
    assert np.abs(ordered.score - plain.score).max() > 1e-3


def test_order_is_that_of_elements_given_in_it(ground):
    """Without draws per value, ordering the spectrum is the same as a cube with its elements in that order."""
    values, *rest = ground
    ordered = score(ground, "spectrum", ORDER, input_dropout=0.0)
    moved = score((values[:, ORDER], *rest), "spectrum", input_dropout=0.0)
    np.testing.assert_allclose(ordered.score, moved.score, rtol=1e-5)


def test_members_carry_the_order_and_the_definition_obeys_it(ground):
    ordered = score(ground, "spectrum", ORDER)
    np.testing.assert_array_equal(ordered.state["spectrum.order"].numpy(), np.tile(ORDER, (2, 1)))
    network = TwoBranch(ELEMENTS, 0, PRESETS["default"], "spectrum").eval()
    network.load_state_dict({name: value[1] for name, value in ordered.state.items()})
    with torch.no_grad():
        plain = network(torch.as_tensor(ground[0]), []).softmax(-1)[:, 1]
    np.testing.assert_allclose(plain.numpy(), ordered.score[1, 0], rtol=1e-4)


def test_elements_kept_are_the_same_ones_in_both_branches():
    """A gate counts by elements, not by places along the spectrum."""
    preset = replace(PRESETS["default"], dropout=0.0, input_dropout=0.0)
    state = initial_members([0], ELEMENTS, 1, preset, "fusion", 2)
    state["spectrum.order"][:] = torch.tensor(ORDER)
    lost = [1, 2, 7]
    state["gate"][0, lost] = 0
    engine = Engine(state, preset, ("internal", "spectrum"), Masks(torch.tensor([0]), 0))
    x = torch.randn(5, 1, ELEMENTS, generator=torch.Generator().manual_seed(0))
    other = x.clone()
    other[..., lost] += 1.0
    torch.testing.assert_close(engine.spectrum(other), engine.spectrum(x))
    for kept in sorted(set(range(ELEMENTS)) - set(lost)):
        other = x.clone()
        other[..., kept] += 1.0
        assert not torch.allclose(engine.spectrum(other), engine.spectrum(x))
    weight = engine.first_weight(0)[0, :, :-1]
    assert [k for k in range(ELEMENTS) if not weight[:, k].any()] == lost
