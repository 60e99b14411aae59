"""No rules: the checked config, the one table of paths, the runs, wildcards, and what all rules share."""

import functools
import re
import sys
from pathlib import Path

import pandas as pd
from snakemake.exceptions import WorkflowError
from snakemake.utils import Paramspace

SCRIPTS = ROOT / "scripts"
if str(SCRIPTS) not in sys.path:
    sys.path.append(str(SCRIPTS))

from geohalo.workflow.hidden_addresses import hide_addresses
from geohalo.workflow.dry_runs import leave_out_reasons
from geohalo.workflow.full_disks import tell_full_disk
from geohalo.workflow.locks import check_writable, tell_lock
from geohalo.workflow.resources import megabytes, minutes, superpixel_pairs
from geohalo.workflow.sources import content_hash, files_hash
from geohalo.errors import InputError
from geohalo.control_table import TABLE as CONTROL_TABLE
from geohalo.control_table import OF_TREES, fitting, needing
from geohalo.files.paths import file_path
from geohalo.medium import medium_of
from geohalo.network.presets import KINDS, PRESETS
from geohalo.network.presets import VARIANTS as BRANCHES
from geohalo.package_files import RESOURCES
from geohalo.package_yaml import read_yaml
from geohalo.product_table import FIGURES, figures_for, maps_for, maps_of
from geohalo.product_table import MAPS as ALL_MAPS
from geohalo.settings import check_settings, simulated_layers, simulated_tables, used_interpolation
from geohalo.superpixels.counts import fineness
from geohalo.survey.table_files import data_file

try:
    if workflow.is_main_process:
        check_writable(".", sys.argv)
        tell_full_disk(".")
        tell_lock()
        leave_out_reasons(sys.argv)
    config = hide_addresses(
        check_settings(
            config,
            ", ".join(map(str, workflow.overwrite_configfiles)) or "config/config.yaml",
        )
    )
except InputError as error:
    raise WorkflowError(str(error)) from None

SURVEY = config["survey"]
# Layers beside geochemistry. What each kind of data finds alone is trained on the same folds, for the verdict.
COVARIATES = config["covariates"]
# The terrain that stream samples have their catchments on, if any.
TERRAIN = config.get("terrain")
# What samples are mapped as: soil by interpolation, streams and till by the ground that they came from.
MEDIUM = medium_of(config)
UNMIXED = MEDIUM != "soil"
ALONE = [*KINDS] if COVARIATES else []
VARIANTS = [*config["network"]["variants"], *ALONE]
GRIDDED = "grids" in config
# Realisations of the interpolated elements that the map is the mean of; 0 for a map of the interpolated ones alone.
REALISATIONS = config["interpolation"]["realisations"]
# Whether the grid is worked on in bands of rows.
TILED = config["grid"]["tiles"] > 1
# The wildcard of jobs that work on one tile, such as 2-of-8, for the names of their logs.
TILE = ["scatteritem"] if TILED else []
# Labels are a raster of classes instead of deposits.
CLASSES = "raster" in config["labels"]
# Whether the table tells batches: their levels are compared, and brought to one where the config asks for it.
LEVELLED = bool(config.get("samples", {}).get("batch") or config.get("simulate", {}).get("levelling"))
# Stages that tell what is doubtful in the input, in their order.
WARNING_STAGES = [
    "read_grids" if GRIDDED else "clean_samples",
    *(["level_samples"] if LEVELLED else []),
    *(["delineate_catchments"] if TERRAIN else []),
    *(["unmix_elements"] if UNMIXED else []),
    *(["prepare_covariates"] if COVARIATES else []),
    *(["read_effort"] if "effort" in config else []),
    *([] if CLASSES else ["clean_deposits", "make_folds"]),
]
# Whether the deposits have types, whose evidence is reported apart.
TYPED = not CLASSES and bool(config.get("deposits", {}).get("type"))
EVALUATED = [
    "metrics",
    "warnings",
    *(
        ["confusion"]
        if CLASSES
        else ["deposit_ranks", "success_rate", "calibration", "comparisons", "verdict"]
    ),
    *(["type_evidence"] if TYPED else []),
]
SCHEMES = ["held_out", "inner", *(["random"] if config["evaluation"]["random"] else []), "final"]
SCHEMES += sorted(config["labels"]["extra_splits"])
# Whether superpixels of the map learn which neighbours to attend to.
ATTENTION = (
    config["network"]["options"].get("attention", PRESETS[config["network"]["preset"]].attention)
    and "external" in BRANCHES[VARIANTS[0]]
)
# Whether the map is explained: there is no background that one class of several would differ from.
EXPLAINED = config["explanation"]["attribution"] and not CLASSES
EXPLANATIONS = ["attribution", "target_attribution", "target_neighbours"] if EXPLAINED else []

