"""Controls on the same folds, the metrics of all, and the figures."""


rule score_controls:
    input:
        cube=path("cube"),
        places=PLACES,
        folds=survey_folds(),
        graphs=[path("graph", n_segments=n) for n in SCALES.split("-") if SEE_SUPERPIXELS & {*CONTROLS}],
    output:
        scores=path("controls"),
    log:
        log_file("score_controls"),
    benchmark:
        benchmark_file("score_controls")
    priority: LONG
    conda:
        "../envs/geo.yaml"
    threads: HALF_OF_CORES
    resources:
        mem_mb=megabytes(800, 6),
        runtime=minutes(30, 0.5),
    params:
        schemes=SCHEMES,
        controls=CONTROLS,
        commodities=COMMODITIES,
        code=code("score_controls"),
    message:
        f"Score the controls {{params.controls}} on the same folds{TAKES_CORES}"
    script:
        "../scripts/score_controls.py"


rule evaluate:
    input:
        **SAMPLED,
        elements=path("elements"),
        folds=survey_folds(),
        runs=run_files("heldout", TRAINED),
        controls=path("controls"),
        warnings=[path("stage_warnings", stage=stage) for stage in WARNING_STAGES],
    output:
        **{name: in_report(name) for name in EVALUATED},
    log:
        log_file("evaluate"),
    benchmark:
        benchmark_file("evaluate")
    priority: WAITED_FOR
    group:
        "evidence"
    conda:
        "../envs/geo.yaml"
    resources:
        mem_mb=megabytes(800, 1.5),
        runtime=minutes(10, 0.05),
    params:
        runs=measured(TRAINED, CONTROLS),
        arguments={
            "survey_name": SURVEY,
            "splits": [scheme for scheme in SCHEMES if scheme != "final"],
            "labels": {key: config["labels"][key] for key in ("radius", "seed")},
            "bootstrap": config["evaluation"]["bootstrap"],
        },
        names=method_names(),
        reach=REACH,
        code=code("evaluate"),
    message:
        "Measure variants and controls with held-out deposits, on the other splits and on the random one"
    script:
        "../scripts/evaluate.py"


if not CLASSES:

    # What the map's own variant finds is known before the other runs have ended: its targets need not wait for them.
    use rule evaluate as evaluate_map with:
        input:
            **SAMPLED,
            elements=path("elements"),
            folds=survey_folds(),
            runs=run_files("heldout", MAPPING),
        output:
            metrics=path("map_metrics"),
            deposit_ranks=path("map_ranks"),
        log:
            log_file("evaluate_map"),
        benchmark:
            benchmark_file("evaluate_map")
        params:
            runs=measured(MAPPING),
            arguments=rules.evaluate.params.arguments,
            code=code("evaluate"),
        message:
            "Measure the variant that the map is made by"
