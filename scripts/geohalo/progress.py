"""How far a long loop is, for the log."""

import logging
import time
from collections.abc import Iterator, Sequence
from typing import TypeVar

T = TypeVar("T")

#: Seconds between two lines on how far a loop is.
PATIENCE = 10.0


def steps(items: Sequence[T], what: str) -> Iterator[T]:
    """Yield the items of a loop and tell the user how far it is, at most every `PATIENCE` seconds.

    ``what`` names the items, as in ``block of rows``.
    """
    start = last = time.monotonic()
    for done, item in enumerate(items):
        now = time.monotonic()
        if done and now - last >= PATIENCE:
            left = (now - start) / done * (len(items) - done)
            logging.getLogger("geohalo").info(f"{what} {done} of {len(items)}, about {left:.0f} s left")
            last = now
        yield item
