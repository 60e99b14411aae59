"""Convolutions by the convolution theorem against PyTorch's own."""

import pytest
import torch
import torch.nn.functional as F  # noqa: N812
from geohalo.network import fourier
from geohalo.network.fourier import bilinear, convolutions, layers_by_frequency, multiplications, product
from geohalo.network.presets import lean_kernels, published_kernels
from hypothesis import given
from hypothesis import strategies as st

PUBLISHED = (128, 256, 64, 32)


def layer(seed, *shape):
    """Weight and bias."""
    generator = torch.Generator().manual_seed(seed)
    weight = torch.randn(shape, generator=generator) / (shape[1] * shape[2]) ** 0.5
    return weight, torch.randn(shape[0], generator=generator)


def plain(x, layers, strides):
    """In double precision."""
    x = x.double().unsqueeze(1)
    for (weight, bias), stride in zip(layers, strides, strict=True):
        x = F.conv1d(x, weight.double(), bias.double(), stride).relu()
    return x.flatten(1)


@pytest.mark.parametrize(
    ("positions", "kernel", "products"), [(30, 10, 44), (21, 11, 31), (1, 1, 1), (2, 1, 2)]
)
def test_products_of_a_layer(positions, kernel, products):
    """One for frequency 0 and for the highest of an even number, three for every other: 44 in place of 21 x 10."""
    transform = bilinear(positions, kernel)
    assert transform.features.shape == (products, positions)
    assert transform.weights.shape == (products, kernel)
    assert transform.back.shape == (positions - kernel + 1, products)


@given(st.integers(1, 45), st.data())
def test_the_transforms_make_a_correlation(positions, data):
    """For each place of the input and of the kernel, 1 where they meet."""
    kernel = data.draw(st.integers(1, positions))
    transform = bilinear(positions, kernel)
    made = torch.einsum("tp,pl,pk->tlk", transform.back, transform.features, transform.weights)
    t, place, j = torch.meshgrid(
        torch.arange(positions - kernel + 1), torch.arange(positions), torch.arange(kernel), indexing="ij"
    )
    torch.testing.assert_close(made, (t + j == place).float(), rtol=0, atol=2e-6)


@given(
    pixels=st.integers(1, 13),
    positions=st.integers(2, 14),
    channels=st.tuples(st.integers(1, 5), st.integers(1, 5)),
    at_once=st.integers(1, 14),
    data=st.data(),
)
def test_a_layer_and_its_gradients_are_those_of_a_convolution(pixels, positions, channels, at_once, data):
    """Behind a first layer as wide as the spectrum, in runs of pixels of any length."""
    kernel = data.draw(st.integers(1, positions))
    x = torch.randn(pixels, positions, generator=torch.Generator().manual_seed(pixels))
    layers = [layer(1, channels[0], 1, 1), layer(2, channels[1], channels[0], kernel)]
    tensors = [x, *(part for each in layers for part in each)]
    for each in tensors:
        each.requires_grad_()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(fourier, "PIXELS_AT_ONCE", at_once)
        found = convolutions(x, layers, [1, 1], [False, True])
        expected = plain(x, layers, [1, 1])
        torch.testing.assert_close(found.double(), expected, rtol=1e-5, atol=1e-5)
        # Where rounding decides whether ReLU is open, gradients have no one value.
        weigh = torch.linspace(-1, 2, expected.numel()).view_as(expected) * (expected > 1e-4)
        mine = torch.autograd.grad(found, tensors, weigh.float() * (found > 0))
        theirs = torch.autograd.grad(expected, tensors, weigh.double())
    for a, b in zip(mine, theirs, strict=True):
        torch.testing.assert_close(a, b.float(), rtol=1e-4, atol=1e-4 * max(1.0, b.abs().max().item()))


@pytest.mark.parametrize("elements", [39, 40, 60])
def test_the_published_branch(elements):
    """Where two layers go by frequencies: relative 1e-5 of the largest feature."""
    kernels = published_kernels(elements)
    fast = layers_by_frequency(300, elements, PUBLISHED, kernels)
    assert fast == [False, True, True, False]
    channels = (1, *PUBLISHED)
    layers = [layer(k, channels[k + 1], channels[k], size) for k, (size, _) in enumerate(kernels)]
    x = torch.randn(300, elements, generator=torch.Generator().manual_seed(0))
    expected = plain(x, layers, [1] * 4)
    error = (convolutions(x, layers, [1] * 4, fast) - expected).abs().max()
    assert error < 1e-5 * expected.abs().max()


def test_strides_and_lean_branches_stay_convolutions():
    kernels = lean_kernels(39)
    assert not any(layers_by_frequency(10_000, 39, (16, 32, 32), kernels))
    assert not any(layers_by_frequency(10_000, 39, PUBLISHED, [(10, 2), (5, 2), (4, 1)]))
    layers = [layer(0, 4, 1, 5), layer(1, 3, 4, 6)]
    x = torch.randn(7, 20, generator=torch.Generator().manual_seed(0))
    found = convolutions(x, layers, [2, 1], [False, True])
    torch.testing.assert_close(found.double(), plain(x, layers, [2, 1]), rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("elements", [5, 12, 25])
def test_few_elements_or_pixels_stay_convolutions(elements):
    assert not any(layers_by_frequency(10_000, elements, PUBLISHED, published_kernels(elements)))
    assert not any(layers_by_frequency(fourier.FEWEST_PIXELS - 1, 39, PUBLISHED, published_kernels(39)))
    assert any(layers_by_frequency(fourier.FEWEST_PIXELS, 39, PUBLISHED, published_kernels(39)))


def test_multiplications_by_hand():
    """Second published layer at 39 elements: 210 x 128 x 256, or 44 x (128 x 256 + 30 x 128 + 21 x 256)."""
    assert multiplications(30, 10, 128, 256) == (6_881_280, 1_847_296)
    assert multiplications(30, 10, 16, 16) == (53_760, 47_168)
    assert multiplications(11, 11, 64, 32) == (22_528, 16 * (2_048 + 704 + 32))


def test_products_without_onednn(monkeypatch):
    a, b, bias = torch.randn(5, 7), torch.randn(4, 7), torch.randn(4)
    with_it = product(a, b, bias)
    monkeypatch.setattr(torch.backends.mkldnn, "is_available", lambda: False)
    torch.testing.assert_close(product(a, b, bias), with_it)
    torch.testing.assert_close(with_it, a @ b.t() + bias)
