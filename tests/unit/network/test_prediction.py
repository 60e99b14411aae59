"""Prediction streams over blocks, and says the same whatever their size."""

import numpy as np
import pytest
import torch
from geohalo.network import prediction as module
from geohalo.network.encoding import Encoding
from geohalo.network.engine import initial_members
from geohalo.network.prediction import predict, predict_logits, row_blocks
from geohalo.network.presets import PRESETS, VARIANTS
from geohalo.network.scales import ScaleGraph
from geohalo.network.trained import Trained
from geohalo.superpixels.graph import build_graph


@pytest.fixture(scope="module")
def large():
    """Return values of 60 x 60 cells, where the smallest blocks (1,024 cells) are several, and two scales."""
    y, x = np.mgrid[:60, :60]
    images = [(y // size) * (60 // size) + x // size + 1 for size in (3, 6)]
    graphs = [ScaleGraph.from_arrays(build_graph(i).arrays(), torch.device("cpu")) for i in images]
    return np.random.default_rng(0).normal(size=(3600, 7)).astype(np.float32), graphs


def logits_of(values, graphs, preset, variant, n_classes=2):
    recipe = PRESETS[preset]
    # In the variant of that name all columns are covariates.
    covariates = values.shape[1] if variant == "covariates" else 0
    sizes = (values.shape[1] - covariates, 2, recipe, variant, n_classes, covariates)
    state = initial_members([0, 1, 2], *sizes)
    x = torch.as_tensor(values)
    return predict_logits(Trained(state, x, graphs, Encoding.of(x, graphs, recipe), recipe, variant))


@pytest.mark.parametrize("preset", ["default", "reference", "attention"])
@pytest.mark.parametrize("variant", VARIANTS)
def test_blocks_say_what_the_whole_map_says(large, monkeypatch, preset, variant):
    values, graphs = large
    whole = logits_of(values, graphs, preset, variant)
    sizes = []
    blocks = ScaleGraph.blocks

    def counted(self, largest, superpixels=None):
        for block in blocks(self, largest, superpixels):
            sizes.append(len(block.pixels))
            yield block

    monkeypatch.setattr(ScaleGraph, "blocks", counted)
    monkeypatch.setattr(module, "BLOCK_BYTES", {"cpu": 1})
    torch.testing.assert_close(logits_of(values, graphs, preset, variant), whole, rtol=1e-5, atol=1e-6)
    assert variant in ("spectrum", "linear", "covariates") or (len(sizes) >= 8 and max(sizes) <= 1024)


@pytest.mark.parametrize("variant", ["fusion", "spectrum"])
def test_a_memory_mapped_cube_is_predicted_alike(large, tmp_path, variant):
    values, graphs = large
    np.save(tmp_path / "cube.npy", values)
    mapped = np.load(tmp_path / "cube.npy", mmap_mode="c")
    assert isinstance(mapped, np.memmap)
    same = [logits_of(cube, graphs, "default", variant) for cube in (values, mapped)]
    assert torch.equal(*same)


@pytest.mark.parametrize("n_classes", [2, 3])
def test_probabilities_are_the_softmax_of_logits_over_temperature(large, n_classes):
    values, graphs = large
    recipe, temperature = PRESETS["default"], torch.tensor([1.0, 0.5, 4.0])
    logits = logits_of(values, graphs, "default", "fusion", n_classes)
    state = initial_members([0, 1, 2], values.shape[1], 2, recipe, "fusion", n_classes)
    x = torch.as_tensor(values)
    encode = Encoding.of(x, graphs, recipe)
    score = predict(Trained(state, x, graphs, encode, recipe, "fusion", temperature))
    expected = (logits / temperature.view(3, 1, 1)).softmax(1)
    expected = expected[:, 1:] if n_classes == 2 else expected
    np.testing.assert_allclose(score, expected, rtol=1e-4, atol=1e-6)


def test_row_blocks():
    assert list(row_blocks(7, 3)) == [slice(0, 3), slice(3, 6), slice(6, 7)]
    assert list(row_blocks(0, 3)) == []


@pytest.mark.parametrize("preset", ["default", "attention"])
@pytest.mark.parametrize("variant", VARIANTS)
def test_bands_say_what_the_whole_map_says(large, monkeypatch, preset, variant):
    """Bands of some 12 rows, which cut through the superpixels of both scales."""
    values, graphs = large
    whole = logits_of(values, graphs, preset, variant)
    monkeypatch.setattr(module, "BAND_CELLS", 700)
    torch.testing.assert_close(logits_of(values, graphs, preset, variant), whole, rtol=1e-5, atol=1e-6)


def test_a_superpixel_in_pieces_all_over_the_map_is_predicted_alike_in_bands(monkeypatch):
    image = np.random.default_rng(0).integers(1, 9, (12, 10))
    graphs = [ScaleGraph.from_arrays(build_graph(image).arrays(), torch.device("cpu"))]
    values = np.random.default_rng(1).normal(size=(120, 6)).astype(np.float32)
    recipe, x = PRESETS["default"], torch.as_tensor(values)
    state = initial_members([0, 1], 6, 1, recipe, "fusion", 2)
    trained = Trained(state, x, graphs, Encoding.of(x, graphs, recipe), recipe, "fusion")
    whole = predict(trained)
    monkeypatch.setattr(module, "BAND_CELLS", 7)
    np.testing.assert_allclose(predict(trained), whole, rtol=1e-5, atol=1e-6)
