"""Dry runs of Snakemake in copies of a process that has its modules loaded, which takes longer than a dry run."""

import atexit
import functools
import io
import json
import multiprocessing
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

COPIES = multiprocessing.get_context("forkserver")
# Nothing of GeoHalo: each run loads that from where its own Snakefile finds it.
COPIES.set_forkserver_preload(["snakemake.cli", "snakemake.workflow", "pandas", "jsonschema"])


def dry_run(words: Sequence[str], environment: Mapping[str, str]) -> subprocess.CompletedProcess:
    """Do what ``python -m snakemake`` with these words would; output and messages come together in stdout."""
    with tempfile.NamedTemporaryFile() as told:
        started = (list(words), dict(environment), fresh_path(), told.name)
        process = COPIES.Process(target=_run, args=started)
        process.start()
        process.join()
        code = process.exitcode
        process.close()
        text = Path(told.name).read_text(encoding="utf-8")
    return subprocess.CompletedProcess(["snakemake", *words], code, text)


@functools.cache
def fresh_path() -> list[str]:
    """Return where Python looks for modules when it starts, without what the tests have added."""
    command = [sys.executable, "-c", "import json, sys; print(json.dumps(sys.path))"]
    return json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


def _run(words: list[str], environment: dict[str, str], path: list[str], told: str) -> None:
    """Be Snakemake: with its words, its environment and its streams."""
    from snakemake import __file__ as package
    from snakemake.cli import main

    os.environ.clear()
    os.environ.update(environment)
    sys.path[:] = path
    sys.argv = [str(Path(package).with_name("__main__.py")), *words]
    file = os.open(told, os.O_WRONLY | os.O_APPEND)
    for number, name in ((1, "stdout"), (2, "stderr")):
        os.dup2(file, number)
        stream = io.TextIOWrapper(io.FileIO(number, "w", closefd=False), write_through=True)
        setattr(sys, name, stream)
        setattr(sys, f"__{name}__", stream)
    try:
        main()
    finally:
        atexit._run_exitfuncs()
