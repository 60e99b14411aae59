"""Regular expressions of users: matched within a time limit, since some never end."""

import re
import signal
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from types import FrameType

from geohalo.errors import InputError

SECONDS = 5.0


def compiled(expression: str, key: str, group: str) -> re.Pattern[str]:
    """Compile an expression, which must have a named group.

    Raises
    ------
    InputError
        The expression is not valid or has no such group.
    """
    try:
        pattern = re.compile(expression)
    except re.error as error:
        raise InputError(f"{key}: {expression!r} is not a valid regular expression: {error}") from error
    if group not in pattern.groupindex:
        raise InputError(
            f"{key}: {expression!r} needs a group named `{group}`, such as (?P<{group}>[A-Z][a-z]?)"
        )
    return pattern


def matches(pattern: re.Pattern[str], texts: Iterable[str], key: str) -> dict[str, re.Match[str]]:
    """Return the texts that an expression matches as a whole, with their matches.

    Raises
    ------
    InputError
        Matching takes longer than `SECONDS`.
    """
    with _time_limit(f"{key}: {pattern.pattern!r} takes more than {SECONDS:g} s on the names of this file"):
        return {text: found for text in texts if (found := pattern.fullmatch(text))}


@contextmanager
def _time_limit(message: str) -> Iterator[None]:
    """Raise InputError when the block takes too long; without effect outside the main thread and on Windows."""
    if not hasattr(signal, "setitimer") or threading.current_thread() is not threading.main_thread():
        yield
        return

    def stop(number: int, frame: FrameType | None) -> None:
        raise InputError(
            f"{message}; repetitions inside repetitions, such as (a+)+, may go on for ever: simplify it"
        )

    before = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, SECONDS)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
