"""What a rule asks for by the formulas in its text, worked out apart from Snakemake."""

import functools
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from geohalo.workflow.resources import megabytes, minutes, superpixel_pairs
from workflow_runs import ROOT, SETTINGS

KNOWN = {"megabytes": megabytes, "minutes": minutes, "superpixel_pairs": superpixel_pairs}


@functools.cache
def formulas(rule: str) -> tuple[str, str]:
    """Return the expressions for memory and time of a rule."""
    text = "".join(file.read_text() for file in sorted((ROOT / "rules").glob("*.smk")))
    found = re.search(rf"^( *)rule {rule}:\n((?:\1 +.*\n|\n)*)", text, re.MULTILINE)
    assert found, f"no rule {rule}"
    memory, runtime = (
        re.search(rf"^ +{name}=(.*),$", found[2], re.MULTILINE) for name in ("mem_mb", "runtime")
    )
    assert memory, f"rule {rule} lacks memory"
    assert runtime, f"rule {rule} lacks a time"
    return memory[1], runtime[1]


def request(
    rule: str,
    inputs: Iterable[Path],
    attempt: int = 1,
    results: Path | None = None,
    settings: Mapping[str, Any] = SETTINGS,
    **wildcards: str,
) -> tuple[int, int]:
    """Return MB and minutes that a rule asks for with some input files, if not told otherwise in the reduced demo."""
    known = KNOWN | {"config": settings, "path": lambda name: f"{results}/{name}.nc"}
    asked = (eval(text, known) for text in formulas(rule))
    memory, runtime = (one(SimpleNamespace(**wildcards), attempt, list(map(str, inputs))) for one in asked)
    return memory, runtime
