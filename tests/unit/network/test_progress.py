"""Progress of a training: the time left is that of all members, whichever are trained."""

import pytest
from geohalo.network.progress import Progress, StoppedError


class Clock:
    """Seconds that a test sets."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def lines():
    return []


def test_time_left_is_that_of_all_members(clock, lines):
    """8 members of 40 epochs, 4 at a time, 1 s for an epoch of a part: 80 s in all."""
    progress = Progress(8, 40, lines.append, clock)
    for _ in range(2):
        part = progress.part(4, 40)
        for epoch in range(1, 41):
            clock.now += 1
            part(epoch, 40, 0.5)
        part.end()
    assert len(lines) == 10
    assert lines[0] == "[#.........] 4 members, epoch 8 of 40, loss 0.500, 8 s, 72 s left for all members"
    assert lines[5] == "[######....] 4 members, epoch 8 of 40, loss 0.500, 48 s, 32 s left for all members"
    assert lines[-1] == "[##########] 4 members, epoch 40 of 40, loss 0.500, 80 s, 0 s left for all members"


def test_parts_side_by_side_share_the_time(clock, lines):
    progress = Progress(3, 10, lines.append, clock)
    two, one = progress.part(2, 10), progress.part(1, 10)
    for epoch in range(1, 6):
        clock.now += 1
        two(epoch, 10, 0.5)
        one(epoch, 10, 0.5)
    assert lines[-1].endswith("5 s, 5 s left for all members")


def test_epochs_that_are_not_needed_are_no_time_left(clock, lines):
    """Early stopping ends the first part at epoch 10 of 40, and the second is to learn for 10."""
    progress = Progress(2, 40, lines.append, clock)
    first = progress.part(1, 40)
    for epoch in range(1, 11):
        clock.now += 1
        first(epoch, 40, 0.5)
    assert lines[-1].endswith("8 s, 72 s left for all members")
    first.end()
    second = progress.part(1, 40)
    clock.now += 1
    second(1, 10, 0.5)
    assert lines[-1].startswith("[#####.....] 1 member, epoch 1 of 10")
    assert lines[-1].endswith("11 s, 9 s left for all members")


def test_epochs_of_a_checkpoint_took_no_time(clock, lines):
    """Resumed at epoch 21 of 40: 1 s an epoch, 19 s to go."""
    part = Progress(1, 40, lines.append, clock).part(1, 40)
    clock.now += 1
    part(21, 40, 0.5)
    assert lines == ["[#####.....] 1 member, epoch 21 of 40, loss 0.500, 1 s, 19 s left for all members"]


def test_a_stopped_training_ends_at_the_next_epoch(lines):
    progress = Progress(1, 40, lines.append)
    part = progress.part(1, 40)
    part(1, 40, 0.5)
    progress.stop()
    with pytest.raises(StoppedError):
        part(2, 40, 0.5)
