"""What to type after a run was killed: Snakemake's lock stays behind, and its message does not say it in one line."""

import functools
import os
import shlex
import shutil
import sys
from pathlib import Path

import psutil

from geohalo.errors import InputError
from geohalo.workflow.full_disks import full_disk_message

#: With one of these, nothing is locked.
UNLOCKED = (
    "--unlock",
    "--nolock",
    "-n",
    "--dry-run",
    "--dryrun",
    "--lint",
    "--report",
    "--dag",
    "--rulegraph",
)


def lock_message(folder: str | Path, argv: list[str], running: list[int]) -> str:
    """Say what holds a folder and what to do about it; empty if nothing does.

    Parameters
    ----------
    folder : path
        Where the workflow runs.
    argv : list of str
        The command that was given now.
    running : list of int
        Other runs in this folder on this machine.
    """
    locks = Path(folder, ".snakemake", "locks")
    if any(word in UNLOCKED for word in argv) or not (locks.is_dir() and any(locks.iterdir())):
        return ""
    if running:
        return (
            f"Another run is at work in this folder (process {', '.join(map(str, running))}). Wait until it has ended, "
            "or give this one a folder of its own (--directory)."
        )
    program = "snakemake" if shutil.which("snakemake") else f"{shlex.quote(sys.executable)} -m snakemake"
    return (
        "An earlier run in this folder was killed and has left its lock; on this machine no other run is at work here. "
        f"Type this once, which only takes the lock away:\n\n    {program} --unlock {shlex.join(argv[1:])}\n\n"
        "and then the same command as now: it goes on where the earlier run stopped."
    )


def other_runs(folder: str | Path) -> list[int]:
    """Return the processes of other runs in a folder, as far as this machine and its rights tell."""
    here, mine = os.path.realpath(folder), {os.getpid(), *(one.pid for one in psutil.Process().parents())}
    found = []
    for process in psutil.process_iter():
        try:
            words = process.cmdline()
            if process.pid in mine or not any(map(_of_a_run, words)):
                continue
            if os.path.realpath(process.cwd()) == here:
                found.append(process)
        except (psutil.Error, OSError):
            continue
    # The first one of a run; its jobs are runs of Snakemake, too.
    known = {process.pid for process in found}
    return sorted(process.pid for process in found if process.ppid() not in known)


def _of_a_run(word: str) -> bool:
    """Tell by a word of its command whether a process is Snakemake, or a job that a killed run has left behind."""
    return Path(word).name == "snakemake" or "/.snakemake/scripts/" in word


def check_writable(folder: str | Path, argv: list[str]) -> None:
    """Stop if nothing can be written where the workflow runs.

    Raises
    ------
    InputError
        Names the folder and what to do.
    """
    if set(argv) & {"-n", "--dry-run", "--dryrun"}:
        return
    for place in [Path(folder), *(Path(folder, name) for name in (".snakemake", "results", "logs"))]:
        if place.exists() and not os.access(place, os.W_OK):
            raise InputError(
                f"{place.resolve()} cannot be written: it is read-only, or belongs to someone else. Run in a folder of "
                "your own (--directory), or give yourself the right to write there."
            )
    # Snakemake's own lock would not fit, and its error does not say what to do.
    if message := full_disk_message(folder):
        raise InputError(message)


@functools.cache
def tell_lock() -> None:
    """Tell the user once, before Snakemake stops at the lock."""
    if message := lock_message(".", sys.argv, other_runs(".") if Path(".snakemake/locks").is_dir() else []):
        sys.stderr.write(f"\n{message}\n\n")
