"""Small surveys, drawn members and trainings, shared by the tests of the network."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from geohalo.network.encoding import Encoding
from geohalo.network.engine import initial_members
from geohalo.network.members import Members
from geohalo.network.presets import PRESETS, Preset
from geohalo.network.run import Settings, train_and_predict
from geohalo.network.scales import ScaleGraph
from geohalo.network.trained import Trained
from geohalo.superpixels.graph import build_graph


@pytest.fixture(scope="session", autouse=True)
def one_thread():
    """Small problems gain nothing from threads, and lose much when other work shares the cores."""
    torch.set_num_threads(1)


@pytest.fixture(scope="session")
def survey():
    """Return values (cells, elements), the arrays of two scales, and their label images, of 12 x 15 cells."""
    rng = np.random.default_rng(0)
    rows, columns, elements = 12, 15, 11
    mask = np.ones((rows, columns), bool)
    mask[:3, :4] = False
    y, x = np.mgrid[:rows, :columns]
    images = []
    for size in (3, 5):
        blocks = (y // size) * 10 + x // size
        image = np.zeros(mask.shape, int)
        image[mask] = np.unique(blocks[mask], return_inverse=True)[1] + 1
        images.append(image)
    values = rng.normal(size=(mask.sum(), elements)).astype(np.float32)
    return values, [build_graph(image).arrays() for image in images], images


@pytest.fixture(scope="session")
def wide_survey():
    """Return values, arrays and label images of 14 x 40 cells in irregular superpixels (nearest of some points)."""
    rng = np.random.default_rng(1)
    place = np.stack(np.mgrid[:14, :40], -1).reshape(-1, 2)
    images = []
    for count in (60, 25):
        points = rng.uniform((0, 0), (14, 40), (count, 2))
        nearest = ((place[:, None] - points) ** 2).sum(-1).argmin(1)
        images.append(np.unique(nearest, return_inverse=True)[1].reshape(14, 40) + 1)
    values = rng.normal(size=(len(place), 9)).astype(np.float32)
    return values, [build_graph(image).arrays() for image in images], images


@pytest.fixture
def scales(survey):
    return [ScaleGraph.from_arrays(graph, torch.device("cpu")) for graph in survey[1]]


@pytest.fixture(scope="session")
def draw_members():
    """Return a function that draws members with random labelled cells and nothing held out."""

    def draw(cells, n_members=3, labelled=24, seed=0, n_classes=2):
        rng = np.random.default_rng(seed)
        cells = np.arange(cells) if np.isscalar(cells) else cells
        drawn = np.stack([rng.choice(cells, labelled, replace=False) for _ in range(n_members)])
        classes = np.arange(labelled) % 3 == 0 if n_classes == 2 else np.arange(labelled) % n_classes
        labels = np.tile(classes, (n_members, 1)).astype(int)
        return Members(np.arange(n_members), drawn, labels, np.zeros((n_members, cells.max() + 1), bool))

    return draw


@pytest.fixture(scope="session")
def train():
    """Return a function that trains and predicts on the CPU, silently."""

    def run(values, graphs, members, preset="default", variant="fusion", epochs=3, fold=None, **settings):
        settings = {"device": "cpu", "variant": variant, "epochs": epochs, **settings}
        if isinstance(preset, Preset):
            base = next(name for name, known in PRESETS.items() if known.kernels is preset.kernels)
            settings["options"] = {name: value for name, value in vars(preset).items() if name != "kernels"}
            preset = base
        chosen = Settings(preset=preset, **settings)
        return train_and_predict(values, graphs, members, chosen, fold, lambda _: None)

    return run


@pytest.fixture(scope="session")
def scale_graphs():
    """Return a function from the arrays of all scales to their graphs."""
    return lambda arrays: [ScaleGraph.from_arrays(graph, torch.device("cpu")) for graph in arrays]


@pytest.fixture(scope="session")
def random_network():
    """Return a function that gives a trained network whose every parameter is random.

    Where there are gates, each member does without one element, the first without the first.
    """

    def network(
        values, graphs, preset="default", variant="fusion", seeds=(0, 1), seed=0, covariates=0, **options
    ):
        recipe = replace(PRESETS[preset], **options)
        sizes = (values.shape[1] - covariates, len(graphs), recipe, variant, 2, covariates)
        state = initial_members(list(seeds), *sizes)
        generator = torch.Generator().manual_seed(seed)
        for name, value in state.items():
            if name == "gate":
                value[torch.arange(len(value)), torch.arange(len(value)) % value.shape[1]] = 0
            elif name.endswith(("bias", "running_mean", "fusion", "linear.weight")):
                value.copy_(torch.randn(value.shape, generator=generator) * 0.5)
            elif name.endswith("running_var"):
                value.copy_(torch.rand(value.shape, generator=generator) + 0.2)
            elif name.endswith("weight"):
                value.mul_(2)
        x = torch.as_tensor(values)
        return Trained(state, x, graphs, Encoding.of(x, graphs, recipe), recipe, variant)

    return network
