"""Memory estimated before it is taken: by hand, in its message, and against what a training takes."""

import math
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from geohalo.errors import InputError
from geohalo.network import memory as module
from geohalo.network.memory import (
    BAND_CELLS,
    members_at_once,
    predicted_at_once,
    prediction_bytes,
    spectrum_activations,
    training_bytes,
)
from geohalo.network.presets import PRESETS, Preset, lean_kernels
from geohalo.network.scales import ScaleGraph

LEAN = Preset(
    internal=(32, 16),
    external=(24, 8),
    spectrum=(16, 32, 32),
    kernels=lean_kernels,
    hidden=16,
    dropout=0.5,
    normalisation="labelled",
    epochs=3,
    learning_rate=1e-3,
)
#: 39 elements: 18 positions of 16 channels, 7 of 32, 1 of 32.
SPECTRUM = 18 * 16 + 7 * 32 + 32


def test_activations_of_the_spectrum_by_hand():
    assert spectrum_activations(39, LEAN) == SPECTRUM
    reference = 30 * 128 + 21 * 256 + 11 * 64 + 1 * 32
    assert spectrum_activations(39, PRESETS["reference"]) == reference


def test_training_by_hand():
    """Fields of 1,000 pixels in 50 superpixels, 20 in the middle, and 3,000 in 40; 8 cells, 39 elements, float32."""
    fields = [(1000, 50, 20), (3000, 40, 40)]
    features = 4 * 4000 * 40 * 2 + 4 * 3000 * 39
    internal = 2 * 4 * 8 * (32 + 16) * 8
    external = 4 * 90 * 32 * 6 + 4 * 60 * 32 * 10
    spectrum = 4 * 8 * SPECTRUM * 3
    assert training_bytes(fields, 39, 8, "fusion", LEAN) == (
        features,
        internal + external + spectrum,
    )
    assert training_bytes(fields, 39, 8, "spatial", LEAN) == (features, internal + external)
    assert training_bytes(fields, 39, 8, "internal", LEAN) == (features, internal)
    assert training_bytes(fields, 39, 8, "external", LEAN) == (features, external)
    assert training_bytes([], 39, 8, "spectrum", LEAN) == (0, spectrum)
    assert training_bytes([], 39, 8, "spectrum", LEAN, 2) == (4 * 8 * SPECTRUM * 7 * 2, 0)
    assert training_bytes([], 39, 8, "spatial", LEAN, 2) == (0, 0)


def test_what_options_add():
    fields = [(1000, 50, 20)]
    plain = training_bytes(fields, 39, 8, "spatial", LEAN)
    encoded = training_bytes(fields, 39, 8, "spatial", replace(LEAN, encoding=8, contrast=True))
    spectra = 4 * 1000 * 39
    assert encoded == (spectra + 4 * 1000 * (39 * 16 + 1) * 2, plain[1])
    disturbed = training_bytes(fields, 39, 8, "spatial", replace(LEAN, input_dropout=0.1))
    assert disturbed == (spectra + 4 * 1000 * 40 * 3, plain[1])
    choosing = training_bytes(fields, 39, 8, "spatial", LEAN, n_kept=12)
    assert choosing == (spectra + 4 * 1000 * 13 * 2, plain[1])
    attending = training_bytes(fields, 39, 8, "spatial", replace(LEAN, attention=True))
    assert attending == (plain[0], plain[1] + 4 * 50 * 32 * 8 * 6)


def test_prediction_by_hand():
    """Logits and scores of the map, and six copies of the features of the scale with most superpixels."""
    logits = 2 * 10_000 * 3
    assert prediction_bytes([50, 400], 10_000, 3, "spectrum", LEAN) == 4 * logits
    assert prediction_bytes([50, 400], 10_000, 3, "fusion", LEAN) == 4 * (logits + 400 * 32 * 6)
    attending = replace(LEAN, attention=True)
    assert prediction_bytes([50, 400], 10_000, 3, "external", attending) == 4 * (logits + 400 * 32 * 30)


def test_members_are_predicted_together_as_memory_allows(survey, graphs):
    """Each takes the logits and scores of a band, here the map, and features of its superpixels at a scale."""
    superpixels = [graph.n_superpixels for graph in graphs]
    each = prediction_bytes(superpixels, len(survey[0]), 2, "fusion", LEAN)
    known = (graphs, len(survey[0]), 2, "fusion", LEAN)
    assert predicted_at_once(*known, 5.5 * each / 1e9) == 5
    assert predicted_at_once(*known, 0.5 * each / 1e9) == 1
    bands = 16 * BAND_CELLS
    of_band = [math.ceil(1.5 / 16 * number) for number in superpixels]
    each = prediction_bytes(of_band, BAND_CELLS, 2, "fusion", LEAN)
    assert predicted_at_once(graphs, bands, 2, "fusion", LEAN, 3.5 * each / 1e9) == 3


