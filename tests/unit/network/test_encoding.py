"""What the graph branch sees of a cell: worked by hand and by brute force."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from geohalo.network import encoding as module
from geohalo.network.encoding import Encoding, piecewise_linear, quantiles, superpixel_means
from geohalo.network.presets import PRESETS
from geohalo.network.scales import ScaleGraph
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

CPU = torch.device("cpu")
PLAIN = replace(PRESETS["default"], encoding=0, contrast=False)


def test_two_bins_by_hand():
    """Edges 0, 2, 6. The value 1 fills half of the first bin; 5 all of it and three quarters of the second."""
    edges = torch.tensor([[0.0, 2.0, 6.0]])
    encoded = piecewise_linear(torch.tensor([[-1.0], [1.0], [2.0], [5.0], [9.0]]), edges)
    expected = torch.tensor([[0, 0], [0.5, 0], [1, 0], [1, 0.75], [1, 1]]) - 0.5
    torch.testing.assert_close(encoded[:, 0], expected)


def test_tied_edges_make_a_step():
    """Values below detection share one number, so that edges coincide: at them the bin is empty, above it is full."""
    encoded = piecewise_linear(torch.tensor([[1.0], [1.1]]), torch.tensor([[1.0, 1.0, 1.0, 2.0]]))
    torch.testing.assert_close(encoded[:, 0], torch.tensor([[0, 0, 0], [1, 1, 0.1]]) - 0.5)


@settings(max_examples=30, deadline=None)
@given(
    # Processors may take subnormal numbers for 0.
    hnp.arrays(np.float32, (13, 2), elements=st.floats(-5, 5, width=32, allow_subnormal=False)),
    st.integers(1, 5),
)
def test_encoding_against_brute_force(inputs, bins):
    edges = quantiles(inputs, bins)
    np.testing.assert_allclose(edges, np.quantile(inputs, np.linspace(0, 1, bins + 1), axis=0).T, rtol=1e-6)
    encoded = piecewise_linear(torch.as_tensor(inputs), edges)
    assert encoded.shape == (13, 2, bins)
    for cell in range(13):
        for one in range(2):
            for t in range(bins):
                lower, upper = edges[one, t].item(), edges[one, t + 1].item()
                x = float(inputs[cell, one])
                expected = min(max((x - lower) / max(upper - lower, 1e-6), 0), 1) - 0.5
                assert encoded[cell, one, t].item() == pytest.approx(expected, abs=2e-4)


@settings(max_examples=30, deadline=None)
@given(hnp.arrays(np.float32, 20, elements=st.floats(-3, 3, width=32), unique=True))
def test_the_sum_of_bins_keeps_the_order_of_values(column):
    """Nothing of the value is lost within the range of the data: the encoded sum rises with it."""
    encoded = piecewise_linear(torch.as_tensor(column)[:, None], quantiles(column[:, None], 4)).sum((1, 2))
    assert (torch.diff(encoded[np.argsort(column)]) >= -1e-6).all()


def test_bins_hold_the_same_number_of_cells():
    values = np.random.default_rng(0).lognormal(size=(1000, 1)).astype(np.float32)
    counts = np.histogram(values, bins=quantiles(values, 8)[0].numpy())[0]
    assert counts.tolist() == [125] * 8


def test_features_of_the_map(survey, scales):
    """Layout: bins of an element side by side, elements first, then their contrasts."""
    values = torch.as_tensor(survey[0])
    elements = values.shape[1]
    preset = replace(PLAIN, encoding=3, contrast=True)
    pixels = torch.tensor([7, 0, 30])
    encode = Encoding.of(values, scales, preset)
    features = encode(pixels)
    assert features.shape == (3, preset.features(elements)) == (3, elements * 2 * 3)
    expected = piecewise_linear(values, quantiles(values.numpy(), 3)).flatten(1)[pixels]
    torch.testing.assert_close(features[:, : 3 * elements], expected)
    coarsest = survey[1][1]["assignment"]
    contrast = np.stack(
        [row - survey[0][coarsest == s].mean(0) for row, s in zip(survey[0], coarsest, strict=True)]
    )
    expected = piecewise_linear(torch.as_tensor(contrast), quantiles(contrast, 3)).flatten(1)[pixels]
    torch.testing.assert_close(features[:, 3 * elements :], expected, rtol=1e-3, atol=1e-4)


def test_contrast_is_the_difference_from_the_mean_of_the_coarsest_superpixel():
    """Four cells, superpixels of two cells and of all: the coarsest mean is 4."""
    values = torch.tensor([[1.0], [3.0], [5.0], [7.0]])
    from geohalo.superpixels.graph import build_graph

    images = (np.array([[1, 1, 2, 2]]), np.array([[1, 1, 1, 1]]))
    graphs = [ScaleGraph.from_arrays(build_graph(image).arrays(), CPU) for image in images]
    assert superpixel_means(values, graphs[0]).tolist() == [[2], [6]]
    for order in (graphs, graphs[::-1]):
        features = Encoding.of(values, order, replace(PLAIN, contrast=True))(torch.arange(4))
        assert features.tolist() == [[1, -3], [3, -1], [5, 1], [7, 3]]


def test_without_options_features_are_the_values(survey, scales):
    values = torch.as_tensor(survey[0])
    assert torch.equal(Encoding.of(values, scales, PLAIN)(torch.arange(len(values))), values)
    assert (
        Encoding.of(values, [], replace(PLAIN, encoding=4)).edges is None
    )  # spectrum alone: no graph branch


def test_quantiles_of_a_large_map_come_from_evenly_spread_cells(survey, scales, monkeypatch):
    monkeypatch.setattr(module, "QUANTILE_CELLS", 40)
    values = torch.as_tensor(survey[0])
    step = len(values) // 40
    encode = Encoding.of(values, scales, replace(PLAIN, encoding=2))
    torch.testing.assert_close(encode.edges, quantiles(survey[0][::step], 2))


def test_a_memory_mapped_cube_is_encoded_alike(survey, scales, tmp_path):
    path = tmp_path / "cube.npy"
    np.save(path, survey[0])
    preset = replace(PLAIN, encoding=3, contrast=True)
    mapped = torch.as_tensor(np.load(path, mmap_mode="c"))
    pixels = torch.arange(len(mapped))
    in_memory = Encoding.of(torch.as_tensor(survey[0]), scales, preset)(pixels)
    assert torch.equal(Encoding.of(mapped, scales, preset)(pixels), in_memory)
