"""Progress of a training: how much of all members' epochs is done, and the time that the rest will take."""

import math
import threading
import time
from collections.abc import Callable

#: Lines in a training, at most, and marks of its bar.
LINES = BAR = 10


class StoppedError(Exception):
    """Another part of the training has failed or was broken off."""


class Progress:
    """Report a bar with loss and time left of all members, about ten times in a training.

    Parameters
    ----------
    members : int
        Members of the whole training.
    epochs : int
        Epochs of each, at most.
    report : callable
        Receives the lines.
    clock : callable
        Seconds that have passed.
    """

    def __init__(
        self,
        members: int,
        epochs: int,
        report: Callable[[str], None],
        clock: Callable[[], float] = time.perf_counter,
    ):
        self.report, self.clock, self.start = report, clock, clock()
        self.total, self.done, self.resumed, self.lines = members * epochs, 0, 0, 0
        # Parts of the members train side by side.
        self.lock, self.stopped = threading.Lock(), threading.Event()

    def part(self, members: int, planned: int) -> "Part":
        """Return what a part of the members reports to; ``planned`` epochs of each are in the total."""
        return Part(self, members, planned)

    def stop(self) -> None:
        """End every part at its next epoch."""
        self.stopped.set()

    def add(self, part: "Part", trained: int, dropped: int, resumed: int) -> None:
        """Count epochs of members: trained now, known not to be needed, or taken from a checkpoint.

        Raises
        ------
        StoppedError
            If the training has been stopped.
        """
        if self.stopped.is_set():
            raise StoppedError
        with self.lock:
            self.done += trained + resumed
            self.total -= dropped
            self.resumed += resumed
            lines = LINES * self.done // max(1, self.total)
            if lines <= self.lines:
                return
            self.lines = lines
            spent = self.clock() - self.start
            left = spent / max(1, self.done - self.resumed) * (self.total - self.done)
            bar = f"{'#' * (BAR * self.done // max(1, self.total)):.<{BAR}}"
            self.report(
                f"[{bar}] {part.name}, epoch {part.epoch} of {part.planned}, loss {part.loss:.3f}, {spent:.0f} s, "
                f"{left:.0f} s left for all members"
            )


class Part:
    """Progress of members that are trained together.

    Parameters
    ----------
    whole : Progress
    members : int
    planned : int
        Epochs of each that the whole training counts on.
    """

    def __init__(self, whole: Progress, members: int, planned: int):
        self.whole, self.members, self.planned, self.epoch = whole, members, planned, 0
        self.loss = math.nan
        self.name = f"{members} members" if members > 1 else "1 member"

    def __call__(self, epoch: int, total: int, loss: float) -> None:
        """Take note of an epoch that is done; earlier ones that were not seen come from a checkpoint."""
        resumed = epoch - 1 - self.epoch
        dropped = self.planned - total
        self.epoch, self.planned, self.loss = epoch, total, loss
        self.whole.add(self, self.members, self.members * dropped, self.members * resumed)

    def end(self) -> None:
        """Take note that the part has ended: by early stopping, before its last epoch."""
        dropped = self.planned - self.epoch
        self.planned = self.epoch
        self.whole.add(self, 0, self.members * dropped, 0)
