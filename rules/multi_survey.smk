"""No rules of its own: several surveys in one run, the workflow once for each under names of its own, and what they share."""

import functools
import re
import sys
from contextlib import contextmanager
from pathlib import Path

SCRIPTS = ROOT / "scripts"
if str(SCRIPTS) not in sys.path:
    sys.path.append(str(SCRIPTS))

from geohalo.workflow.full_disks import tell_full_disk
from geohalo.workflow.locks import check_writable, tell_lock
from geohalo.control_table import TRANSFERRED
from geohalo.errors import InputError
from geohalo.files.paths import ACROSS, BENCH, file_path
from geohalo.several_surveys import (
    survey_configs,
    transfer_pairs,
    transfer_settings,
)
from snakemake.exceptions import WorkflowError

LISTED_IN = ", ".join(map(str, workflow.overwrite_configfiles)) or "config"
try:
    if workflow.is_main_process:
        check_writable(".", sys.argv)
        tell_full_disk(".")
        tell_lock()
    LISTED = survey_configs(config, LISTED_IN, [Path(), ROOT])
except InputError as error:
    raise WorkflowError(str(error)) from None


@contextmanager
def naming(file):
    """Name a survey's config in an error of its own workflow."""
    try:
        yield
    except WorkflowError as error:
        raise WorkflowError(f"{file}: {error}") from None


# The variables and functions of each survey's workflow, by its name: what the rules below know of it.
SURVEYS = {}

for one in LISTED:
    prefix = one.prefix

    module:
        name: prefix
        snakefile:
            str(SURVEY_SNAKEFILE)
        config:
            one.config

    with naming(one.file):

        use rule * from prefix as prefix*

    SURVEYS[one.name] = globals()[prefix]


# Surveys may share a file: whichever rule fetches it, its checksum is checked.
FETCHING = [f"{one.prefix}fetch_survey" for one in LISTED if SURVEYS[one.name].ABSENT]
if len(FETCHING) > 1:
    workflow.ruleorder(*FETCHING)

# The same for all surveys.
FIRST = SURVEYS[LISTED[0].name]
code = FIRST.code
megabytes, minutes, TRAINING = FIRST.megabytes, FIRST.minutes, FIRST.TRAINING


wildcard_constraints:
    target="|".join(map(re.escape, SURVEYS)),
    source="|".join(map(re.escape, SURVEYS)),


def of_each(target):
    """What a target of one survey asks for, of all surveys."""
    return [file for one in LISTED for file in getattr(rules, f"{one.prefix}{target}").input]


def judged_of_each(wildcards):
    """What `judge` makes of each survey whose config names a map; an error where none does."""
    judging = [one.name for one in LISTED if SURVEYS[one.name].JUDGE]
    if not judging:
        raise WorkflowError(
            f"snakemake judge: no config that {LISTED_IN} lists names a map. Give its file in a section 'judge' of the survey "
            "that it covers, for example judge: {file: map.tif, name: other map}."
        )
    return [file for name in judging for file in SURVEYS[name].judged_input(wildcards)]


def final_outputs():
    """What `all` makes."""
    return [*of_each("all"), *ACROSS.values()]


def bench_ranks(wildcards):
    """Deposits of all surveys with their places in the map of every method."""
    labelled = [one.name for one in LISTED if SURVEYS[one.name].CLASSES]
    if labelled:
        raise WorkflowError(
            f"snakemake bench: the labels of {', '.join(labelled)} are a raster of classes (labels.raster), and methods are "
            "compared by held-out deposits. Leave it out of 'surveys'."
        )
    return [SURVEYS[one.name].path("ablation_ranks") for one in LISTED]


@functools.cache
def transfers():
    """Sources of each target."""
    try:
        return transfer_pairs(config, LISTED, LISTED_IN)
    except InputError as error:
        raise WorkflowError(str(error)) from None


def transferred(name, **wildcards):
    """Path of a file of a transfer; wildcards that are not given stay open."""
    target = wildcards.get("target", "{target}")
    return f"results/{target}/{file_path(name, **wildcards)}"


def of_sources(name):
    """Return an input function: a file from each source of a target."""
    return lambda wildcards: [
        transferred(name, target=wildcards.target, source=source)
        for source in transfers().get(wildcards.target, [])
    ]


def of_survey(role, file, **wildcards):
    """Return an input function: a file of the survey that a wildcard names."""
    return lambda chosen: SURVEYS[chosen[role]].path(file, **wildcards)


def network_of_source(*keys):
    """Return a function: keys of the network of the survey that a model is trained on."""
    return lambda wildcards: {key: SURVEYS[wildcards.source].config["network"][key] for key in keys}


def training_memory(wildcards, attempt, input):
    """Memory of a training in MB."""
    memory = SURVEYS[wildcards.source].config["network"]["memory"]
    return megabytes(1000 + 1000 * memory, 14)(wildcards, attempt, input)
