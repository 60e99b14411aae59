"""Kill a reduced survey at random moments, fill its disk, and compare every file with an unbroken run's.

    python tests/robustness/kills.py --kills 100 --full-disks 20 --events events.csv

One run after the other is broken off and started again until it completes, then the next one from the start, until
there were as many breaks as asked for, or the time is up. With the folder of a finished run, most runs go on from what
it had made at a random moment, so that late stages are broken off as often as early ones. A break is

- a kill: SIGKILL, SIGTERM or SIGINT, to the run with all of its jobs or to the run alone. A lock that stays behind is
  taken away as `--unlock` does it, by that command, or by the one that the message of the next start names;
- a full disk: the run's folder is a file system of limited size (tmpfs, which takes root on Linux), in which a file
  leaves little or no room from a random moment until the run ends, and is then removed; or
- a limit on the size of files, as an account may have it.

After each break every file that has its final name must hold what the unbroken run's holds, and at the end of each
run there must be the same files and no others, with the right checksums. Ends with 1 if anything is wrong. It takes
about an hour, and is no part of the tests.
"""

import argparse
import csv
import json
import random
import re
import shutil
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path

from broken_runs import Break, Run, fill, filled
from final_files import Contents, changed, differences, hidden

ROOT = Path(__file__).resolve().parents[2]
#: What a full disk is told as.
FULL = ("A file may not be larger than that here", "The disk is full")
#: What says that a job ended with an error that is none of the disk.
UNKNOWN = "This is no fault that GeoHalo knows"
#: What ends a run well.
ENDED = ("steps (100%) done", "Nothing to be done")
#: Signals and whether they go to the jobs as well, with their weights.
KILLS = [("SIGKILL", True, 3), ("SIGKILL", False, 3), ("SIGTERM", True, 1), ("SIGTERM", False, 1)]
KILLS += [("SIGINT", True, 2), ("SIGINT", False, 1)]


def command(folder: Path, arguments: argparse.Namespace, *further: str) -> list[str]:
    """Return the command that a user types."""
    words = [sys.executable, "-m", "snakemake", "--snakefile", ROOT / "Snakefile", "--directory", folder]
    words += ["--cores", arguments.cores, "--max-threads", "1", "--configfile", arguments.config, *further]
    return list(map(str, [*words, *(("--", *arguments.target) if arguments.target else ())]))


