"""Measure runs and controls: held-out numbers, those of other splits, and the optimistic random split."""

from collections.abc import Mapping, Sequence
from typing import Any

from geohalo.evidence.type_evidence import type_lines
from geohalo.evidence.verdict import verdict
from geohalo.files.input_warnings import read_warnings
from geohalo.files.tables import write_csv, write_text
from geohalo.stages.shared.evidence import along_lines, measure_runs


def evaluate(
    runs: Sequence[tuple],
    elements: str,
    samples: str | None,
    folder: str,
    warnings: Sequence[str],
    files: Mapping[str, str],
    reach: float,
    names: Mapping[str, str],
    **arguments: Any,
) -> str:
    """Write the tables that ``files`` names, and the verdict if it is among them; returns the verdict.

    Parameters
    ----------
    runs : sequence of tuple
        Variant, scales, file of scores and method, for each run and control.
    elements : str
        File of the gridded elements.
    samples : str or None
        File of the samples, where evidence is measured at them.
    folder : str
        Folder of the folds.
    warnings : sequence of str
        What stages found doubtful in the input.
    files : mapping
        Tables to write, by name; ``verdict`` is a text.
    reach : float
        How far from a sample ground is mapped, in metres.
    names : mapping
        What figures and texts call variants and controls.
    **arguments
        Of `geohalo.stages.shared.evidence.measure_runs`.
    """
    tables = measure_runs(runs, elements, samples, folder, **arguments)
    tables["warnings"], doubts = read_warnings(warnings)
    for name, file in files.items():
        if name != "verdict":
            write_csv(tables[name], file)
    if "verdict" not in files:
        return ""
    metrics, comparisons, ranks = (tables[part] for part in ("metrics", "comparisons", "deposit_ranks"))
    traverse = along_lines(elements, reach)
    text = verdict(metrics, comparisons, ranks, names, traverse, [str(one) for one in doubts])
    if "type_evidence" in tables:
        text += "\n".join(["", *type_lines(tables["type_evidence"])]) + "\n"
    write_text(text, files["verdict"])
    return text
