"""Regular expressions of users: some need years for a text of thirty letters, and are stopped after seconds."""

import json
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from types import FrameType

from geohalo.errors import InputError

#: Seconds that an expression may take for all texts.
SECONDS = 5.0

_SEARCH = "import json, re, sys; p, t = json.load(sys.stdin); p = re.compile(p); [p.search(x) for x in t]"


class _LateError(Exception):
    """The time is up."""


def check_speed(
    pattern: re.Pattern[str], texts: Iterable[str], key: str, seconds: float | None = None
) -> None:
    """Stop if an expression takes too long to search some texts.

    Raises
    ------
    InputError
        Names the key.
    """
    texts, seconds = list(texts), seconds or SECONDS
    try:
        if hasattr(signal, "setitimer") and threading.current_thread() is threading.main_thread():
            with _alarm(seconds):
                for text in texts:
                    pattern.search(text)
        else:
            _search_elsewhere(pattern, texts, seconds)
    except (_LateError, subprocess.TimeoutExpired):
        raise InputError(
            f"{key}: {pattern.pattern!r} takes more than {seconds:g} s on these names; repeats within repeats, such as "
            "(a+)+, may go on for ever. Simplify it."
        ) from None


@contextmanager
def _alarm(seconds: float) -> Iterator[None]:
    """Raise `_LateError` after some seconds; Python looks for signals while it matches."""

    def ring(number: int, frame: FrameType | None) -> None:
        raise _LateError

    before = signal.signal(signal.SIGALRM, ring)
    left, again = signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, left, again)
        signal.signal(signal.SIGALRM, before)


def _search_elsewhere(pattern: re.Pattern[str], texts: list[str], seconds: float) -> None:
    """Search in a process of its own, where there are no alarms."""
    subprocess.run(
        [sys.executable, "-I", "-c", _SEARCH],
        input=json.dumps([pattern.pattern, texts]),
        text=True,
        timeout=seconds + 1,  # for its start
        check=True,
        capture_output=True,
    )
