"""Dropout of each member's own: how much is dropped, and what it depends on."""

import numpy as np
import pytest
import torch
from geohalo.network.masks import Masks, mixed

NODES = torch.arange(400)


def factors(seeds=(1, 2), step=0, layer="head", nodes=NODES, channels=101, share=0.5, some=None):
    return Masks(torch.tensor(seeds), step).factors(layer, nodes, channels, share, some)


def test_words_are_those_of_splitmix64():
    """The first outputs of the generator with seed 0, as its authors' code gives them."""
    words = torch.tensor([0x9E3779B97F4A7C15 - (1 << 64)]) * torch.tensor([1, 2, 3])
    found = [word % (1 << 64) for word in mixed(words).tolist()]
    assert found == [0xE220A8397B1DCDAF, 0x6E789E6AA1B965F4, 0x06C45D188009454F]


@pytest.mark.parametrize("share", [0.1, 0.2, 0.5, 0.9])
def test_the_share_and_the_mean_are_those_asked_for(share):
    found = factors(share=share)
    n = found[:, 0].numel()
    # In steps of 1/256, and scaled by what is really kept, so that the mean is 1 whatever the rounding.
    really = round(256 * share) / 256
    assert really == pytest.approx(share, abs=1 / 512)
    assert found.unique().tolist() == pytest.approx([0, 1 / (1 - really)])
    for one in found.unbind(1):
        assert (one == 0).float().mean().item() == pytest.approx(really, abs=4 * 0.5 / n**0.5)
        assert one.mean().item() == pytest.approx(1, abs=4 * (really / (1 - really) / n) ** 0.5)


def test_the_largest_shares_still_keep_something():
    found = factors(share=0.9995, channels=400)
    assert found.unique().tolist() == [0, 256]
    assert found.mean().item() == pytest.approx(1, abs=0.15)


def test_no_share_drops_nothing():
    assert torch.equal(factors(share=0.0), torch.ones(400, 2, 101))


def test_a_member_drops_the_same_in_any_company():
    alone = factors(seeds=(7,))
    assert torch.equal(factors(seeds=(3, 7, 9))[:, 1:2], alone)
    assert torch.equal(factors(seeds=(7, 7))[:, 1:2], alone)
    assert torch.equal(
        Masks(torch.tensor([3, 7, 9]), 0).of(slice(1, 2)).factors("head", NODES, 101, 0.5), alone
    )


def test_a_node_and_a_channel_drop_the_same_whatever_else_there_is():
    whole = factors()
    some = torch.tensor([399, 3, 250])
    assert torch.equal(factors(nodes=some), whole[some])
    assert torch.equal(factors(channels=13), whole[..., :13])
    wanted = torch.tensor([40, 3, 3, 100])
    assert torch.equal(factors(some=wanted), whole[..., wanted])


@pytest.mark.parametrize(
    "other",
    [
        {"seeds": (2,)},
        {"step": 1},
        {"layer": "spectrum"},
        {"nodes": NODES + 1},
        {"seeds": (-1,)},
        {"step": 2**40},
    ],
)
def test_other_members_steps_and_layers_drop_independently(other):
    one, two = factors(seeds=(1,)), factors(**({"seeds": (1,)} | other))
    both = ((one == 0) & (two == 0)).float().mean().item()
    assert both == pytest.approx(0.25, abs=4 * (0.25 * 0.75 / one.numel()) ** 0.5)


def test_neighbouring_places_drop_independently():
    """Chance agreement between rows, between columns, and between consecutive steps and seeds."""
    out = (factors(seeds=tuple(range(6)), channels=64) == 0).numpy().astype(float)
    out -= out.mean()
    for axis in range(3):
        one, two = (np.take(out, range(start, out.shape[axis] - 1 + start), axis) for start in (0, 1))
        assert abs((one * two).mean()) < 4 * 0.25 / one.size**0.5


def test_shared_masks_are_one_for_all_members():
    mine, theirs = (Masks(torch.tensor(seeds), 4).shared() for seeds in ([5, 6, 7], [1]))
    one = mine.factors("inputs", NODES, 9, 0.5)
    assert one.shape == (400, 1, 9)
    assert torch.equal(one, theirs.factors("inputs", NODES, 9, 0.5))
    later = Masks(torch.tensor([1]), 5).shared().factors("inputs", NODES, 9, 0.5)
    assert not torch.equal(one, later)