# What a job that trains takes beside memory and time: a workstation counts it, and a cluster gives it a GPU.
# `network.device: cpu` does without.
TRAINING = {} if config["network"]["device"] == "cpu" else {"training": 1, "gres": "gpu:1"}


def run_space(variants, settings):
    """Every variant with every set of superpixel counts. The columns are the wildcards of a run's folder."""
    scales = dict.fromkeys("-".join(map(str, sorted(counts, key=fineness))) for counts in settings)
    rows = [(variant, scale) for variant in variants for scale in scales]
    return Paramspace(pd.DataFrame(rows, columns=["variant", "scales"]))


USED, COMPARED = (
    config["superpixels"]["n_segments"],
    config["experiments"]["n_segments"],
)
SCALES = run_space(VARIANTS[:1], [USED]).scales[0]
# The first variant learning from permuted labels, a run of its own.
SHUFFLED = [name for name in config["evaluation"]["controls"] if name == "shuffle"]
# Whether there is a linear term, which `ablation` then compares as well.
LINEAR = (
    config["network"]["options"].get("linear", PRESETS[config["network"]["preset"]].linear) and not CLASSES
)
# The runs of `all`, of `ablation` and of `sweep`; what they share is trained once.
TRAINED = run_space([*VARIANTS, *SHUFFLED], [USED])
# The one that the map is made by.
MAPPING = run_space(VARIANTS[:1], [USED])
ABLATED = [name for name in config["experiments"]["variants"] if name != "linear" or LINEAR]
ABLATION = run_space([*ABLATED, *SHUFFLED], [USED])
SWEEP = run_space(VARIANTS[:1], [*COMPARED, USED])


wildcard_constraints:
    n_segments="|".join({str(n): None for counts in [USED, *COMPARED] for n in counts}),
    scales="|".join(map(re.escape, SWEEP.scales)),
    variant="|".join([*BRANCHES, "shuffle"]),


def path(name, **wildcards):
    """Path of a survey's file; wildcards that are not given stay open."""
    return f"results/{SURVEY}/{file_path(name, **wildcards)}"


def of_tile(name):
    """A tile's part of a file, which is removed once the whole is there; the file itself where there are no tiles."""
    return temp(path(f"{name}_tile")) if TILED else path(name)


def tile_name(wildcards):
    """Name of the tile that a job works on; None for all rows."""
    return wildcards.get("scatteritem")


def log_file(rule, *wildcards):
    """Log of a rule's job."""
    return f"logs/{SURVEY}/{'_'.join([rule, *(f'{{{w}}}' for w in wildcards)])}.log"


def benchmark_file(rule, *wildcards):
    """Time and memory of a rule's job, as Snakemake records them."""
    return f"benchmarks/{SURVEY}/{'_'.join([rule, *(f'{{{w}}}' for w in wildcards)])}.jsonl"


def code(rule, *resources):
    """Hash of what a rule's script imports and of resources it reads: an edit to one re-runs the rules that use it."""
    return content_hash(rule, [RESOURCES / name for name in resources])


def survey_file(name, key):
    """Path of a file that the config names: in the data folder, or where its source will be downloaded to."""
    try:
        return data_file(config["data"], name, key)
    except InputError as error:
        raise WorkflowError(str(error)) from None


def assay_tables(section):
    """Paths of the table of assays that a section `samples` joins, if any."""
    join = (section or {}).get("join")
    return [survey_file(join["file"], "samples.join.file")] if join else []


def certified_tables(section):
    """Paths of the table of certified values that a section `samples` names, if any."""
    name = ((section or {}).get("quality") or {}).get("certified")
    return [survey_file(name, "samples.quality.certified")] if name else []


def run_files(name, space):
    """A file of every run of a space."""
    return expand(path(name), zip, **space.to_dict("list"))


def branches(wildcards):
    """The variant of the network that a run trains."""
    return VARIANTS[0] if wildcards.variant == "shuffle" else wildcards.variant


