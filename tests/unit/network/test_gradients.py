"""Members whose spectrum branch is trained one after another, in threads, against all of them together."""

import threading
from dataclasses import replace

import numpy as np
import pytest
import torch
from geohalo.network import gradients, memory
from geohalo.network.gradients import in_threads
from geohalo.network.memory import spectrum_activations, spectrum_apart
from geohalo.network.presets import PRESETS

CPU = torch.device("cpu")
RECIPES = PRESETS | {
    "learned, of the fused logits": replace(PRESETS["learned_fusion"], separate_losses=False),
    "between groups": replace(PRESETS["default"], variance_penalty=0.5, group_weights=True),
}
#: Members whose gradients are none of them rounding alone. The positive-unlabelled risk is a difference, which cancels
#: to rounding in single biases of one draw in three; what Adam then makes of it has a test of its own.
DRAWS = {"positive_unlabelled": 2}


@pytest.fixture
def threads():
    """Return a function that sets the number of threads for this test."""
    before = torch.get_num_threads()
    yield torch.set_num_threads
    torch.set_num_threads(before)


@pytest.fixture
def calls(monkeypatch):
    """Return the list of how many parts each step was cut into."""
    cut = []

    def counted(function, parts):
        cut.append(len(parts))
        return in_threads(function, parts)

    monkeypatch.setattr(gradients, "in_threads", counted)
    return cut


def grouped(members):
    """With two groups of deposits among the positives of each member."""
    groups = np.where(members.labels > 0, np.arange(members.labels.shape[1]) % 2, -1)
    return replace(members, groups=groups)


@pytest.fixture
def together_and_apart(survey, draw_members, train, monkeypatch, threads, calls):
    """Return a function that trains members together in one thread, and one after another in two."""

    def both(values, recipe, variant, seed):
        members, results = grouped(draw_members(len(values), seed=seed)), []
        for n_threads, bytes_apart in ((1, 1 << 60), (2, 0)):
            threads(n_threads)
            monkeypatch.setattr(memory, "APART_BYTES", bytes_apart)
            results.append(train(values, survey[1], members, recipe, variant, epochs=3))
        assert calls[-6:] == [1] * 3 + [3] * 3
        together, apart = results
        np.testing.assert_allclose(apart.history["loss"], together.history["loss"], rtol=1e-5)
        np.testing.assert_allclose(apart.score, together.score, atol=2e-4)
        return together.state, apart.state

    return both


@pytest.mark.parametrize("preset", RECIPES)
@pytest.mark.parametrize("variant", ["fusion", "spectrum"])
def test_one_after_another_is_what_they_are_together(survey, together_and_apart, preset, variant):
    """Losses, parameters and scores after some epochs, with all that is drawn at random."""
    together, apart = together_and_apart(survey[0], RECIPES[preset], variant, DRAWS.get(preset, 0))
    for name, value in together.items():
        close = {"rtol": 1e-3, "atol": 1e-4, "msg": lambda text, name=name: f"{name}: {text}"}
        torch.testing.assert_close(apart[name], value, **close)


def test_gradients_of_rounding_move_as_far_as_last_digits_do(survey, together_and_apart):
    """Adam makes whole steps of them: a change of the values' last digits moves the same biases as far."""
    values, recipe = survey[0], RECIPES["positive_unlabelled"]
    together, apart = together_and_apart(values, recipe, "fusion", 0)
    changed: dict[str, torch.Tensor] = {}
    for draw in range(4):
        digits = np.random.default_rng(draw).choice([-1, 1], values.shape) * 2.0**-23
        moved, _ = together_and_apart((values * (1 + digits)).astype(np.float32), recipe, "fusion", 0)
        for name, value in together.items():
            changed[name] = torch.maximum(changed.get(name, torch.zeros(())), (moved[name] - value).abs())
    sure = []
    for name, value in together.items():
        unsure = 2 * changed[name]
        assert ((apart[name] - value).abs() <= 1e-4 + 1e-3 * value.abs() + unsure).all(), name
        sure.append((unsure <= 1e-4).flatten())
    assert torch.cat(sure).float().mean() > 0.99


def test_one_after_another_in_mixed_precision(survey, draw_members, train, monkeypatch, threads):
    """Threads know of bfloat16 what the first one knows."""
    threads(2)
    found = {}
    for precision in ("mixed", "float32"):
        for bytes_apart in (0, 1 << 60):
            monkeypatch.setattr(memory, "APART_BYTES", bytes_apart)
            drawn = draw_members(len(survey[0]))
            result = train(*survey[:2], drawn, "reference", "spectrum", precision=precision)
            found[precision, bytes_apart > 0] = result.score
    np.testing.assert_allclose(found["mixed", False], found["mixed", True], atol=2e-3)
    assert not np.allclose(found["mixed", False], found["float32", False], atol=1e-5)


def test_the_number_of_threads_changes_no_bit(survey, draw_members, train, monkeypatch, threads):
    monkeypatch.setattr(memory, "APART_BYTES", 0)
    found = []
    for n_threads in (1, 2, 3):
        threads(n_threads)
        found.append(train(*survey[:2], draw_members(len(survey[0]), 5), "reference", "spectrum"))
    for other in found[1:]:
        assert np.array_equal(other.score, found[0].score)
        assert all(torch.equal(other.state[name], value) for name, value in found[0].state.items())


def test_each_thread_computes_alone_and_the_number_comes_back(threads):
    threads(3)
    assert in_threads(lambda part: (part, torch.get_num_threads()), [4, 5, 6, 7]) == [
        (k, 1) for k in range(4, 8)
    ]
    assert torch.get_num_threads() == 3
    assert in_threads(lambda part: (part, torch.get_num_threads()), [8]) == [(8, 3)]

    def fail(part):
        raise ZeroDivisionError(part)

    with pytest.raises(ZeroDivisionError):
        in_threads(fail, [1, 2])
    assert torch.get_num_threads() == 3


def test_calls_side_by_side_share_the_threads(threads):
    threads(4)
    assert in_threads(lambda part: torch.get_num_threads(), [0, 1, 2], together=2) == [2, 2, 2]
    assert torch.get_num_threads() == 4


def test_a_part_that_fails_ends_the_others(threads):
    """Which would wait for ever; parts that have not begun are not begun."""
    threads(2)
    stopped, begun = threading.Event(), []

    def work(part):
        begun.append(part)
        if part == 1:
            raise ZeroDivisionError(part)
        assert stopped.wait(60)

    with pytest.raises(ZeroDivisionError, match="1"):
        in_threads(work, [0, 1, 2, 3], together=2, give_up=stopped.set)
    assert stopped.is_set()
    assert {0, 1} <= set(begun)
    assert 3 not in begun


def test_which_branches_go_apart():
    """800 cells of the published branch leave 32 MB behind, of the default one 1.7 MB."""
    published, lean = PRESETS["reference"], PRESETS["default"]
    assert 4 * 800 * spectrum_activations(39, published) == 4 * 800 * 9952
    assert spectrum_apart(CPU, 800, 39, published)
    assert not spectrum_apart(CPU, 800, 39, lean)
    assert not spectrum_apart(CPU, 200, 39, published)
    assert not spectrum_apart(torch.device("cuda"), 800, 39, published)
