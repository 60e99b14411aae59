"""The survey's tables: simulated or the user's own (downloaded where a source is given), cleaned."""

from geohalo.cube.raster_files import raster_files
from geohalo.survey.table_files import table_files

RASTERS = []
if GRIDDED:
    try:
        RASTERS = list(
            raster_files(config["grids"], Path(config["data"]["folder"]), config["data"]["sources"])
        )
    except InputError as error:
        raise WorkflowError(str(error)) from None

for file in filter(
    None,
    [
        SAMPLE_TABLE,
        DEPOSIT_TABLE,
        TERRAIN_FILE,
        ICE_FILE,
        *ASSAY_TABLES,
        *CERTIFIED_TABLES,
        *RASTERS,
        *LABEL_RASTERS.values(),
        *COVARIATE_FILES.values(),
        EFFORT_FILE,
    ],
):
    if set("{}<>") & set(str(file)):
        raise WorkflowError(
            f"{file}: Snakemake gives the characters {{}}<> a meaning of their own; rename the file or its folder."
        )

if "simulate" in config:

    rule simulate_survey:
        output:
            **SIMULATED_LAYERS,
            **SIMULATED_RELIEF,
            samples=path("simulated_samples"),
            deposits=path("simulated_deposits"),
            truth=path("truth"),
        log:
            log_file("simulate_survey"),
        benchmark:
            benchmark_file("simulate_survey")
        group:
            "tables"
        conda:
            "../envs/geo.yaml"
        # Nothing of the same survey can run beside it; small ones are often simulated by the dozen.
        threads: (workflow.cores or 1) if config["simulate"]["samples"] >= 100_000 else 1
        resources:
            mem_mb=megabytes(800 + 0.003 * config["simulate"]["samples"]),
            runtime=minutes(5 + config["simulate"]["samples"] / 25000),
        params:
            simulate=config["simulate"],
            code=code("simulate_survey", "elements.csv"),
        message:
            "Simulate a survey of {params.simulate[samples]} samples and {params.simulate[deposits]} deposits, seed {params.simulate[seed]}"
        script:
            "../scripts/simulate_survey.py"


ABSENT = [name for name in config["data"]["sources"] if not (Path(config["data"]["folder"]) / name).exists()]

if ABSENT:

    # The nodes of a cluster often have no route to the internet.
    localrules:
        fetch_survey,

    rule fetch_survey:
        output:
            file=str(Path(config["data"]["folder"]) / "{file}"),
        log:
            f"logs/{SURVEY}/fetch_survey/{{file}}.log",
        wildcard_constraints:
            file="|".join(map(re.escape, ABSENT)),
        conda:
            "../envs/geo.yaml"
        resources:
            mem_mb=megabytes(500),
            runtime=minutes(60),
        params:
            address=lambda wildcards: config["data"]["sources"][wildcards.file]["url"],
            sha256=lambda wildcards: config["data"]["sources"][wildcards.file]["sha256"],
        message:
            "Download {output.file} from {params.address}"
        script:
            "../scripts/fetch_survey.py"


if not GRIDDED:

    rule clean_samples:
        input:
            table=SAMPLE_TABLE,
            parts=table_files(SAMPLE_TABLE),
            assays=ASSAY_TABLES,
            certified=CERTIFIED_TABLES,
        output:
            **ANALYSES,
            **{name: path(name) for name in JUDGED},
            samples=path("unlevelled") if LEVELLED else path("samples"),
            report=report_output("samples_report", path("samples_report")),
            warnings=path("stage_warnings", stage="clean_samples"),
        log:
            log_file("clean_samples"),
        benchmark:
            benchmark_file("clean_samples")
        group:
            "tables"
        conda:
            "../envs/geo.yaml"
        resources:
            mem_mb=megabytes(800, 14),
            runtime=minutes(5, 0.05),
        params:
            # Whatever they are mapped as, the table is read alike.
            samples={name: value for name, value in TABLES["samples"].items() if name != "medium"},
            grid={key: config["grid"][key] for key in ("crs", "max_distance")},
            code=code("clean_samples", "elements.csv"),
        message:
            "Clean the samples of {input.table}"
        script:
            "../scripts/clean_samples.py"


if LEVELLED:

    rule level_samples:
        input:
            samples=path("unlevelled"),
            analyses=path("analyses"),
        output:
            samples=path("samples"),
            table=path("levelling"),
            errors=path("levelling_error"),
            warnings=path("stage_warnings", stage="level_samples"),
        log:
            log_file("level_samples"),
        benchmark:
            benchmark_file("level_samples")
        group:
            "tables"
        conda:
            "../envs/geo.yaml"
        resources:
            mem_mb=megabytes(800, 40),
            runtime=minutes(10, 1),
        params:
            batch=TABLES["samples"]["batch"],
            levelling=TABLES["samples"].get("levelling"),
            max_distance=config["grid"]["max_distance"],
            interpolation={key: config["interpolation"][key] for key in ("neighbours", "power", "anisotropy")},
            code=code("level_samples"),
        message:
            "Compare the levels of batches (column {params.batch})"
        script:
            "../scripts/level_samples.py"


if not CLASSES:

    rule clean_deposits:
        input:
            table=DEPOSIT_TABLE,
            parts=table_files(DEPOSIT_TABLE),
            surveyed=PLACES,
        output:
            deposits=path("deposits"),
            warnings=path("stage_warnings", stage="clean_deposits"),
        log:
            log_file("clean_deposits"),
        benchmark:
            benchmark_file("clean_deposits")
        group:
            "tables"
        conda:
            "../envs/geo.yaml"
        resources:
            mem_mb=megabytes(500, 8),
            runtime=minutes(5, 0.05),
        params:
            arguments={
                "section": TABLES["deposits"],
                "max_distance": config["grid"]["max_distance"],
                "labels": {
                    key: config["labels"][key]
                    for key in (
                        "radius",
                        "group_distance",
                        "folds",
                        "extra_splits",
                        "known_before",
                        "learn_type",
                    )
                },
            },
            code=code("clean_deposits"),
        message:
            "Place the deposits of {input.table} in the survey"
        script:
            "../scripts/clean_deposits.py"
