"""How a piece of work ends that is done in a process of its own: well, with a message, an unknown error, or late."""

import json
import os
import resource
import signal
import time
import traceback
from collections.abc import Callable
from dataclasses import asdict, dataclass

from geohalo.errors import InputError
from geohalo.workflow.job import advice

#: Seconds of the processor that a piece of work may take.
SECONDS = 10.0
#: Bytes that it may allocate.
MEMORY = 6 << 30
UNKNOWN = "no fault that GeoHalo knows"


@dataclass(frozen=True)
class Outcome:
    """How a piece of work ended.

    Attributes
    ----------
    kind : str
        "done", "message" (the user is told what is wrong), "unknown" (an error that no one expected), "late" or
        "crash".
    text : str
        What it returned, or what the user or the developer is told.
    seconds : float
        Of the processor.
    """

    kind: str
    text: str
    seconds: float

    @property
    def fault(self) -> bool:
        """Tell whether it should not have ended so."""
        return self.kind in ("unknown", "late", "crash")


def outcome(work: Callable[[], str]) -> Outcome:
    """Do a piece of work in a process of its own."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        with os.fdopen(writing, "w", encoding="utf-8") as told:
            json.dump(asdict(_done(work)), told)
        os._exit(0)
    os.close(writing)
    end = time.monotonic() + 30 * SECONDS  # of the clock, on a machine that is shared
    with os.fdopen(reading, encoding="utf-8") as told:
        signal.signal(signal.SIGALRM, lambda *_: os.kill(child, signal.SIGKILL))
        signal.setitimer(signal.ITIMER_REAL, end - time.monotonic())
        text = told.read()
        signal.setitimer(signal.ITIMER_REAL, 0)
    os.waitpid(child, 0)
    return Outcome(**json.loads(text)) if text else Outcome("crash", "the process ended or was stopped", 0.0)


def _done(work: Callable[[], str]) -> Outcome:
    """Do the work, within its limits of time and memory."""
    resource.setrlimit(resource.RLIMIT_DATA, (MEMORY, MEMORY))
    silence = os.open(os.devnull, os.O_WRONLY)
    for stream in (1, 2):  # what libraries print themselves, too
        os.dup2(silence, stream)

    def late(*_: object) -> None:
        raise TimeoutError(f"more than {SECONDS:g} s")

    signal.signal(signal.SIGPROF, late)
    signal.setitimer(signal.ITIMER_PROF, SECONDS)
    start = time.process_time()
    try:
        kind, text = "done", work()
    except TimeoutError:
        kind, text = "late", traceback.format_exc()
    except InputError as error:
        kind, text = "message", str(error)
    except Exception as error:
        known = UNKNOWN not in advice(error)
        kind, text = (
            ("message", f"{error}: {advice(error)}") if known else ("unknown", traceback.format_exc())
        )
    signal.setitimer(signal.ITIMER_PROF, 0)
    seconds = time.process_time() - start
    return Outcome("late" if seconds > SECONDS else kind, text, seconds)
