"""What a survey's input comes to, before a run."""

from geohalo.workflow.resources import BYTES_ON_DISK

# What the jobs that may take the most memory ask for, as their rules do: MB, and MB for each MB of the cube.
LARGEST = {
    "explain_map": (1500, 14),
    "score_controls": (800, 6),
    "train": (1000 + 1000 * config["network"]["memory"], 6.6),
}


localrules:
    check_survey,


rule check_survey:
    input:
        samples=[file for file in [SAMPLE_TABLE] if file],
        assays=ASSAY_TABLES,
        certified=CERTIFIED_TABLES,
        deposits=[file for file in [DEPOSIT_TABLE] if file],
        terrain=[file for file in [TERRAIN_FILE] if file],
        bearing=[file for file in [ICE_FILE] if file],
        rasters=[str(file) for file in RASTERS],
        labels=list(LABEL_RASTERS.values()),
        covariates=list(COVARIATE_FILES.values()),
        effort=[file for file in [EFFORT_FILE] if file],
        judge=[file for file in [JUDGED_FILE] if file],
        trained_on=[file for file in [TRAINED_ON] if file],
        parts=[
            part
            for file in [
                SAMPLE_TABLE,
                DEPOSIT_TABLE,
                TERRAIN_FILE,
                *COVARIATE_FILES.values(),
                EFFORT_FILE,
                JUDGED_FILE,
                TRAINED_ON,
            ]
            if file
            for part in table_files(file)
        ],
    output:
        page=path("check_page"),
        text=path("check_text"),
        table=path("check_table"),
    log:
        log_file("check_survey"),
    benchmark:
        benchmark_file("check_survey")
    conda:
        "../envs/geo.yaml"
    resources:
        mem_mb=megabytes(1000, 30),
        runtime=minutes(5, 0.05),
    params:
        arguments={
            "settings": config,
            "tables": TABLES,
            "schemes": SCHEMES,
            "requests": LARGEST,
            "bytes_on_disk": BYTES_ON_DISK,
        },
        raster_keys=list(LABEL_RASTERS),
        layers=list(COVARIATE_FILES),
        code=code("check_survey", "elements.csv", "colour_maps.yaml", *PAGE_FILES),
    message:
        f"Check the input of {SURVEY}"
    script:
        "../scripts/check_survey.py"


rule check:
    input:
        path("check_table"),
    log:
        log_file("check"),
    conda:
        "../envs/geo.yaml"
    resources:
        mem_mb=megabytes(500),
        runtime=minutes(5),
    message:
        f"Tell what the check of {SURVEY} has found"
    script:
        "../scripts/check.py"
