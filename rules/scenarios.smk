"""No rules: which alternatives of the settings are run, what their stages depend on, and the scenarios of consensus."""

from geohalo.alternatives import (
    STAGES,
    alternative,
    choice_levels,
    content_key,
    level_text,
    own_choices,
    stage_settings,
)

# What the stages of the alternatives depend on: stage -> content key -> settings. A target that compares alternatives fills it when it is
# asked for, so that other targets do not wait for its scenarios.
ALTERNATIVES = {stage: {} for stage in STAGES}
# Functions that register the alternatives of one target each, for whoever asks for a stage's folder by its path.
SCENARIOS = []


def register(settings, variants, controls=(), schemes=("held_out",), members=1):
    """Note what the stages of an alternative depend on; returns the content key of each stage."""
    needed = stage_settings(settings, variants, controls, schemes, members)
    keys = {stage: content_key(part) for stage, part in needed.items()}
    for stage, part in needed.items():
        ALTERNATIVES[stage][keys[stage]] = part
    return keys


def registered(stage, key):
    """Return what a stage of an alternative depends on."""
    for scenario in [] if key in ALTERNATIVES[stage] else SCENARIOS:
        scenario()
    if key not in ALTERNATIVES[stage]:
        raise WorkflowError(f"alternatives/{stage}/{key}: no alternative of this config has this key.")
    return ALTERNATIVES[stage][key]


def alternative_tables(wildcards):
    """Return the user's files that an alternative reads; a simulated one makes its own."""
    settings = registered("elements", wildcards.key)
    if "simulate" in settings:
        return {}
    if GRIDDED:
        values = {"rasters": [str(file) for file in RASTERS]}
    else:
        values = {"samples": survey_file(settings["samples"]["file"], "samples.file")}
        values |= {"assays": file for file in assay_tables(settings["samples"])}
        values |= {"certified": file for file in certified_tables(settings["samples"])}
    return values | {"deposits": survey_file(settings["deposits"]["file"], "deposits.file")}


def alternative_stage(stage, before):
    """Return an input function: the folder of the stage before, as a stage names it."""
    return lambda wildcards: path(f"alternative_{before}", key=registered(stage, wildcards.key)[before])


@functools.cache
def consensus_choices():
    """Return the values of each choice that workflows are made of."""
    try:
        return choice_levels(config)
    except InputError as error:
        raise WorkflowError(str(error)) from None


# A mistake in the user's own is told at once. Those of the schema hold none, and other targets do not wait for them;
# a raster of classes has none to compare.
if own_choices(config) and not CLASSES:
    consensus_choices()


@functools.cache
def consensus_workflows():
    """Return the design over the choices, and values, variant and keys of each workflow."""
    if CLASSES:
        raise WorkflowError(
            "snakemake consensus: labels are a raster of classes (labels.raster), and workflows are compared by how they "
            "rank held-out deposits. It needs a survey with the section 'deposits'."
        )
    # Slow to import, and of use to this target alone.
    from geohalo.evidence.design import space_filling_design

    section = config["consensus"]
    try:
        sizes = [len(levels) for levels in consensus_choices().values()]
        design = space_filling_design(sizes, section["workflows"], section["seed"])
        workflows = []
        for number, row in enumerate(design.tolist(), 1):
            changes = {key: levels[k] for k, (key, levels) in zip(row, consensus_choices().items())}
            settings = alternative(config, changes, f"config key consensus.choices, workflow {number}")
            variant = settings["network"]["variants"][0]
            keys = register(settings, [variant], schemes=("held_out", "final"), members=section["members"])
            workflows.append({"values": changes, "variant": variant, "keys": keys})
    except InputError as error:
        raise WorkflowError(str(error)) from None
    return design.tolist(), workflows


if not CLASSES:
    SCENARIOS.append(consensus_workflows)


def consensus_runs(wildcards):
    """Return values, keys and file of scores of each workflow."""
    return [
        {
            "values": {key: level_text(value) for key, value in one["values"].items()},
            "keys": one["keys"],
            "file": f"{path('alternative_scores', key=one['keys']['scores'])}/{one['variant']}.nc",
        }
        for one in consensus_workflows()[1]
    ]


def claims_command(wildcards):
    """Raise WorkflowError, since `claims` has a Snakefile of its own."""
    raise WorkflowError(
        "claims is an experiment of the method and has a Snakefile of its own: "
        f"snakemake --snakefile {ROOT}/rules/claims/Snakefile claims --cores all"
    )
