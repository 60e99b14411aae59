"""Adam without torch's own class: the same numbers to the bit, also after a pause."""

import torch
from geohalo.network.adam import Adam

RECIPE = (3e-3, 3e-2)


def drawn(seed: int) -> list[torch.Tensor]:
    generator = torch.Generator().manual_seed(seed)
    shapes = [(3, 5), (4,), (2, 3, 2)]
    return [torch.randn(shape, generator=generator).requires_grad_() for shape in shapes]


def loss(parameters: list[torch.Tensor], step: int) -> torch.Tensor:
    """A sum that leaves the second parameter without a gradient in the first two steps."""
    used = parameters if step > 1 else [parameters[0], parameters[2]]
    return torch.stack([(one.cos() * (step + k + 1)).sum() for k, one in enumerate(used)]).sum()


def test_steps_are_those_of_torch_and_a_pause_changes_nothing():
    ours, theirs = drawn(1), drawn(1)
    adam = Adam(ours, *RECIPE)
    reference = torch.optim.Adam(theirs, lr=RECIPE[0], weight_decay=RECIPE[1], foreach=True)
    for step in range(6):
        for parameters, optimiser in ((ours, adam), (theirs, reference)):
            optimiser.zero_grad()
            loss(parameters, step).backward()
            optimiser.step()
        assert all(torch.equal(one, other) for one, other in zip(ours, theirs, strict=True))
        if step == 3:
            kept, adam = adam.state, Adam(ours, *RECIPE)
            adam.load(kept)
    assert {k: float(one["step"]) for k, one in adam.state.items()} == {0: 6, 1: 4, 2: 6}
    assert adam.state.keys() == reference.state_dict()["state"].keys()


def test_without_parameters_nothing_happens():
    adam = Adam([], *RECIPE)
    adam.zero_grad()
    adam.step()
    assert adam.state == {}
