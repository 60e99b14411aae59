# GeoHalo: from a geochemical survey and known deposits to an anomaly map with held-out evidence.
import os
from pathlib import Path

from snakemake.utils import min_version

min_version("9.0")

# Where this file is; `workflow.basedir` is the folder of a workflow that uses this one as a module.
ROOT = Path(os.path.normpath(workflow.current_basedir))
# Cores of a job that can use several: half of them. Two such jobs beside each other get more done than one after the other
# on all cores, since threads of one job wait for each other.
HALF_OF_CORES = ((workflow.cores or 1) + 1) // 2
# End of the message of such a job: what finds no free core starts later.
TAKES_CORES = f", with {{threads}} of {workflow.cores or 1} cores; jobs without a free core wait"
# Priorities of jobs: where cores are scarce, what takes long starts first, then what others wait for, then the rest.
LONG, WAITED_FOR = 2, 1
# What runs each of several surveys: this file, or rules/claims/Snakefile, which includes it.
SURVEY_SNAKEFILE = globals().get("SURVEY_SNAKEFILE", ROOT / "Snakefile")

# A survey's config stands alone; without one, the embedded demo runs.
if not workflow.overwrite_configfiles:

    configfile: f"{ROOT}/config/config.yaml"


# Several surveys: this very workflow once for each of them.
if "surveys" in config:

    include: "rules/multi_survey.smk"
    include: "rules/surveys.smk"
    include: "rules/transfer.smk"
    include: "rules/bench.smk"

else:

    include: "rules/common.smk"
    include: "rules/report_output.smk"
    include: "rules/tiles.smk"
    include: "rules/survey.smk"
    include: "rules/catchments.smk"
    include: "rules/covariates.smk"
    include: "rules/sources.smk"
    include: "rules/cube.smk"
    include: "rules/superpixels.smk"
    include: "rules/graph.smk"
    include: "rules/train.smk"
    include: "rules/evaluate.smk"
    include: "rules/products.smk"
    include: "rules/pathfinders.smk"
    include: "rules/explanation.smk"
    include: "rules/classes.smk"
    include: "rules/experiments.smk"
    include: "rules/scenarios.smk"
    include: "rules/alternatives.smk"
    include: "rules/realisations.smk"
    include: "rules/judge.smk"
    include: "rules/report.smk"
    include: "rules/check.smk"

    if SURVEY_SNAKEFILE == ROOT / "Snakefile":

        # Run by rules/claims/Snakefile; here it names the command.
        rule claims:
            input:
                claims_command,


onstart:
    from geohalo.workflow.job_rate import lift_default_rate

    lift_default_rate(workflow)


localrules:
    all,
    ablation,
    sweep,
    consensus,
    judge,
    claims,
    transfer,
    bench,
    check,


rule all:
    default_target: True
    input:
        final_outputs(),