@pytest.fixture
def graphs(survey):
    return [ScaleGraph.from_arrays(graph, torch.device("cpu")) for graph in survey[1]]


def at_once(survey, graphs, n_members, memory, preset=LEAN, variant="fusion"):
    cells = torch.arange(0, 24).repeat(n_members, 1)
    return members_at_once(n_members, cells, graphs, survey[0].shape[1], variant, preset, memory)


def needed(survey, graphs, preset):
    """Shared bytes, and those of a member, for the labelled cells of ``at_once``; fields by brute force."""
    fields = []
    for graph in graphs:
        near = torch.unique(graph.superpixel[:24].long())
        kept = (
            graph.within(near, 2) if preset.normalisation == "labelled" else torch.arange(graph.n_superpixels)
        )
        pixels = torch.isin(graph.superpixel.long(), kept).sum().item()
        middle = graph.within(near, 1) if preset.normalisation == "labelled" else kept
        fields.append((pixels, len(kept), len(middle)))
    return training_bytes(fields, survey[0].shape[1], 24, "fusion", preset)


def test_members_that_keep_few_elements_share_fewer_features(survey, graphs):
    """With two elements for each member, three members share the features of six and two those of four."""
    values, cells = survey[0], torch.arange(0, 24).repeat(3, 1)
    elements, preset = values.shape[1], replace(LEAN, normalisation="map", encoding=64)
    fields = [(len(graph.superpixel), *[graph.n_superpixels] * 2) for graph in graphs]
    for members in (2, 3):
        shared, each = training_bytes(fields, elements, 24, "spatial", preset, n_kept=2 * members)
        room = (shared + members * each) / 1e9
        assert members_at_once(3, cells, graphs, elements, "spatial", preset, 1.001 * room, 2) == members
        assert members_at_once(3, cells, graphs, elements, "spatial", preset, 0.999 * room, 2) == members - 1


@pytest.mark.parametrize("normalisation", ["labelled", "map"])
def test_members_share_the_memory_in_parts_of_like_size(survey, graphs, normalisation):
    """Room for 4 of 10 members makes three parts, of 4 members at most; all at once where all fit."""
    preset = replace(LEAN, normalisation=normalisation)
    shared, each = needed(survey, graphs, preset)
    for room, expected in ((4.5, 4), (5.5, 5), (9.5, 5), (10.5, 10), (1.5, 1), (3.5, 3)):
        assert at_once(survey, graphs, 10, (shared + room * each) / 1e9, preset) == expected


def test_members_that_go_apart_share_the_room_of_the_spectrum_branch(survey, graphs, monkeypatch):
    """With one thread a member at a time: ten of them need little more than one."""
    monkeypatch.setattr(module, "APART_BYTES", 0)
    fields = [(len(graph.superpixel), *[graph.n_superpixels] * 2) for graph in graphs]
    preset = replace(LEAN, normalisation="map")
    shared, each = training_bytes(fields, survey[0].shape[1], 24, "fusion", preset, 1)
    together = training_bytes(fields, survey[0].shape[1], 24, "fusion", preset)
    assert shared > together[0]
    assert each < together[1]
    for members in (1, 4, 10):
        assert at_once(survey, graphs, members, (shared + (members + 0.1) * each) / 1e9, preset) == members


def test_members_with_ground_of_their_own_go_apart_where_all_of_them_see_too_much(wide_survey):
    """Four members, each in a quarter of a wide map: two halves, or one by one, where all four need more memory."""
    values, arrays, _ = wide_survey
    graphs = [ScaleGraph.from_arrays(graph, torch.device("cpu")) for graph in arrays]
    cells = torch.tensor([[12 * k, 12 * k + 40 * 13] for k in range(4)])
    preset = replace(LEAN, encoding=32)  # what a pixel shares weighs more than what each member adds

    def needed(members):
        fields = []
        for graph in graphs:
            own = torch.unique(graph.superpixel[cells[members]].long())
            near, middle = graph.within(own, 2), graph.within(own, 1)
            fields.append((int(torch.isin(graph.superpixel.long(), near).sum()), len(near), len(middle)))
        shared, each = training_bytes(fields, values.shape[1], cells.shape[1], "internal", preset)
        return shared, each

    def fitting(room):
        return members_at_once(4, cells, graphs, values.shape[1], "internal", preset, room / 1e9)

    everyone = sum(needed([0, 1, 2, 3]))
    pair = max(shared + 2 * each for shared, each in (needed([0, 1]), needed([2, 3])))
    alone = max(sum(needed([k])) for k in range(4))
    assert alone < pair < everyone  # less than all of them share with one
    assert (fitting(pair), fitting(0.99 * pair), fitting(alone)) == (2, 1, 1)
    with pytest.raises(InputError, match="one member of internal needs about"):
        fitting(0.99 * alone)


