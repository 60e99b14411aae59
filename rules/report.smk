"""One page of all that a survey shows."""

from geohalo.survey.table_files import is_geodatabase

# What the report is made of beside the products themselves.
REPORTED = [
    path("elements"),
    *(path("superpixels", n_segments=n) for n in config["superpixels"]["n_segments"]),
    *([] if GRIDDED else [path("samples"), path("samples_report")]),
    *([] if CLASSES else [path("deposits")]),
    *([] if GRIDDED else [path("interpolation_table")]),
    *(path(name) for name in EVALUATED),
]
# What the survey was read from.
SOURCES_READ = [
    part
    for file in [
        SAMPLE_TABLE,
        DEPOSIT_TABLE,
        *ASSAY_TABLES,
        *CERTIFIED_TABLES,
        *RASTERS,
        *LABEL_RASTERS.values(),
        *COVARIATE_FILES.values(),
        EFFORT_FILE,
    ]
    if file is not None
    for part in ([file] if is_geodatabase(file) else [file, *table_files(file)])
]
# Templates, styles and captions.
PAGE = RESOURCES / "report"
PAGE_FILES = [file.relative_to(RESOURCES).as_posix() for file in sorted(PAGE.rglob("*")) if file.is_file()]


rule report:
    input:
        results=list(dict.fromkeys([*REPORTED, *final_products()])),
        sources=SOURCES_READ,
    output:
        page=path("report"),
    log:
        log_file("report"),
    benchmark:
        benchmark_file("report")
    group:
        "explanation"
    conda:
        "../envs/geo.yaml"
    # Nothing else is left to do by then: pictures are packed side by side.
    threads: 2
    resources:
        mem_mb=megabytes(800, 2),
        runtime=minutes(5, 0.05),
    params:
        further=further_files,
        changed=lambda wildcards: files_hash(further_files(wildcards)),
        arguments={
            "survey": SURVEY,
            "variant": VARIANTS[0],
            "settings": config,
            "commodities": COMMODITIES,
            "logs": f"logs/{SURVEY}",
        },
        code=code("report", "colour_maps.yaml", *PAGE_FILES),
    message:
        "Write the report of {params.arguments[survey]}"
    script:
        "../scripts/report.py"