class Breaker:
    """Breaks runs off, and keeps what happened and what is wrong.

    Attributes
    ----------
    folder : path
        Where the runs are broken off.
    events : list of dict
        One for each break: what it was, when, at which job, what the run told.
    wrong : list of str
    """

    def __init__(self, folder: Path, expected: dict[str, str], arguments: argparse.Namespace) -> None:
        self.folder, self.expected, self.arguments = folder, expected, arguments
        self.chance = random.Random(arguments.seed)
        self.contents = Contents(folder)
        self.events: list[dict] = []
        self.wrong: list[str] = []
        self._begin()

    def _begin(self) -> None:
        """Empty the folder, or fill it with what the unbroken run had made at a random moment."""
        subprocess.run(["find", self.folder, "-mindepth", "1", "-delete"], check=True)
        if self.arguments.unbroken is None or self.chance.random() < 0.1:
            return
        subprocess.run(["cp", "-a", f"{self.arguments.unbroken}/.", self.folder], check=True)
        # At the end of one of its jobs, which wrote one after the other.
        logs = (self.arguments.unbroken / "logs").rglob("*.log")
        ends = [json.loads(log.read_text(encoding="utf-8").splitlines()[-1])["end"] for log in logs]
        end = self.chance.choice(sorted(ends))
        for file in [one for one in (self.folder / "results").rglob("*") if one.is_file()]:
            if hidden(file, self.folder) or file.stat().st_mtime <= end:
                continue
            for one in (file, file.parent / ".digests" / f"{file.name}.sha256"):
                one.unlink(missing_ok=True)

    def run(self) -> Run:
        """Start the run again."""
        return Run(command(self.folder, self.arguments), self.folder)

    def moment(self, run: Run) -> bool:
        """Wait for a random moment, at the start or at work; tells whether the run is still going on."""
        if self.chance.random() < 0.15:
            return run.wait(self.chance.uniform(0.05, 4))
        return run.wait_for_job() and run.wait(self.chance.uniform(0, self.arguments.longest))

    def break_off(self, kind: str) -> bool:
        """Break a run off; tells whether it had ended before that."""
        run = self.run() if kind != "limit" else self._limited()
        if not self.moment(run):
            if kind != "limit" or any(word in run.output() for word in ENDED):
                return self._completed(run)
        elif kind == "kill":
            *how, _ = self.chance.choices(KILLS, [weight for *_, weight in KILLS])[0]
            run.kill(Break(*how))
        elif kind == "full":
            fill(self.folder, int(10 ** self.chance.uniform(2, 6)) if self.chance.random() < 0.7 else 0)
            run.end_by_itself(self.arguments.patience)
            fill(self.folder, None)
        else:
            run.end_by_itself(self.arguments.patience)
        self._record(kind, run)
        self._unlock(run)
        return False

    def _limited(self) -> Run:
        size = int(10 ** self.chance.uniform(3, 6))
        return Run(command(self.folder, self.arguments), self.folder, size)

    def _record(self, kind: str, run: Run) -> None:
        """Keep what a break did, and check what it left."""
        told = run.output()
        self.events.append(
            {
                "kind": kind,
                "how": run.how,
                "seconds": round(run.seconds, 1),
                "job": run.job(),
                "done": told.count("Finished jobid"),
                "status": run.status,
                "said": "; ".join(re.findall(r"\[Errno \d+\][^\n]*|GeoHalo stopped[^\n]*", told))[:300],
            }
        )
        name, before = f"break {len(self.events)} ({kind}, {run.how}, at {run.job()!r})", len(self.wrong)
        print(f"{len(self.events)}: {self.events[-1]}", flush=True)
        self.wrong += [f"{name}: {one}" for one in changed(self.expected, self.contents.final())]
        if left := run.left_behind():
            self.wrong.append(f"{name}: processes {left} go on")
        if kind != "kill":
            stopped = [part[:600] for part in told.split("GeoHalo stopped")[1:]]
            self.wrong += [
                f"{name}: told as{part}" for part in stopped if not any(one in part for one in FULL)
            ]
            if run.status == 0 and not any(word in told for word in ENDED):
                self.wrong.append(f"{name}: ended well without its files")
            if run.status and not any(one in told for one in FULL):
                self.wrong.append(f"{name}: no word of a full disk: {told[-800:]}")
        elif UNKNOWN in told:
            self.wrong.append(f"{name}: {told.partition('GeoHalo stopped')[2][:600]}")
        for one in self.wrong[before:]:
            print(f"WRONG {one}", flush=True)

    def _unlock(self, run: Run) -> None:
        """Take the lock away that a killed run leaves behind."""
        locks = self.folder / ".snakemake" / "locks"
        if not locks.is_dir() or not any(locks.iterdir()):
            self.events[-1]["lock"] = "none"
            return
        way = self.chance.random()
        if way < 0.8:  # what --unlock does, without its start
            self.events[-1]["lock"] = "removed"
            shutil.rmtree(locks)
            return
        self.events[-1]["lock"] = "--unlock"
        words: str | list[str] = command(self.folder, self.arguments, "--unlock")
        if way < 0.9:
            refused = self.run()
            refused.end_by_itself(120)
            advised = re.search(r"^ {4}(\S.* --unlock .*)$", refused.output(), re.MULTILINE)
            self.events[-1]["lock"] = "as the message says"
            if advised is None:
                self.wrong.append(f"break {len(self.events)}: the lock is told as: {refused.output()[-800:]}")
            else:
                words = advised[1]
        done = subprocess.run(
            words, shell=isinstance(words, str), capture_output=True, text=True, check=False
        )
        if locks.is_dir() and any(locks.iterdir()):
            self.wrong.append(f"break {len(self.events)}: still locked: {done.stderr[-800:]}")

    def _completed(self, run: Run) -> bool:
        """Check a run that has ended, and clear its folder for the next one; tells whether it ended well."""
        told = run.output()
        if not any(word in told for word in ENDED):
            self.wrong.append(f"after break {len(self.events)}: the run did not end well: {told[-1500:]}")
        found = differences(self.expected, self.contents.now())
        self.wrong += [f"the run completed after break {len(self.events)}: {one}" for one in found]
        print(
            f"completed after break {len(self.events)}; {len(found)} differences",
            *found[:20],
            sep="\n  ",
            flush=True,
        )
        self._begin()
        return True

    def complete(self) -> None:
        """Bring the last run to its end."""
        run = self.run()
        run.end_by_itself(3600)
        self._completed(run)


