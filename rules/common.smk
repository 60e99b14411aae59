"""No rules: the checked config, the one table of paths, wildcards, and what all rules share."""

import ast
import functools
import hashlib
import re
import sys
from pathlib import Path

from snakemake.exceptions import WorkflowError

SCRIPTS = Path(workflow.basedir) / "scripts"
if str(SCRIPTS) not in sys.path:
    sys.path.append(str(SCRIPTS))

from geohalo.errors import InputError
from geohalo.settings import check_settings, simulated_tables

try:
    config = check_settings(
        config,
        ", ".join(map(str, workflow.overwrite_configfiles)) or "config/config.yaml",
    )
except InputError as error:
    raise WorkflowError(str(error)) from None

SURVEY = config["survey"]
SCALES = "-".join(str(n) for n in config["superpixels"]["n_segments"])
VARIANTS = config["network"]["variants"]
GRIDDED = "grids" in config
SCHEMES = ["held_out", "random", "final"]

# Files of a survey, below results/<survey>/.
FILES = {
    "simulated_samples": "simulated/samples.csv",
    "simulated_deposits": "simulated/deposits.csv",
    "truth": "simulated/truth.nc",
    "samples": "samples.parquet",
    "samples_report": "samples_report.csv",
    "deposits": "deposits.parquet",
    "elements": "elements.nc",
    "cube": "cube.nc",
    "superpixels": "superpixels/{n_segments}.tif",
    "graph": "graph/{n_segments}.npz",
    "folds_deposits": "folds/deposits.csv",
    "folds_table": "folds/{scheme}.csv",
    "folds_image": "folds/{scheme}.tif",
    "heldout": "runs/{variant}/{scales}/heldout.nc",
    "members": "runs/{variant}/{scales}/members.pt",
    "history": "runs/{variant}/{scales}/history.csv",
    "controls": "runs/controls/heldout.nc",
    "metrics": "metrics.csv",
    "deposit_ranks": "deposit_ranks.csv",
    "success_rate": "success_rate.csv",
    "map": "maps/{map}.tif",
    "figure": "figures/{figure}.png",
}


wildcard_constraints:
    n_segments="|".join(map(str, config["superpixels"]["n_segments"])),
    scales=re.escape(SCALES),
    variant="fusion|spectrum|spatial|internal|external",


def path(name, **wildcards):
    """Path of a survey's file; wildcards that are not given stay open."""
    pattern = FILES[name]
    for key, value in wildcards.items():
        pattern = pattern.replace(f"{{{key}}}", str(value))
    return f"results/{SURVEY}/{pattern}"


def log_file(rule, *wildcards):
    """Log of a rule's job."""
    return f"logs/{SURVEY}/{'_'.join([rule, *(f'{{{w}}}' for w in wildcards)])}.log"


def benchmark_file(rule, *wildcards):
    """Time and memory of a rule's job."""
    return f"benchmarks/{SURVEY}/{'_'.join([rule, *(f'{{{w}}}' for w in wildcards)])}.jsonl"


@functools.cache
def _imported_files(file):
    """Files below scripts/ that a Python file imports, itself included."""
    found = {file}
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        names = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            names = [
                node.module,
                *(f"{node.module}.{alias.name}" for alias in node.names),
            ]
        for name in names:
            place = SCRIPTS.joinpath(*name.split("."))
            for target in (place.with_suffix(".py"), place / "__init__.py"):
                if target.exists() and target not in found:
                    found |= _imported_files(target)
    return frozenset(found)


def code(rule, *resources):
    """Hash of what a rule's script imports and of resources it reads: an edit to one re-runs the rules that use it."""
    digest = hashlib.sha256()
    modules = _imported_files(SCRIPTS / f"{rule}.py") - {SCRIPTS / f"{rule}.py"}
    for file in [
        *sorted(modules),
        *(Path(workflow.basedir) / "resources" / name for name in resources),
    ]:
        digest.update(file.read_bytes())
    return digest.hexdigest()[:12]


def megabytes(base):
    """Memory of a job in MB, doubled with each retry."""
    return lambda wildcards, attempt: base * 2 ** (attempt - 1)


def survey_file(name, key):
    """Path of a file that the config names: in the data folder, or where its source will be downloaded to."""
    file = Path(config["data"]["folder"]) / name
    if not file.exists() and name not in config["data"]["sources"]:
        raise WorkflowError(
            f"config key {key}: {file} does not exist. Put the file there, name another folder in data.folder, or give "
            "its address and checksum in data.sources."
        )
    return str(file)


def survey_folds():
    """Files of the folds, those of deposits first."""
    tables = [path(kind, scheme=scheme) for scheme in SCHEMES for kind in ("folds_table", "folds_image")]
    return [path("folds_deposits"), *tables]


def final_outputs():
    """What `all` makes."""
    figures = [
        "elements",
        "superpixels",
        "folds",
        "anomaly_map",
        "heldout_map",
        "success_rate",
        "metrics",
        "history",
    ]
    figures += [] if GRIDDED else ["samples"]
    figures += ["truth"] if "simulate" in config else []
    return [
        path("metrics"),
        *([] if GRIDDED else [path("samples_report")]),
        *(path("map", map=name) for name in MAPS),
        *(path("figure", figure=name) for name in figures),
    ]


if "simulate" in config:
    TABLES = simulated_tables()
    SAMPLE_TABLE, DEPOSIT_TABLE = path("simulated_samples"), path("simulated_deposits")
else:
    TABLES = {"samples": config.get("samples"), "deposits": config["deposits"]}
    SAMPLE_TABLE = None if GRIDDED else survey_file(config["samples"]["file"], "samples.file")
    DEPOSIT_TABLE = survey_file(config["deposits"]["file"], "deposits.file")

MAPS = ["score", "spread", "heldout_score", "fold"]
# Where the survey has values: its samples, or the cells of its rasters.
PLACES = path("elements") if GRIDDED else path("samples")
CONTROLS = [name for name in config["evaluation"]["controls"] if not (GRIDDED and name == "sampling_density")]