def test_a_member_that_does_not_fit_says_what_to_change(survey, graphs):
    shared, each = needed(survey, graphs, LEAN)
    at_once(survey, graphs, 2, (shared + 1.01 * each) / 1e9)
    with pytest.raises(InputError, match=r"fusion needs about .* GB.*network\.memory") as raised:
        at_once(survey, graphs, 2, (shared + 0.99 * each) / 1e9)
    for knob in ("superpixels.n_segments", "scales", "grid.cell", "network.preset"):
        assert knob in str(raised.value)


def test_a_run_stops_before_it_takes_memory(survey, draw_members, train):
    values, graphs, _ = survey
    with pytest.raises(InputError, match=r"network\.memory allows 1e-06 GB"):
        train(values, graphs, draw_members(len(values), 2), memory=1e-6)


MEASURED = """
import sys
from dataclasses import replace
import numpy as np
import torch
from geohalo.network.checkpoint import Checkpoint
from geohalo.network.encoding import Encoding
from geohalo.network.engine import initial_members
from geohalo.network.members import Members
from geohalo.network.memory import spectrum_apart, training_bytes
from geohalo.network.presets import PRESETS
from geohalo.network.scales import ScaleGraph
from geohalo.network.training import Training
from geohalo.superpixels.graph import build_graph

torch.set_num_threads(1)
preset, members, side, labelled = PRESETS[sys.argv[1]], 16, 120, 500
y, x = np.mgrid[:side, :side]
graph = ScaleGraph.from_arrays(build_graph((y // 4) * (side // 4) + x // 4 + 1).arrays(), torch.device("cpu"))
values = torch.as_tensor(np.random.default_rng(0).normal(size=(side * side, 39)).astype(np.float32))
cells = np.stack([np.random.default_rng(m).choice(side * side, labelled, False) for m in range(members)])
labels = np.tile(np.arange(labelled) % 2, (members, 1))
drawn = Members(np.arange(members), cells, labels, np.zeros((members, side * side), bool))
state = initial_members(list(range(members)), 39, 1, preset, "fusion")

def peak():
    # Of this process alone: getrusage would tell the peak of the process that started it too.
    status = open("/proc/self/status").read()
    return int(status.split("VmHWM:")[1].split()[0]) * 1024

def train(which):
    part = {name: value[which].clone() for name, value in state.items()}
    Training(part, values, [graph], Encoding.of(values, [graph], preset), drawn[which], preset, "fusion").run(
        lambda *_: None, Checkpoint(), ""
    )

preset = replace(preset, epochs=2)
train(slice(0, 1))  # what libraries take once does not count
before = peak()
train(slice(0, members))
taken = peak() - before
apart = 1 if spectrum_apart(torch.device("cpu"), labelled, 39, preset) else None
fields = [(side * side, graph.n_superpixels, graph.n_superpixels)]
shared, each = training_bytes(fields, 39, labelled, "fusion", preset, apart)
print(taken, shared + members * each)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc/self/status")
@pytest.mark.parametrize("preset", ["default", "attention", "reference"])
def test_a_training_takes_at_most_twice_the_estimate(preset):
    """Peak memory of a process of its own, above that of a training of one member; nor less than a quarter of it."""
    scripts = Path(module.__file__).resolve().parents[2]
    measured = subprocess.run(
        [sys.executable, "-c", MEASURED, preset],
        env=os.environ | {"PYTHONPATH": str(scripts), "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        check=True,
    )
    taken, estimate = map(int, measured.stdout.split())
    assert estimate > 60e6
    assert 0.25 * estimate < taken < 2 * estimate, (taken / 1e6, estimate / 1e6)


def test_numbers_are_whole(survey, graphs):
    assert isinstance(at_once(survey, graphs, 3, 4.0), int)
    assert np.array(training_bytes([(10, 2, 2)], 39, 4, "fusion", LEAN)).dtype.kind == "i"
