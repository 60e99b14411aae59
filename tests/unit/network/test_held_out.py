"""Nothing of the held-out region, and nothing beyond the receptive field, reaches training: bit for bit."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from geohalo.errors import InputError
from geohalo.network.checkpoint import Checkpoint
from geohalo.network.encoding import Encoding
from geohalo.network.engine import Engine, branches_of, initial_members
from geohalo.network.labelled import labelled_logits, labelled_scale
from geohalo.network.masks import Masks
from geohalo.network.presets import PRESETS
from geohalo.network.scales import ScaleGraph
from geohalo.network.training import Training

CPU = torch.device("cpu")
MASKS = Masks(torch.zeros(1, dtype=torch.int64), 0)
PLAIN = replace(PRESETS["default"], encoding=0, contrast=False, epochs=3)
RECIPES = {
    "default": PLAIN,
    "attention": replace(PLAIN, attention=True),
    "reference": replace(PRESETS["reference"], epochs=3),
    "encoded": replace(PLAIN, encoding=4, contrast=True),
}


def trained(values, fitted_on, graphs, members, recipe, variant):
    """Weights after training on ``values``; encoding fitted on another cube.

    Quantiles and local means are unsupervised: they see every cell by design, as the interpolation does. What training
    itself sees is therefore tested with an encoding fitted on the cube as it was.
    """
    scales = [ScaleGraph.from_arrays(graph, CPU) for graph in graphs]
    encode = replace(Encoding.of(torch.as_tensor(fitted_on), scales, recipe), values=torch.as_tensor(values))
    state = initial_members([0, 1], values.shape[1], len(graphs), recipe, variant)
    training = Training(state, torch.as_tensor(values), scales, encode, members, recipe, variant)
    torch.manual_seed(0)
    return training.run(lambda *_: None, Checkpoint(), "")


@pytest.fixture
def held_out(survey, draw_members):
    """Members that hold out a block in the middle of the map."""
    image = survey[2][0]
    region = np.zeros(image.shape, bool)
    region[4:9, 5:11] = True
    region = region[image > 0]
    members = draw_members(np.flatnonzero(~region), 2)
    return replace(members, held_out=np.tile(region, (2, 1))), region


@pytest.mark.parametrize("recipe", RECIPES)
@pytest.mark.parametrize("variant", ["fusion", "spatial", "external", "internal"])
def test_nothing_of_the_held_out_region_reaches_training(survey, held_out, recipe, variant):
    """Other values in the held-out region leave the trained weights and statistics as they are."""
    values, graphs, _ = survey
    members, region = held_out
    changed = values.copy()
    changed[region] += 50
    first, second = (
        trained(cube, values, graphs, members, RECIPES[recipe], variant) for cube in (values, changed)
    )
    assert region.sum() == 30
    for name in first:
        # Statistics of all superpixels, as published, cut out those that hold a cell of the region.
        assert torch.equal(first[name], second[name]), name


@pytest.mark.parametrize("recipe", ["default", "reference"])
def test_without_the_cut_the_region_would_reach_training(survey, held_out, recipe):
    """The test above can fail: with no region declared, the same change alters the weights."""
    values, graphs, _ = survey
    members, region = held_out
    members = replace(members, held_out=np.zeros_like(members.held_out))
    changed = values.copy()
    changed[region] += 50
    first, second = (
        trained(cube, values, graphs, members, RECIPES[recipe], "spatial") for cube in (values, changed)
    )
    assert any(not torch.equal(first[name], second[name]) for name in first)


def test_each_member_has_its_own_region(survey, held_out):
    values, graphs, _ = survey
    members, region = held_out
    members.held_out[1] = False
    changed = values.copy()
    changed[region] += 50
    first, second = (trained(cube, values, graphs, members, PLAIN, "spatial") for cube in (values, changed))
    assert all(torch.equal(first[name][0], second[name][0]) for name in first)
    assert any(not torch.equal(first[name][1], second[name][1]) for name in first)


@pytest.mark.parametrize("recipe", ["default", "attention", "encoded"])
def test_training_sees_its_receptive_field_alone(survey, draw_members, recipe):
    """Beyond two superpixels from the labels the map may change without any effect on the default's weights.

    Superpixels are 3 cells wide: labels reach the second, their field the fourth, that is column 11.
    """
    values, graphs, images = survey
    column = np.nonzero(images[0])[1]
    members = draw_members(np.flatnonzero(column < 6), 2)
    members = replace(members, held_out=np.zeros((2, len(values)), bool))
    states = []
    for first in (None, 12, 9):
        cube = values.copy()
        if first is not None:
            cube[column >= first] += 50
        states.append(trained(cube, values, graphs[:1], members, RECIPES[recipe], "spatial"))
    assert all(torch.equal(states[0][name], states[1][name]) for name in states[0])
    assert not all(torch.equal(states[0][name], states[2][name]) for name in states[0])


def prepared(survey, cells, region, variant):
    values = torch.as_tensor(survey[0])
    recipe = replace(PLAIN, dropout=0.0, input_dropout=0.0)
    scales = [ScaleGraph.from_arrays(graph, CPU) for graph in survey[1]]
    state = initial_members([0], values.shape[1], 2, recipe, variant)
    labelled = [
        labelled_scale(scale, Encoding(values), cells, torch.as_tensor(region), recipe) for scale in scales
    ]
    engine = Engine(state, recipe, branches_of(state, variant), MASKS)
    logits = labelled_logits(engine, values[cells.t()], labelled)
    return logits.fused(), logits.usable, labelled


def test_a_labelled_cell_whose_superpixel_is_cut_out_does_not_count(survey):
    """Cut out at both scales: not usable. At the fine scale there and at the coarse one cut: one scale is left."""
    assignments = [graph["assignment"] for graph in survey[1]]
    cell = 100
    mates = [np.flatnonzero((a == a[cell]) & (np.arange(len(a)) != cell)) for a in assignments]
    both = np.intersect1d(*mates)[:1]
    coarse = np.setdiff1d(mates[1], mates[0])[:1]
    cells = torch.tensor([[cell, 0, 30]])
    for held, expected in ((both, 0), (coarse, 1)):
        region = np.zeros((1, len(survey[0])), bool)
        region[0, held] = True
        _, usable, labelled = prepared(survey, cells, region, "spatial")
        assert usable[:, 0].tolist() == [expected, 1, 1]
        assert labelled[1].there[0, 0] == 0


def test_the_scale_that_is_left_takes_the_weight_of_both(survey):
    """A cell that is cut at the coarse scale has the logits of the fine scale's branches at full weight."""
    assignments = [graph["assignment"] for graph in survey[1]]
    cell = 100
    coarse = np.setdiff1d(*(np.flatnonzero(a == a[cell]) for a in assignments[::-1]))
    region = np.zeros((1, len(survey[0])), bool)
    region[0, coarse[:1]] = True
    cells = torch.tensor([[cell, 0, 30]])
    logits, _, labelled = prepared(survey, cells, region, "internal")
    assert labelled[0].there[0, 0] == 1
    fine = replace(PLAIN, dropout=0.0, input_dropout=0.0)
    state = initial_members([0], survey[0].shape[1], 2, fine, "internal")
    first = {n: v for n, v in state.items() if not n.startswith("internal.1")} | {"prior": torch.zeros(1, 2)}
    engine = Engine(first, fine, branches_of(first, "internal"), MASKS)
    alone = labelled_logits(engine, torch.as_tensor(survey[0])[cells.t()], labelled[:1]).fused()
    torch.testing.assert_close(logits[0], alone[0])
    assert not torch.allclose(logits[1], alone[1])


