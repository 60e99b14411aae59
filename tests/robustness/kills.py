"""Kill a reduced survey at random moments, fill its disk, and compare every final file with an unbroken run's.

    python tests/robustness/kills.py --kills 100 --full-disks 20

A kill takes the run with all of its jobs, or the run alone, whose jobs then go on for a moment. A full disk is a limit
on the size of files. After each, the same command is given again. Ends with 1 if a file differs, if one is left half
written, or if a full disk is not told as such.
"""

import argparse
import hashlib
import os
import random
import resource
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pyogrio
import torch
import xarray as xr

ROOT = Path(__file__).resolve().parents[2]
#: What a full disk is told as.
TOLD = ("A file may not be larger than that here", "The disk is full")
#: Files that hold the time at which they were made, or how long it took.
TIMED = {".html", ".sha256"}


def command(folder: Path, config: Path, cores: int, *further: str) -> list[str]:
    """Return the command that a user types."""
    words = [sys.executable, "-m", "snakemake", "--snakefile", ROOT / "Snakefile", "--directory", folder]
    return list(map(str, [*words, "--cores", cores, "--max-threads", "1", "--configfile", config, *further]))


def run(words: list[str], seconds: float | None = None, group: bool = True, size: int | None = None) -> str:
    """Run a command, to its end or to its kill after some seconds; returns what it told."""

    def limit() -> None:
        hard = resource.getrlimit(resource.RLIMIT_FSIZE)[1]
        resource.setrlimit(resource.RLIMIT_FSIZE, (hard if size is None else size, hard))

    with tempfile.TemporaryFile("w+") as told:
        process = subprocess.Popen(
            words, stdout=told, stderr=subprocess.STDOUT, start_new_session=True, preexec_fn=limit
        )
        try:
            process.wait(seconds)
        except subprocess.TimeoutExpired:
            (os.killpg if group else os.kill)(process.pid, signal.SIGKILL)
            process.wait()
        told.seek(0)
        return told.read()


def content(file: Path) -> str:
    """Return a digest of what a file says, without the time at which it was written."""
    digest = hashlib.sha256()
    if file.suffix == ".nc":
        with xr.open_dataset(file) as data:
            for name, variable in sorted(data.variables.items(), key=lambda item: str(item[0])):
                digest.update(f"{name} {variable.dims} {variable.shape} {variable.dtype}".encode())
                values = variable.to_numpy()
                digest.update(str(values.tolist()).encode() if values.dtype == object else values.tobytes())
    elif file.suffix == ".pt":
        for name, tensor in sorted(torch.load(file, weights_only=True).items()):
            digest.update(name.encode() + tensor.numpy().tobytes())
    elif file.suffix == ".gpkg":
        for layer in sorted(name for name, _ in pyogrio.list_layers(file)):
            frame = pyogrio.read_dataframe(file, layer=layer)
            frame = pd.DataFrame(frame.to_wkt()) if isinstance(frame, gpd.GeoDataFrame) else frame
            digest.update(
                layer.encode() + frame.drop(columns="update_time", errors="ignore").to_csv().encode()
            )
    else:
        digest.update(file.read_bytes())
    return digest.hexdigest()


def state(folder: Path) -> dict[str, str]:
    """Return the content of every file of the results; of those that hold a time, that they are there."""
    files = sorted(file for file in (folder / "results").rglob("*") if file.is_file())
    return {
        str(file.relative_to(folder)): "there" if file.suffix in TIMED else content(file) for file in files
    }


def broken_off(
    words: list[str], unlock: list[str], arguments: argparse.Namespace, longest: float
) -> list[str]:
    """Break off a run again and again, and bring it to its end; returns what is wrong."""
    chance, wrong = random.Random(arguments.seed), []
    events = ["kill"] * arguments.kills + ["full"] * arguments.full_disks
    chance.shuffle(events)
    for number, event in enumerate(events, 1):
        if event == "full":
            size = int(10 ** chance.uniform(3, 6.5))
            told = run(words, chance.uniform(0.3, 1) * longest, size=size)
            if "GeoHalo stopped" in told and not any(one in told for one in TOLD):
                wrong.append(
                    f"no room for {size} bytes is told as: {told.partition('GeoHalo stopped')[2][:500]}"
                )
        else:
            group = chance.random() < 0.5
            told = run(words, chance.uniform(2, longest), group)
            if not group:
                time.sleep(2)  # its jobs end with it
        run(unlock)
        print(f"{number} of {len(events)}: {event}, {told.count('Finished jobid')} jobs done", flush=True)
    told = run(words)
    if "steps (100%) done" not in told and "Nothing to be done" not in told:
        wrong.append(f"the last run did not end well: {told[-2000:]}")
    return wrong


def main() -> None:
    """Compare an unbroken run and one that is broken off."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--full-disks", type=int, default=5)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--cores", type=int, default=1)
    parser.add_argument("--longest", type=float, help="seconds between two kills at most; a fifth of a run")
    parser.add_argument("--config", type=Path, default=ROOT / "config" / "test" / "small.yaml")
    parser.add_argument("--target", nargs="*", help="make these files alone, such as results/small/cube.nc")
    parser.add_argument("--unbroken", type=Path, help="folder of an unbroken run; one is made when left out")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        unbroken, broken = arguments.unbroken or Path(scratch, "unbroken"), Path(scratch, "broken")
        start = time.monotonic()
        how = (arguments.config, arguments.cores)
        target = ("--", *arguments.target) if arguments.target else ()
        told = run(command(unbroken, *how, *target))
        if "steps (100%) done" not in told and "Nothing to be done" not in told:
            sys.exit(f"the unbroken run did not end well: {told[-2000:]}")
        longest = arguments.longest or max(15.0, (time.monotonic() - start) / 5)
        words, unlock = command(broken, *how, *target), command(broken, *how, "--unlock")
        wrong = broken_off(words, unlock, arguments, longest)
        expected, found = state(unbroken), state(broken)
        wrong += [f"{name}: missing" for name in expected.keys() - found.keys()]
        wrong += [f"{name}: left behind" for name in found.keys() - expected.keys()]
        wrong += [
            f"{name}: differs" for name in expected.keys() & found.keys() if expected[name] != found[name]
        ]
    print("\n".join(wrong) or f"all {len(expected)} files are those of the unbroken run")
    sys.exit(bool(wrong))


if __name__ == "__main__":
    main()
