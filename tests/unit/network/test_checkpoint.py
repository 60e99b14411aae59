"""A killed training resumes and ends bit for bit as the unbroken one; nothing else is ever resumed from."""

import json
import os
import signal
import subprocess
import sys
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import torch
from geohalo.network import progress
from geohalo.network import run as module
from geohalo.network.checkpoint import Checkpoint, fingerprint
from geohalo.network.members import HISTORY
from geohalo.network.presets import PRESETS
from geohalo.network.run import Settings, train_and_predict

FOLD = np.array([0, 0, 1, 1])
# The rest of a fold trains for several epochs only if validation gets better for some.
SETTINGS = {
    "variant": "fusion",
    "epochs": 6,
    "patience": 6,
    "device": "cpu",
    "options": {"input_dropout": 0.2, "linear": False},
}


class BrokenOffError(Exception):
    """Carries the lines of progress told so far."""


@pytest.fixture
def members(survey, draw_members):
    """Two members with validation and two that learn from them, so that there are two parts."""
    drawn = draw_members(len(survey[0]), 4)
    labels = np.tile(np.arange(10) % 2, (4, 1))
    labels[[1, 3]] = -1
    return replace(drawn, validation_cells=(drawn.cells[:, :10] + 1) % 160, validation_labels=labels)


@pytest.fixture
def every_epoch(monkeypatch):
    """Write and report after every epoch, not after every minute and every tenth of the training."""
    monkeypatch.setattr(module, "Checkpoint", partial(Checkpoint, seconds=0))
    monkeypatch.setattr(progress, "LINES", 1000)


def run(survey, members, path=None, kill_at=None, **settings):
    """Train; with ``kill_at`` break off at that line of progress. Returns the result and the lines."""
    lines = []

    def report(line):
        lines.append(line)
        if kill_at is not None and sum("epoch" in one for one in lines) == kill_at:
            raise BrokenOffError(lines)

    chosen = Settings(**SETTINGS | settings, checkpoint=None if path is None else str(path))
    return train_and_predict(*survey[:2], members, chosen, FOLD, report), lines


def assert_same(first, second):
    for name in ("score", "best_epoch", "temperature"):
        np.testing.assert_array_equal(getattr(first, name), getattr(second, name))
    for name in HISTORY:
        np.testing.assert_array_equal(first.history[name], second.history[name])
    assert all(torch.equal(first.state[name], second.state[name]) for name in first.state)


def epochs_run(lines):
    return [int(line.split("epoch ")[1].split()[0]) for line in lines if "epoch" in line]


@pytest.mark.slow
@pytest.mark.parametrize("kill_at", [1, 4, 6, 8])
def test_a_broken_training_ends_as_the_unbroken_one(survey, members, tmp_path, every_epoch, kill_at):
    """Broken off at the first epoch, in the middle, at the last of the validated, and among the rest."""
    path = tmp_path / "folder" / "checkpoint.pt"
    whole, lines = run(survey, members)
    assert len(epochs_run(lines)) > 8
    with pytest.raises(BrokenOffError):
        run(survey, members, path, kill_at)
    assert path.exists() == (kill_at > 1)  # progress is reported before an epoch is written
    resumed, again = run(survey, members, path)
    assert_same(resumed, whole)
    # The epoch that it broke off in was told and not yet written, so that it runs once more.
    assert epochs_run(again) == epochs_run(lines)[kill_at - 1 :]
    assert not list(path.parent.iterdir())


@pytest.mark.slow
def test_broken_off_again_and_again(survey, members, tmp_path, every_epoch):
    path = tmp_path / "checkpoint.pt"
    for kill_at in (3, 2, 4):
        with pytest.raises(BrokenOffError):
            run(survey, members, path, kill_at)
    assert_same(run(survey, members, path)[0], run(survey, members)[0])


KILLED = """
import json, os, signal, sys
from functools import partial
import numpy as np
import torch
from geohalo.network import progress
from geohalo.network import run as module
from geohalo.network.checkpoint import Checkpoint
from geohalo.network.members import Members
progress.LINES = 1000
torch.set_num_threads(1)
module.Checkpoint = partial(Checkpoint, seconds=0)
stored = np.load(sys.argv[1])
graphs = [
    {name.split("/")[1]: stored[name] for name in stored if name.startswith(f"{scale}/")} for scale in range(2)
]
members = Members(**{name[8:]: stored[name] for name in stored if name.startswith("members/")})
told = []
def report(line):
    told.append(line)
    if sum("epoch" in one for one in told) == 5:
        os.kill(os.getpid(), signal.SIGKILL)
settings = module.Settings(**json.loads(sys.argv[3]), checkpoint=sys.argv[2])
module.train_and_predict(stored["values"], graphs, members, settings, stored["fold"], report)
"""


