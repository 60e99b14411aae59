"""Change valid configs at random, in ways that respect the schema and in ways that do not, and run each one's stages.

    python tests/robustness/fuzz_configs.py --number 300 --plans 20 --keep faults

Each config is checked and taken as far as labelled cells and superpixels, or a short training where its network was
changed, in a process of its own. It may work or end with a message to the user; an error that no one expected and more
than 10 s of the processor are faults, which are told and kept. Some of the configs are also given to `snakemake -n`.
Ends with 1 if there are faults. It is no part of the tests.
"""

import argparse
import os
import random
import string
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "scripts"))

from geohalo.settings import documented_keys, resolve  # noqa: E402
from outcomes import Outcome, outcome  # noqa: E402
from small_surveys import emptied, run_stages, write_surveys  # noqa: E402

#: Values that fit nowhere, or only just.
ODD: list[Any] = yaml.safe_load(Path(__file__).with_name("odd_values.yaml").read_text(encoding="utf-8"))
ODD += ["x" * 5000, list(range(1000))]


def in_range(node: dict[str, Any], chance: random.Random) -> Any:
    """Return a value that the schema may allow."""
    node = resolve(node)
    if "oneOf" in node:
        return in_range(chance.choice(node["oneOf"]), chance)
    if "enum" in node:
        return chance.choice(node["enum"])
    kinds = node.get("type", "string")
    kind = chance.choice(kinds) if isinstance(kinds, list) else kinds
    if kind in ("number", "integer"):
        low = node.get("minimum", node.get("exclusiveMinimum", -10))
        high = node.get("maximum", node.get("exclusiveMaximum", 10**6))
        near = chance.choice([low, low, high, low + (high - low) * chance.random() ** 8])
        number = (
            near + chance.choice([0, 0, 1e-9, 1, -1])
            if kind == "number"
            else int(near) + chance.choice([0, 1])
        )
        return float(number) if kind == "number" else number
    if kind == "boolean":
        return chance.random() < 0.5
    if kind == "array":
        return [in_range(node.get("items", {}), chance) for _ in range(chance.randint(0, 3))]
    if kind == "object":
        further = node.get("additionalProperties")
        value = further if isinstance(further, dict) else {}
        return {chance.choice(["Cu", "Zn", "x", "samples.csv", "grid.cell"]): in_range(value, chance)}
    if kind == "null":
        return None
    return chance.choice([one for one in ODD if isinstance(one, str)])


def sections(value: Any, path: tuple = ()) -> Iterator[tuple]:
    """Yield the paths of all mappings in a config, its own (empty) one first."""
    if isinstance(value, dict):
        yield path
        for key, part in value.items():
            yield from sections(part, (*path, key))


def at(config: dict[str, Any], path: tuple) -> dict[str, Any]:
    """Return a section of a config."""
    for key in path:
        config = config[key]
    return config


def changed(config: dict[str, Any], chance: random.Random) -> dict[str, Any]:
    """Return a config with one to three changes."""
    config = deepcopy(config)
    for _ in range(chance.choice([1, 1, 2, 3])):
        section = at(config, chance.choice(list(sections(config))))
        keys = list(section)
        what = chance.random()
        if what < 0.65:
            _set_documented(config, chance)
        elif what < 0.8 and keys:
            section[chance.choice(keys)] = deepcopy(chance.choice(ODD))
        elif what < 0.84 and keys:
            del section[chance.choice(keys)]
        elif what < 0.88 and keys:  # a letter more, less or other
            key = chance.choice(keys)
            place = chance.randrange(len(str(key)) + 1)
            section[str(key)[:place] + chance.choice(string.printable) + str(key)[place + 1 :]] = section.pop(
                key
            )
        elif what < 0.92 and keys:  # a level too deep
            key = chance.choice(keys)
            section[key] = {key: section[key]}
        elif what < 0.96:  # in the wrong place
            other = at(config, chance.choice(list(sections(config))))
            section.update(
                {key: deepcopy(value) for key, value in list(other.items())[:2] if value is not section}
            )
        else:
            section[deepcopy(chance.choice([1, None, True, 1.5, "", "Cu", "x" * 300]))] = deepcopy(
                chance.choice(ODD)
            )
    return config


