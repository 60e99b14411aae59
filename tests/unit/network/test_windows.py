"""Convolutions as products of matrices, against PyTorch's own."""

import pytest
import torch
import torch.nn.functional as F  # noqa: N812
from geohalo.network.presets import PRESETS, lean_kernels, published_kernels
from geohalo.network.windows import are_narrow, convolved

#: Kernel sizes and strides, channels put out, elements: the default branch, and layers that leave gaps or a rest.
BRANCHES = {
    "default": (lean_kernels(39), PRESETS["default"].spectrum, 39),
    "few elements": (lean_kernels(6), (3, 4, 2), 6),
    "stride above size": ([(2, 3), (2, 1)], (3, 2), 9),
    "several positions left": ([(3, 1), (4, 3)], (3, 4), 17),
}


@pytest.fixture(params=BRANCHES)
def branch(request):
    """Spectra of 7 cells and 3 members, layers that learn, and the kernels."""
    kernels, channels, elements = BRANCHES[request.param]
    draw = torch.Generator().manual_seed(1)

    def normal(*shape):
        return torch.randn(shape, generator=draw, dtype=torch.float64)

    layers = [
        (normal(3, outgoing, incoming, size).requires_grad_(), normal(3, outgoing).requires_grad_())
        for (size, _), incoming, outgoing in zip(kernels, (1, *channels), channels, strict=False)
    ]
    return normal(7, 3, elements), layers, kernels


def by_torch(x, layers, kernels):
    """One member after another, layer by layer."""
    members = []
    for member, features in enumerate(x.unsqueeze(2).unbind(1)):
        for (weight, bias), (_, stride) in zip(layers, kernels, strict=True):
            features = F.conv1d(features, weight[member], bias[member], stride=stride).relu()
        members.append(features.flatten(1))
    return torch.stack(members, 1)


def test_features_and_gradients_are_those_of_torch(branch):
    x, layers, kernels = branch
    found, expected = convolved(x, layers, kernels), by_torch(x, layers, kernels)
    torch.testing.assert_close(found, expected, rtol=1e-12, atol=1e-12)
    above = torch.linspace(-1, 1, expected.numel(), dtype=torch.float64).view_as(expected)
    parameters = [each for layer in layers for each in layer]
    of_found = torch.autograd.grad((found * above).sum(), parameters)
    of_expected = torch.autograd.grad((expected * above).sum(), parameters)
    torch.testing.assert_close(of_found, of_expected, rtol=1e-11, atol=1e-11)


def test_spectra_that_members_share_need_no_copy_of_their_own(branch):
    x, layers, kernels = branch
    shared = x[:, :1].expand(-1, 3, -1)
    torch.testing.assert_close(convolved(shared, layers, kernels), by_torch(shared, layers, kernels))


def test_the_published_branch_is_wide_and_the_default_one_narrow():
    """A kernel of the default branch sees 5, 80 and 224 numbers, one of the published one up to 2,816."""
    assert are_narrow(PRESETS["default"].spectrum, lean_kernels(39))
    assert not are_narrow(PRESETS["reference"].spectrum, published_kernels(39))
    assert are_narrow((16,), [(256, 1)])
    assert not are_narrow((16,), [(257, 1)])