def test_a_killed_process_is_resumed_by_another(survey, members, tmp_path, every_epoch):
    """The kernel ends the process (SIGKILL) in its fifth epoch; this one goes on from the fourth.

    The fingerprint is therefore the same in both: it holds no address in memory.
    """
    values, graphs, _ = survey
    arrays = {"values": values, "fold": FOLD}
    arrays |= {
        f"{scale}/{name}": value for scale, graph in enumerate(graphs) for name, value in graph.items()
    }
    arrays |= {f"members/{name}": value for name, value in vars(members).items() if value is not None}
    np.savez(tmp_path / "data.npz", **arrays)
    path = tmp_path / "checkpoint.pt"
    scripts = Path(module.__file__).resolve().parents[2]
    killed = subprocess.run(
        [sys.executable, "-c", KILLED, tmp_path / "data.npz", path, json.dumps(SETTINGS)],
        env=os.environ | {"PYTHONPATH": str(scripts), "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    resumed, lines = run(survey, members, path)
    assert epochs_run(lines)[0] == 5
    assert_same(resumed, run(survey, members)[0])


CHANGES = {
    "data": lambda survey, members: ((survey[0] + 1e-3, *survey[1:]), members, {}),
    "graphs": lambda survey, members: ((survey[0], survey[1][::-1]), members, {}),
    "labels": lambda survey, members: (survey, replace(members, labels=1 - members.labels), {}),
    "preset": lambda survey, members: (survey, members, {"preset": "attention"}),
    "option": lambda survey, members: (survey, members, {"options": {"dropout": 0.4}}),
    "patience": lambda survey, members: (survey, members, {"patience": 5}),
    "spectrum_order": lambda survey, members: (survey, members, {"spectrum_order": tuple(range(11))[::-1]}),
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_checkpoint_of_something_else_is_not_resumed_from(survey, members, tmp_path, every_epoch, change):
    path = tmp_path / "checkpoint.pt"
    with pytest.raises(BrokenOffError):
        run(survey, members, path, 4)
    other, their_members, settings = CHANGES[change](survey, members)
    with pytest.raises(BrokenOffError) as killed:
        run(other, their_members, path, 1, **settings)
    assert epochs_run(killed.value.args[0]) == [1]


def test_the_fold_of_members_belongs_to_the_fingerprint(survey, members, tmp_path, every_epoch, monkeypatch):
    """Members learn from those of their fold, so that another fold is other work."""
    path = tmp_path / "checkpoint.pt"
    with pytest.raises(BrokenOffError):
        run(survey, members, path, 4)
    monkeypatch.setattr(sys.modules[__name__], "FOLD", FOLD[::-1].copy())
    with pytest.raises(BrokenOffError) as killed:
        run(survey, members, path, 1)
    assert epochs_run(killed.value.args[0]) == [1]


def test_a_truncated_file_is_ignored(survey, members, tmp_path, every_epoch):
    path = tmp_path / "checkpoint.pt"
    with pytest.raises(BrokenOffError):
        run(survey, members, path, 3)
    content = path.read_bytes()
    identity = torch.load(path, weights_only=True)["identity"]
    assert Checkpoint(path, identity).found
    for length in (0, 5, 1000, len(content) // 2, len(content) - 5):
        path.write_bytes(content[:length])
        assert not Checkpoint(path, identity).found
    result, lines = run(survey, members, path)
    assert epochs_run(lines)[0] == 1
    assert_same(result, run(survey, members)[0])
    assert not path.exists()


def test_unreadable_files_are_ignored(tmp_path):
    path = tmp_path / "checkpoint.pt"
    for content in (b"a text", b"PK\x03\x04 and no archive", bytes(1000)):
        path.write_bytes(content)
        assert Checkpoint(path).found == {}
    for other in ([1, 2], {"identity": "another"}, torch.zeros(3)):
        torch.save(other, path)
        assert Checkpoint(path).found == {}


class Evil:
    """Unpickling it would call a function."""

    def __reduce__(self):
        return os.mkdir, (str(Path(os.environ["EVIL_FOLDER"]) / "made"),)


def test_a_checkpoint_runs_no_code(tmp_path, monkeypatch):
    monkeypatch.setenv("EVIL_FOLDER", str(tmp_path))
    torch.save({"identity": "", "parts": {"": Evil()}}, tmp_path / "checkpoint.pt")
    assert Checkpoint(tmp_path / "checkpoint.pt").found == {}
    assert not (tmp_path / "made").exists()


def test_there_is_nothing_but_tensors_and_plain_containers_in_it(survey, members, tmp_path, every_epoch):
    path = tmp_path / "checkpoint.pt"
    with pytest.raises(BrokenOffError):
        run(survey, members, path, 8)
    content = torch.load(path, weights_only=True)
    assert set(content) == {"identity", "parts"}
    assert list(content["parts"]) == ["validated 0", "rest 0"]

    def walk(value):
        if isinstance(value, dict):
            assert all(isinstance(key, str) for key in value)
            return sum(walk(one) for one in value.values())
        if isinstance(value, list):
            return sum(walk(one) for one in value)
        assert type(value) is torch.Tensor
        return 1

    assert walk(content["parts"]) > 100


def test_nothing_is_written_without_a_path(survey, members, tmp_path, monkeypatch, every_epoch):
    monkeypatch.chdir(tmp_path)
    run(survey, members)
    assert not list(tmp_path.iterdir())


def test_writes_are_due_after_their_time(tmp_path):
    assert Checkpoint(tmp_path / "a", seconds=0).due("a")
    assert not Checkpoint(tmp_path / "a", seconds=1000).due("a")
    assert not Checkpoint(None, seconds=0).due("a")


@pytest.fixture
def side_by_side(monkeypatch):
    """Two parts of a member each, and a thread for each of them."""
    monkeypatch.setattr(module, "FEWEST_TOGETHER", 1)
    monkeypatch.setattr(module, "MOST_TOGETHER", 1)
    torch.set_num_threads(2)
    yield
    torch.set_num_threads(1)


def test_a_broken_training_of_parts_side_by_side(survey, members, tmp_path, every_epoch, side_by_side):
    """What one part writes of the other is a state that the other was in, bit for bit."""
    path = tmp_path / "checkpoint.pt"
    unbroken, lines = run(survey, members)
    assert "2 members of fusion, 1 at once, 2 such parts side by side, on cpu" in lines
    for kill_at in (5, 6, 7):
        with pytest.raises(BrokenOffError):
            run(survey, members, path, kill_at)
        assert torch.get_num_threads() == 2
    parts = torch.load(path, weights_only=True)["parts"]
    assert {"validated 0", "validated 1"} <= set(parts)
    assert_same(run(survey, members, path)[0], unbroken)
    torch.set_num_threads(1)
    assert_same(run(survey, members)[0], unbroken)


def test_writes_of_one_part_do_not_put_off_those_of_another(tmp_path):
    checkpoint = Checkpoint(tmp_path / "checkpoint.pt", seconds=1000)
    checkpoint.start -= 2000
    checkpoint.put("a", {})
    assert not checkpoint.due("a")
    assert checkpoint.due("b")


def test_parts_are_kept_beside_each_other(tmp_path):
    path = tmp_path / "checkpoint.pt"
    first = Checkpoint(path, "one")
    first.put("a", {"x": torch.ones(2)})
    first.put("b", {"x": torch.zeros(2)})
    found = Checkpoint(path, "one")
    assert found.get("a")["x"].tolist() == [1, 1]
    assert found.get("b")["x"].tolist() == [0, 0]
    assert found.get("c") is None
    assert Checkpoint(path, "two").get("a") is None
    found.remove()
    found.remove()
    assert not path.exists()


def test_fingerprints():
    a = np.arange(6.0)
    one = fingerprint([a, "x", PRESETS["default"]])
    assert one == fingerprint([a.copy(), "x", replace(PRESETS["default"])])
    others = [
        fingerprint([a.astype(np.float32), "x", PRESETS["default"]]),
        fingerprint([a.reshape(2, 3), "x", PRESETS["default"]]),
        fingerprint([a + 1, "x", PRESETS["default"]]),
        fingerprint([a, "y", PRESETS["default"]]),
        fingerprint([a, "x", PRESETS["reference"]]),
        fingerprint([a, "x", replace(PRESETS["default"], dropout=0.1)]),
    ]
    assert len({one, *others}) == 7
    assert fingerprint([np.asfortranarray(a.reshape(2, 3))]) == fingerprint([a.reshape(2, 3)])
    assert fingerprint([np.empty((2, 0))]) != fingerprint([np.empty((0, 2))])
