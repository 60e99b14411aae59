"""The same numbers on a GPU; skipped where there is none."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from geohalo.network import run as module
from geohalo.network.attribution import attributions
from geohalo.network.encoding import Encoding
from geohalo.network.neighbours import neighbour_attributions
from geohalo.network.presets import PRESETS, VARIANTS
from geohalo.network.scales import ScaleGraph

pytestmark = pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA GPU")

STILL = {"dropout": 0.0, "input_dropout": 0.0}
RECIPES = PRESETS | {"encoded": replace(PRESETS["default"], encoding=4, contrast=True)}


@pytest.fixture(autouse=True)
def full_float32():
    """Products in float32 and not in the GPU's shortened form of it."""
    before = torch.backends.cudnn.allow_tf32
    torch.backends.cudnn.allow_tf32 = False
    yield
    torch.backends.cudnn.allow_tf32 = before


@pytest.mark.parametrize("preset", RECIPES)
@pytest.mark.parametrize("variant", VARIANTS)
def test_a_gpu_trains_and_predicts_what_the_cpu_does(wide_survey, draw_members, train, preset, variant):
    """Without disturbances, whose draws differ; three steps, to float tolerance."""
    values, graphs, _ = wide_survey
    recipe = replace(RECIPES[preset], **STILL)
    members = draw_members(len(values), 3, 100)
    cpu, gpu = (train(values, graphs, members, recipe, variant, device=device) for device in ("cpu", "cuda"))
    np.testing.assert_allclose(gpu.history["loss"], cpu.history["loss"], rtol=2e-3)
    np.testing.assert_allclose(gpu.score, cpu.score, atol=2e-2)
    assert all(value.device.type == "cpu" for value in gpu.state.values())


@pytest.mark.parametrize("variant", VARIANTS)
def test_several_classes_validation_and_early_stopping(survey, draw_members, train, variant):
    values, graphs, _ = survey
    members = draw_members(len(values), 4, n_classes=3)
    labels = np.tile(np.arange(12) % 3, (4, 1))
    labels[2:] = -1
    members = replace(members, validation_cells=members.cells[:, :12], validation_labels=labels)
    result = train(values, graphs, members, "default", variant, 6, np.zeros(4), device="cuda", patience=2)
    np.testing.assert_allclose(result.score.sum(1), 1, rtol=1e-4)
    assert np.isfinite(result.history["validation_auc"][:2, 0]).all()


@pytest.mark.parametrize("variant", VARIANTS)
@pytest.mark.parametrize("preset", ["default", "attention", "reference"])
def test_mixed_precision_stays_close(survey, draw_members, train, variant, preset):
    values, graphs, _ = survey
    recipe = replace(RECIPES[preset], **STILL)
    members = draw_members(len(values), 2)
    full, mixed = (
        train(values, graphs, members, recipe, variant, device="cuda", precision=precision)
        for precision in ("float32", "mixed")
    )
    np.testing.assert_allclose(mixed.history["loss"], full.history["loss"], rtol=0.08)
    if "external" not in VARIANTS[variant]:  # see test_precision
        np.testing.assert_allclose(mixed.score, full.score, atol=0.05)


def test_disturbances_are_drawn_on_the_gpu_and_repeatable(survey, draw_members, train):
    values, graphs, _ = survey
    members = draw_members(len(values), 2)
    recipe = replace(PRESETS["default"], input_dropout=0.2, dropout=0.5)
    first, second = (train(values, graphs, members, recipe, device="cuda") for _ in range(2))
    np.testing.assert_allclose(first.score, second.score, rtol=1e-4, atol=1e-6)


def test_a_broken_training_resumes_on_the_gpu(survey, draw_members, tmp_path, train, monkeypatch):
    """Random numbers of the GPU are part of the checkpoint."""
    from functools import partial

    from geohalo.network.checkpoint import Checkpoint

    monkeypatch.setattr(module, "Checkpoint", partial(Checkpoint, seconds=0))
    values, graphs, _ = survey
    members = draw_members(len(values), 2)
    whole = train(values, graphs, members, epochs=6, device="cuda")
    settings = module.Settings(epochs=6, device="cuda", checkpoint=str(tmp_path / "checkpoint.pt"))

    def stop(line):
        if "epoch 4 " in line:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        module.train_and_predict(values, graphs, members, settings, report=stop)
    assert (tmp_path / "checkpoint.pt").exists()
    resumed = module.train_and_predict(values, graphs, members, settings, report=lambda _: None)
    np.testing.assert_allclose(resumed.score, whole.score, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("preset", RECIPES)
def test_a_gpu_attributes_what_the_cpu_does(wide_survey, random_network, preset):
    """All branches by element, and targets by superpixel."""
    values, arrays, _ = wide_survey
    rank = torch.zeros(len(values), dtype=torch.int64)
    rank[100:120] = 1
    found = []
    for device in map(torch.device, ("cpu", "cuda")):
        graphs = [ScaleGraph.from_arrays(graph, device) for graph in arrays]
        base = next(name for name in PRESETS if PRESETS[name].kernels is RECIPES[preset].kernels)
        options = {name: value for name, value in vars(RECIPES[preset]).items() if name != "kernels"}
        trained = random_network(
            values, [ScaleGraph.from_arrays(graph, torch.device("cpu")) for graph in arrays], base, **options
        )
        state = {name: value.to(device) for name, value in trained.state.items()}
        encode = Encoding.of(trained.values, graphs, trained.preset)
        trained = replace(trained, state=state, graphs=graphs, encode=encode)
        parts = dict(attributions(trained))
        table = neighbour_attributions(trained, rank)
        found.append((parts, table))
    (cpu, cpu_table), (gpu, gpu_table) = found
    for branch, part in cpu.items():
        torch.testing.assert_close(gpu[branch], part, rtol=2e-2, atol=1e-3)
    np.testing.assert_array_equal(gpu_table["superpixel"], cpu_table["superpixel"])
    np.testing.assert_allclose(gpu_table["attribution"], cpu_table["attribution"], rtol=2e-2, atol=1e-3)
