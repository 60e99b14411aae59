"""End a job whose run was killed: it would go on alone, and write the same files as the run that is started next."""

import os
import threading
import time
from pathlib import Path

#: Seconds between two looks.
PAUSE = 1.0

Process = tuple[int, str]


def _status(pid: int) -> tuple[int, Process] | None:
    """Return the parent of a process, and what tells it from later ones of its number; None if it has ended."""
    try:
        fields = (
            Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
        )
    except OSError:
        return None
    return None if fields[0] == "Z" else (int(fields[1]), (pid, fields[19]))


def runs_above(pid: int) -> list[Process]:
    """Return the processes of Snakemake that a process belongs to, from its parent upwards; none but on Linux."""
    found: list[Process] = []
    while pid > 0 and (status := _status(pid)):
        try:
            words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
        except OSError:
            break
        if not any(os.path.basename(word) == b"snakemake" for word in words):
            break
        found.append(status[1])
        pid = status[0]
    return found


def all_at_work(processes: list[Process]) -> bool:
    """Tell whether none of some processes has ended."""
    return all((status := _status(pid)) and status[1] == (pid, start) for pid, start in processes)


def end_with_run() -> None:
    """End this process as soon as its run has ended without it."""
    above = runs_above(os.getppid())

    def watch() -> None:
        while all_at_work(above):
            time.sleep(PAUSE)
        os._exit(1)

    if above:
        threading.Thread(target=watch, daemon=True).start()
