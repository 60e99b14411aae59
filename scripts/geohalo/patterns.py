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
from typing import Literal

from geohalo.errors import InputError

#: Seconds that an expression may take for all texts.
SECONDS = 5.0

_MATCH = (
    "import json, re, sys; p, how, texts = json.load(sys.stdin); match = getattr(re.compile(p), how); "
    "[match(text) for text in texts]"
)


class _LateError(Exception):
    """The time is up."""


def compiled(expression: str, key: str, group: str) -> re.Pattern[str]:
    """Compile an expression, which must have a named group.

    Raises
    ------
    InputError
        The expression is not valid or has no such group.
    """
    try:
        pattern = re.compile(expression)
    except (re.error, OverflowError, RecursionError) as error:
        raise InputError(f"{key}: {expression[:200]!r} is not a valid regular expression: {error}") from error
    if group not in pattern.groupindex:
        raise InputError(
            f"{key}: {expression[:200]!r} needs a group named `{group}`, such as (?P<{group}>[A-Z][a-z]?)"
        )
    return pattern


def matches(
    pattern: re.Pattern[str],
    texts: Iterable[str],
    key: str,
    how: Literal["fullmatch", "search"] = "fullmatch",
) -> dict[str, re.Match[str]]:
    """Return the texts that an expression matches, with their matches.

    Parameters
    ----------
    pattern : re.Pattern
    texts : iterable of str
    key : str
        Config key of the expression.
    how : {"fullmatch", "search"}
        Whether it must match the text as a whole, or may be found anywhere in it.

    Raises
    ------
    InputError
        Matching takes longer than `SECONDS`.
    """
    texts, match = list(texts), getattr(pattern, how)
    try:
        if hasattr(signal, "setitimer") and threading.current_thread() is threading.main_thread():
            with _alarm(SECONDS):
                return {text: found for text in texts if (found := match(text))}
        _match_elsewhere(pattern, how, texts, SECONDS)
        return {text: found for text in texts if (found := match(text))}
    except (_LateError, subprocess.TimeoutExpired):
        raise InputError(
            f"{key}: {pattern.pattern[:200]!r} takes more than {SECONDS:g} s on the names of this survey; repeats "
            "within repeats, such as (a+)+, may go on for ever. Simplify it."
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


def _match_elsewhere(pattern: re.Pattern[str], how: str, texts: list[str], seconds: float) -> None:
    """Match in a process of its own, where there are no alarms."""
    subprocess.run(
        [sys.executable, "-I", "-c", _MATCH],
        input=json.dumps([pattern.pattern, how, texts]),
        text=True,
        timeout=seconds + 1,  # for its start
        check=True,
        capture_output=True,
    )