def measured(space, controls=()):
    """What the script `evaluate` measures: (variant, scales, file, method) of runs and controls."""
    runs = zip(space.variant, space.scales, run_files("heldout", space))
    return [(*run, None) for run in runs] + [(name, "", path("controls"), name) for name in controls]


def method_names():
    """What figures and texts call variants and controls."""
    table = read_yaml(RESOURCES / "colour_maps.yaml")
    return {name: label for name, (label, *_) in table["methods"].items()} | {
        control.name: control.label for control in CONTROL_TABLE
    }


def survey_folds():
    """Files of the folds, those of deposits first."""
    tables = [path(kind, scheme=scheme) for scheme in SCHEMES for kind in ("folds_table", "folds_image")]
    return [path("folds_deposits"), *tables]


def several_needed(target, why):
    """Return an input function that says what a target of several surveys needs: this is the workflow of one."""

    def needed(wildcards):
        raise WorkflowError(
            f"snakemake {target}: {why}, and this config is that of one. List them in a config of their own, as "
            "config/many.yaml does (key 'surveys')."
        )

    return needed


def judged_input(wildcards):
    """What `judge` makes; an error where the config names no map."""
    if not JUDGE:
        raise WorkflowError(
            "snakemake judge: the config names no map. Give its file in a section 'judge', for example "
            "judge: {file: map.tif, name: other map}."
        )
    names = ("judged", "judged_comparisons", "judged_ranks", "judged_success", "judged_text")
    return [path(name) for name in (*names, "judged_figure", "judged_success_figure")]


def final_outputs():
    """What `all` makes."""
    return [*final_products(), path("report")]


def final_products():
    """What `all` makes, and the report shows."""
    return [
        path("metrics"),
        *(path(name, variant=VARIANTS[0]) for name in EXPLANATIONS),
        *([] if GRIDDED else [path("samples_report")]),
        *([path("catchments"), path("catchment_summary")] if TERRAIN else []),
        *([path("covariate_summary")] if COVARIATES and not CLASSES else []),
        *map(path, JUDGED),
        *EFFORT.values(),
        *([path("levelling"), path("levelling_error")] if LEVELLED else []),
        *(path("map", map=name) for name in maps_for(CLASSES)),
        *(path("figure", figure=name) for name in figures_for(FACTS)),
        *([] if CLASSES else map(path, [*TARGETS, "pathfinder_summary"])),
        *([path("interpolation_spread"), path("realisations")] if REALISATIONS else []),
    ]


if "simulate" in config:
    TABLES = simulated_tables(config["simulate"])
    SAMPLE_TABLE, DEPOSIT_TABLE = path("simulated_samples"), path("simulated_deposits")
    ASSAY_TABLES = []
else:
    TABLES = {"samples": config.get("samples"), "deposits": config.get("deposits")}
    SAMPLE_TABLE = None if GRIDDED else survey_file(config["samples"]["file"], "samples.file")
    DEPOSIT_TABLE = None if CLASSES else survey_file(config["deposits"]["file"], "deposits.file")
    ASSAY_TABLES = assay_tables(config.get("samples"))