@contextmanager
def folder_of_runs(scratch: Path, megabytes: int):
    """Yield an empty folder, on a file system of its own if a size is given."""
    folder = scratch / "broken"
    folder.mkdir()
    if megabytes:
        with filled(folder, megabytes):
            yield folder
    else:
        yield folder


def parsed() -> argparse.Namespace:
    """Return the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--full-disks", type=int, default=0, help="needs root on Linux")
    parser.add_argument("--limits", type=int, default=0, help="breaks by a limit on the size of files")
    parser.add_argument("--minutes", type=float, default=600, help="no more breaks after this time")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--cores", type=int, default=1)
    parser.add_argument(
        "--longest", type=float, default=12, help="seconds of the processor from the first job to a break"
    )
    parser.add_argument(
        "--patience", type=float, default=60, help="the same, until a full disk must have told"
    )
    parser.add_argument("--room", type=int, default=200, help="megabytes of the disk that is filled")
    parser.add_argument("--config", type=Path, default=Path(__file__).with_name("reduced.yaml"))
    parser.add_argument("--target", nargs="*", help="make these files alone, such as results/reduced/cube.nc")
    parser.add_argument("--unbroken", type=Path, help="folder of a finished run; one is made when left out")
    parser.add_argument("--events", type=Path, help="table of the breaks")
    return parser.parse_args()


def main() -> None:
    """Compare an unbroken run with runs that are broken off."""
    arguments = parsed()
    kinds = ["kill"] * arguments.kills + ["full"] * arguments.full_disks + ["limit"] * arguments.limits
    random.Random(arguments.seed).shuffle(kinds)
    with tempfile.TemporaryDirectory() as scratch:
        unbroken = arguments.unbroken or Path(scratch, "unbroken")
        if arguments.unbroken is None:
            run = Run(command(unbroken, arguments), unbroken)
            run.end_by_itself(36_000)
            if not any(word in run.output() for word in ENDED):
                sys.exit(f"the unbroken run did not end well: {run.output()[-2000:]}")
        expected = Contents(unbroken).now()
        with folder_of_runs(Path(scratch), arguments.room * bool(arguments.full_disks)) as folder:
            breaker = Breaker(folder, expected, arguments)
            end = time.monotonic() + 60 * arguments.minutes
            while kinds and time.monotonic() < end:
                if not breaker.break_off(kinds[-1]):
                    kinds.pop()
                    _write(breaker.events, arguments.events)
            breaker.complete()
    print("\n".join(breaker.wrong) or f"all {len(expected)} files are those of the unbroken run")
    sys.exit(bool(breaker.wrong))


def _write(events: list[dict], path: Path | None) -> None:
    if path is None:
        return
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, ["kind", "how", "seconds", "job", "done", "status", "said", "lock"])
        writer.writeheader()
        writer.writerows(events)


if __name__ == "__main__":
    main()
