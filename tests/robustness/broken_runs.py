"""A run that can be broken off, and a disk that can be filled."""

import os
import re
import resource
import signal
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import psutil

#: Seconds of the processor that a run has for its jobs to end after a signal that it may answer.
GRACE = 60.0
#: The same on the clock: a run that waits for ever uses no processor.
PATIENCE = 300.0
#: Seconds of the clock after which a run that waits for anything is given up.
LONGEST = 3600.0
#: Seconds of the clock between two looks.
PAUSE = 0.7
#: What fills a disk.
FILLER = "filler"


@dataclass(frozen=True)
class Break:
    """A signal, to a run with all of its jobs or to the run alone."""

    name: str
    group: bool


class Run:
    """A run of the workflow in a process group of its own.

    Attributes
    ----------
    how : str
        What it was broken off by.
    status : int or None
        Exit status; None while it goes on.
    seconds : float
        From its start to its end.
    """

    def __init__(self, words: list[str], folder: Path, size: int | None = None) -> None:
        def limit() -> None:
            hard = resource.getrlimit(resource.RLIMIT_FSIZE)[1]
            resource.setrlimit(resource.RLIMIT_FSIZE, (hard if size is None else size, hard))

        self.folder = folder.resolve()
        self.how = "" if size is None else f"files of {size} bytes at most"
        self._start, self._end, self._cpu = time.monotonic(), 0.0, 0.0
        self._process = subprocess.Popen(
            words,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            preexec_fn=limit,
        )
        # Not to a file, which would have the limit as well.
        self._output: list[bytes] = []
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self._process.stdout is not None
        while part := os.read(self._process.stdout.fileno(), 1 << 16):
            self._output.append(part)

    @property
    def status(self) -> int | None:
        """Return the exit status."""
        return self._process.poll()

    @property
    def seconds(self) -> float:
        """Return the seconds from the start to the end."""
        return (self._end or time.monotonic()) - self._start

    def output(self) -> str:
        """Return what the run has told."""
        if self.status is not None:
            self._reader.join(2)  # jobs that outlive the run hold its output
        return b"".join(self._output).decode(errors="replace")

    def job(self) -> str:
        """Return the message of the job that the run was at."""
        started = re.findall(r"^Job (\d+): (.*)$", self.output(), re.MULTILINE)
        ended = set(re.findall(r"^Finished jobid: (\d+)", self.output(), re.MULTILINE))
        left = [message for number, message in started if number not in ended]
        return left[-1] if left else "between jobs" if started else "start"

    def wait(self, seconds: float, longest: float = LONGEST) -> bool:
        """Wait until the run and its jobs have used some seconds of the processor; tells whether the run goes on."""
        used, end = self._used(), time.monotonic() + longest
        while self._used() - used < seconds and time.monotonic() < end:
            try:
                self._process.wait(min(PAUSE, seconds))
            except subprocess.TimeoutExpired:
                continue
            self._end = self._end or time.monotonic()
            return False
        return True

    def _used(self) -> float:
        """Return the seconds of the processor that the run and its jobs have used until now, or until its end."""
        with suppress(OSError):
            # A job is the child of one of its threads.
            listed = Path(f"/proc/{self._process.pid}/task").glob("*/children")
            jobs = [int(pid) for file in listed for pid in file.read_text(encoding="ascii").split()]
            self._cpu = _cpu(self._process.pid) + sum(map(_cpu, jobs))
        return self._cpu

    def wait_for_job(self) -> bool:
        """Wait for the first job; tells whether the run goes on."""
        while "\nJob " not in self.output():
            if not self.wait(0.1):
                return False
        return True

    def kill(self, what: Break) -> None:
        """Send a signal and wait for the end of the run; one that does not end is killed."""
        self.how = f"{what.name} to {'all' if what.group else 'the run'}"
        (os.killpg if what.group else os.kill)(self._process.pid, getattr(signal, what.name))
        if self.wait(GRACE, PATIENCE):
            self.how += f", SIGKILL after {GRACE:g} s"
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()

    def end_by_itself(self, seconds: float) -> None:
        """Wait for the end of the run; one that does not end is killed."""
        if self.wait(seconds):
            self.kill(Break("SIGKILL", True))

    def left_behind(self, seconds: float = 15) -> list[int]:
        """Return the processes that still work in the run's folder after some seconds."""
        end = time.monotonic() + seconds
        while (left := self._at_work()) and time.monotonic() < end:
            time.sleep(0.3)
        return left

    def _at_work(self) -> list[int]:
        found = []
        for process in psutil.process_iter():
            try:
                if process.status() != psutil.STATUS_ZOMBIE and Path(process.cwd()) == self.folder:
                    found.append(process.pid)
            except (psutil.Error, OSError):
                continue
        return found


def _cpu(pid: int) -> float:
    """Return the seconds of the processor that a process has used, with those of its children that have ended."""
    fields = (
        Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
    )
    return sum(map(int, fields[11:15])) / os.sysconf("SC_CLK_TCK")


@contextmanager
def filled(folder: Path, megabytes: int) -> Iterator[None]:
    """Let a folder be a file system of its own, of limited size."""
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "tmpfs", folder], check=True)
    try:
        yield
    finally:
        subprocess.run(["umount", "--lazy", folder], check=True)


def room_left(folder: Path) -> int:
    """Return the bytes that a file system has left."""
    status = os.statvfs(folder)
    return status.f_bavail * status.f_frsize


def fill(folder: Path, left: int | None) -> None:
    """Leave so many bytes of a file system free, or all of it (None)."""
    filler = folder / FILLER
    filler.unlink(missing_ok=True)
    if left is None:
        return
    with filler.open("wb") as file:
        while (size := room_left(folder) - left) > 0:
            with suppress(OSError):  # a job may have taken some of it meanwhile
                os.posix_fallocate(file.fileno(), 0, os.fstat(file.fileno()).st_size + size)