# Whether rows of quality control are looked at, what then is kept of all rows of the table, and what control says.
QUALITY = not GRIDDED and "quality" in TABLES["samples"]
ANALYSES = {"analyses": path("analyses")} if QUALITY or LEVELLED else {}
JUDGED = ["quality", "quality_reference", "quality_duplicates"] if QUALITY else []
# The table of weights, where elements that fail are weighed down.
WEIGHED = [path("quality")] if QUALITY and TABLES["samples"]["quality"]["failing"] == "weigh" else []
CERTIFIED_TABLES = certified_tables(TABLES["samples"])
# What the deposits are known for.
COMMODITIES = [] if CLASSES else TABLES["deposits"]["commodities"]
# Layers of a simulated survey, whose files the config names as they stand below the folder of its results.
SIMULATED_LAYERS = {name: path(f"simulated_{name}") for name in simulated_layers(config.get("simulate", {}))}
SIMULATED_RELIEF = (
    {"relief": path("simulated_relief")} if config.get("simulate", {}).get("medium") == "stream" else {}
)
MADE_LAYERS = {
    file_path(f"simulated_{name}"): file for name, file in (SIMULATED_LAYERS | SIMULATED_RELIEF).items()
}
# Layers that have a file of their own, and those that are columns of the samples.
COVARIATE_FILES = {
    name: MADE_LAYERS.get(layer["file"]) or survey_file(layer["file"], f"covariates.{name}.file")
    for name, layer in COVARIATES.items()
    if "file" in layer
}
COVARIATE_COLUMNS = [name for name in COVARIATES if name not in COVARIATE_FILES]
# A layer of exploration effort; without one it is the density of the samples, where there are any and targets are ranked.
EFFORT_FILE = survey_file(config["effort"]["file"], "effort.file") if "effort" in config else None
EFFORT = {"effort": path("effort")} if not CLASSES and (EFFORT_FILE or not GRIDDED) else {}
TERRAIN_FILE = (
    MADE_LAYERS.get(TERRAIN["file"]) or survey_file(TERRAIN["file"], "terrain.file") if TERRAIN else None
)
# A raster of the bearings of the ice that left the till.
ICE = config.get("ice")
ICE_FILE = survey_file(ICE["bearing"], "ice.bearing") if ICE and isinstance(ICE["bearing"], str) else None
# A map that was made elsewhere and is put through the same evidence.
JUDGE = config.get("judge")
JUDGED_FILE = survey_file(JUDGE["file"], "judge.file") if JUDGE else None
TRAINED_ON = survey_file(JUDGE["trained_on"], "judge.trained_on") if JUDGE and JUDGE["trained_on"] else None
# The cube's further bands, as an input of what reads them beside the elements.
WITH_COVARIATES = {"covariates": path("covariates")} if COVARIATES else {}
LABEL_RASTERS = {
    key: survey_file(name, f"labels.raster.{key}") for key, name in config["labels"].get("raster", {}).items()
}

# What decides which figures there are.
FACTS = {
    fact
    for fact, holds in {
        "deposits": not CLASSES,
        "classes": CLASSES,
        "samples": not GRIDDED,
        "quality": QUALITY,
        "batches": LEVELLED,
        "truth": "simulate" in config,
        "covariates": bool(COVARIATES),
        "effort": bool(EFFORT),
        "terrain": bool(TERRAIN),
        "attention": ATTENTION,
        "explained": EXPLAINED,
        "types": TYPED,
        "extra_splits": config["labels"]["extra_splits"],
    }.items()
    if holds
}
# Maps of numbers that targets are found in or described by.
MEASURED = [one.name for one in ALL_MAPS if one.measured]
# What targets come with beside their map and figures.
TARGETS = ["thresholds", "targets", "target_ground", "fingerprints", "target_package", "target_project"]
# What figures of the explained map are drawn from.
EXPLAINING = (
    {
        "attribution": path("attribution", variant=VARIANTS[0]),
        "added": path("target_attribution"),
        "fingerprints": path("fingerprints"),
        "pathfinders": path("pathfinder_summary"),
    }
    if EXPLAINED
    else {}
)
# The scores that maps are made of, and what realisations add to the maps.
MAPPED = path("averaged_heldout") if REALISATIONS else path("heldout", variant=VARIANTS[0], scales=SCALES)
SPREAD = {"interpolation_spread": path("interpolation_spread")} if REALISATIONS else {}
# How far from a sample ground is mapped, in metres; rasters do not tell.
REACH = 0.0 if GRIDDED else config["grid"]["max_distance"]
# Where the survey has values: its samples, or the cells of its rasters.
PLACES = path("elements") if GRIDDED else path("samples")
# Samples that evidence is measured at: the open benchmark's protocol is about samples and deposits.
SAMPLED = {} if GRIDDED or CLASSES else {"samples": path("samples")}
# Classes are judged by their probabilities, which few controls give, and places without deposits say nothing.
SURVEY_HAS = {
    "superpixels",
    *([] if GRIDDED else ["samples"]),
    *(["commodities"] if COMMODITIES else []),
}
CONTROLS = fitting(
    [name for name in config["evaluation"]["controls"] if name not in SHUFFLED],
    SURVEY_HAS,
    CLASSES,
)
SEE_SUPERPIXELS = needing("superpixels")
# Cores of a training: all of them where nothing else takes long.
TRAINING_CORES = (
    HALF_OF_CORES
    if len(VARIANTS) + len(SHUFFLED) > 1 or set(OF_TREES) & set(CONTROLS)
    else workflow.cores or 1
)