def _set_documented(config: dict[str, Any], chance: random.Random) -> None:
    """Set a key that the schema knows, to a value that it may allow or to one that it may not."""
    key, node = chance.choice(
        [one for one in documented_keys() if one[0].split(".")[0] in (*config, "cube", "targets")]
    )
    *path, last = key.split(".")
    section: Any = config
    for name in path:
        section = section.setdefault(name, {})
        if not isinstance(section, dict):
            return
    section[last] = in_range(node, chance) if chance.random() < 0.85 else deepcopy(chance.choice(ODD))


def as_read(config: dict[str, Any]) -> Any:
    """Return a config as it is read from a file; raises `yaml.YAMLError` for one that cannot be written."""
    return yaml.safe_load(yaml.safe_dump(config, sort_keys=False, allow_unicode=True))


def planned(config: Any, folder: Path) -> Outcome:
    """Give a config to `snakemake -n`."""
    file = folder / "config.yaml"
    file.write_text(yaml.safe_dump(config, sort_keys=False, allow_unicode=True), encoding="utf-8")
    words = [
        sys.executable,
        "-m",
        "snakemake",
        "-n",
        "--snakefile",
        ROOT / "Snakefile",
        "--directory",
        folder,
    ]
    done = subprocess.run(
        list(map(str, [*words, "--cores", "1", "--configfile", file])),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if done.returncode == 0:
        return Outcome("done", "", 0.0)
    # Only a WorkflowError comes from a check.
    known = "WorkflowError" in done.stdout and "Traceback" not in done.stdout
    return Outcome("message" if known else "unknown", done.stdout[-3000:], 0.0)


def main() -> None:
    """Run the changed configs and tell their outcomes."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--number", type=int, default=300)
    parser.add_argument(
        "--plans", type=int, default=20, help="how many of them are given to snakemake -n as well"
    )
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", type=int, help="run this one alone, and tell its outcome")
    parser.add_argument("--keep", type=Path, help="folder for the configs that end in a fault")
    arguments = parser.parse_args()
    counts: Counter[str] = Counter()
    if arguments.keep is not None:
        arguments.keep.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch:
        data, work = Path(scratch, "data"), Path(scratch, "work")
        data.mkdir()
        # In a process of its own: libraries that are in use with threads do not survive a fork.
        written = outcome(lambda: yaml.safe_dump(write_surveys(data)))
        surveys = yaml.safe_load(written.text)
        for name, config in surveys.items():
            if arguments.only is None and (plain := _ended(config, config, emptied(work))).text != "done":
                sys.exit(f"the unchanged survey {name} ends with {plain}")
        numbers = range(arguments.number) if arguments.only is None else [arguments.only]
        for number in numbers:
            chance = random.Random(f"{arguments.seed} {number}")
            config = surveys[chance.choice(sorted(surveys))]
            while True:
                other = changed(config, chance)
                try:
                    read = as_read(other)
                    break
                except (yaml.YAMLError, ValueError):
                    continue
            found = _ended(read, config, emptied(work))
            outcomes = [found]
            if number % max(1, arguments.number // max(1, arguments.plans)) == 0 and arguments.plans:
                outcomes.append(planned(read, emptied(work)))
            for one in outcomes:
                if arguments.keep is not None:
                    with (arguments.keep / "outcomes.txt").open("a", encoding="utf-8") as file:
                        file.write(f"{number}: {one.kind}, {one.seconds:.1f} s: {one.text[:300]!r}\n")
                counts[one.kind if one.kind != "done" else one.text or "planned"] += 1
                if one.fault or arguments.only is not None:
                    _tell(number, one, read, arguments.keep)
    print(dict(counts))
    sys.exit(any(counts[kind] for kind in ("unknown", "late", "crash")))


def _ended(read: Any, config: dict[str, Any], work: Path) -> Outcome:
    """Take a config through the stages; with a training where it changes what the network learns by."""
    trains = isinstance(read, dict) and any(read.get(key) != config.get(key) for key in ("network", "cube"))

    def stages() -> str:
        os.chdir(work)
        return run_stages(read, work, network=trains)

    return outcome(stages)


def _tell(number: int, found: Outcome, config: Any, keep: Path | None) -> None:
    print(f"--- {number}: {found.kind}, {found.seconds:.1f} s\n{found.text[-1800:]}", flush=True)
    if keep is not None:
        text = yaml.safe_dump(config, sort_keys=False, allow_unicode=True)
        (keep / f"{number}.yaml").write_text(f"# {found.kind}\n{text}", encoding="utf-8")


if __name__ == "__main__":
    main()