def test_members_that_the_cut_leaves_without_a_class_are_told(survey, draw_members):
    """One member's halo cells all lie in a superpixel of its region: a warning; both members': an error."""
    values, graphs, _ = survey
    members = draw_members(len(values), 2)
    superpixel = graphs[1]["assignment"]
    inside = np.flatnonzero(superpixel == superpixel[len(values) // 2])
    outside = np.flatnonzero(np.isin(superpixel, np.unique(superpixel)[[0, -1]]))
    cells, labels = np.tile(outside[:12], (2, 1)), np.tile(np.arange(12) % 2, (2, 1))
    cells[0, 1::2] = inside[np.arange(6) % len(inside)]
    region = np.zeros((2, len(values)), bool)
    region[:, inside] = True
    members = replace(members, cells=cells, labels=labels, groups=None, held_out=region)

    def training(chosen):
        x = torch.as_tensor(values)
        scales = [ScaleGraph.from_arrays(graphs[1], CPU)]
        state = initial_members([0] * len(chosen), values.shape[1], 1, PLAIN, "spatial")
        return Training(state, x, scales, Encoding.of(x, scales, PLAIN), chosen, PLAIN, "spatial")

    (warning,) = training(members).warnings
    assert warning.startswith("1 of 2 members have no training cell of class 1 left")
    assert training(members[1:]).warnings == []
    with pytest.raises(InputError, match=r"1 of 1 members .* superpixels\.n_segments"):
        training(members[:1])
