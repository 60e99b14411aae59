"""What the user takes away."""


rule map_anomalies:
    input:
        elements=path("elements"),
        scores=path("heldout", variant=VARIANTS[0], scales=SCALES),
        folds=survey_folds(),
    output:
        **{name: path("map", map=name) for name in MAPS},
    log:
        log_file("map_anomalies"),
    benchmark:
        benchmark_file("map_anomalies")
    conda:
        "../envs/geo.yaml"
    resources:
        mem_mb=megabytes(1500),
        runtime=10,
    params:
        code=code("map_anomalies"),
    message:
        "Make the anomaly maps"
    script:
        "../scripts/map_anomalies.py"
