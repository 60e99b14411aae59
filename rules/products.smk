"""What the user takes away."""


rule plot_survey:
    input:
        **({} if GRIDDED else {"samples": path("samples")}),
        **({} if CLASSES else {"deposits": path("deposits"), "pathfinders": path("pathfinder_summary")}),
        **({} if CLASSES else {"folds": path("folds_image", scheme="held_out")}),
        **WITH_COVARIATES,
        elements=path("elements"),
        cube=path("cube"),
        labels=[path("superpixels", n_segments=n) for n in config["superpixels"]["n_segments"]],
    output:
        **({} if GRIDDED else {"samples": report_output("samples")}),
        **({} if CLASSES else {"folds": report_output("folds")}),
        **({"covariates": report_output("covariates")} if COVARIATES else {}),
        elements=report_output("elements"),
        superpixels=report_output("superpixels"),
    log:
        log_file("plot_survey"),
    benchmark:
        benchmark_file("plot_survey")
    group:
        "pictures"
    conda:
        "../envs/geo.yaml"
    resources:
        mem_mb=megabytes(800, 2),
        runtime=minutes(5, 0.05),
    params:
        survey=SURVEY,
        n_segments=config["superpixels"]["n_segments"],
        covariates=config["superpixels"]["covariates"],
        code=code("plot_survey", "colour_maps.yaml"),
    message:
        "Draw samples, elements, superpixels and folds"
    script:
        "../scripts/plot_survey.py"


if QUALITY:

    rule plot_quality:
        input:
            **ANALYSES,
            quality=path("quality"),
            reference=path("quality_reference"),
            duplicates=path("quality_duplicates"),
        output:
            figure=report_output("quality"),
        log:
            log_file("plot_quality"),
        benchmark:
            benchmark_file("plot_quality")
        group:
            "pictures"
        conda:
            "../envs/geo.yaml"
        resources:
            mem_mb=megabytes(800, 4),
            runtime=minutes(5, 0.05),
        params:
            survey=SURVEY,
            limits=TABLES["samples"]["quality"]["limits"],
            code=code("plot_quality", "colour_maps.yaml"),
        message:
            "Draw the quality control"
        script:
            "../scripts/plot_quality.py"


if LEVELLED:

    rule plot_levelling:
        input:
            samples=path("samples"),
            before=path("unlevelled"),
            analyses=path("analyses"),
            table=path("levelling"),
            errors=path("levelling_error"),
        output:
            figure=report_output("levelling"),
        log:
            log_file("plot_levelling"),
        benchmark:
            benchmark_file("plot_levelling")
        group:
            "pictures"
        conda:
            "../envs/geo.yaml"
        resources:
            mem_mb=megabytes(800, 4),
            runtime=minutes(5, 0.05),
        params:
            survey=SURVEY,
            code=code("plot_levelling", "colour_maps.yaml"),
        message:
            "Draw the levels of batches"
        script:
            "../scripts/plot_levelling.py"


if ATTENTION:

    rule plot_attention:
        input:
            attention=path("attention", variant=VARIANTS[0], scales=SCALES),
        output:
            figure=report_output("attention"),
        log:
            log_file("plot_attention"),
        benchmark:
            benchmark_file("plot_attention")
        group:
            "attention"
        conda:
            "../envs/geo.yaml"
        resources:
            mem_mb=megabytes(600),
            runtime=minutes(5),
        params:
            survey=SURVEY,
            variant=VARIANTS[0],
            code=code("plot_attention", "colour_maps.yaml"),
        message:
            "Draw the attention to neighbours by direction"
        script:
            "../scripts/plot_attention.py"


if not CLASSES:

    rule map_anomalies:
        input:
            elements=path("elements"),
            scores=MAPPED,
            folds=survey_folds(),
        output:
            **SPREAD,
            **{name: path("map", map=name) for name in maps_of("map_anomalies")},
        log:
            log_file("map_anomalies"),
        benchmark:
            benchmark_file("map_anomalies")
        priority: WAITED_FOR
        group:
            "evidence"
        conda:
            "../envs/geo.yaml"
        resources:
            mem_mb=megabytes(500, 1.4),
            runtime=minutes(5, 0.05),
        params:
            radius=config["labels"]["radius"],
            code=code("map_anomalies"),
        message:
            "Make the anomaly maps"
        script:
            "../scripts/map_anomalies.py"

    rule measure_applicability:
        input:
            cube=path("cube"),
            folds=survey_folds(),
        output:
            applicability=path("map", map="applicability"),
        log:
            log_file("measure_applicability"),
        benchmark:
            benchmark_file("measure_applicability")
        group:
            "evidence"
        conda:
            "../envs/geo.yaml"
        resources:
            mem_mb=megabytes(600, 2),
            runtime=minutes(5, 0.1),
        params:
            code=code("measure_applicability"),
        message:
            "Measure how far spectra lie from those that were learned from"
        script:
            "../scripts/measure_applicability.py"

    if EFFORT_FILE:

        rule read_effort:
            input:
                file=EFFORT_FILE,
                parts=table_files(EFFORT_FILE),
                elements=path("elements"),
            output:
                effort=path("effort"),
                warnings=path("stage_warnings", stage="read_effort"),
            log:
                log_file("read_effort"),
            benchmark:
                benchmark_file("read_effort")
            # A mistake in the layer is told before anything is trained.
            priority: 100
            conda:
                "../envs/geo.yaml"
            resources:
                mem_mb=megabytes(1000, 20),
                runtime=minutes(10, 0.1),
            params:
                section=config["effort"],
                code=code("read_effort", "elements.csv"),
            message:
                "Bring the exploration effort of {input.file} to the grid of the survey"
            script:
                "../scripts/read_effort.py"

    rule rank_targets:
        input:
            **(EFFORT if EFFORT_FILE else {}),
            **({} if GRIDDED else {"samples": path("samples")}),
            **{name: path("map", map=name) for name in MEASURED},
            **WITH_COVARIATES,
            elements=path("elements"),
            deposits=path("deposits"),
            deposit_ranks=path("map_ranks"),
            pathfinders=path("pathfinder_summary"),
            superpixels=path("superpixels", n_segments=SCALES.split("-")[-1]),
        output:
            **({"covariates": path("target_covariates")} if COVARIATES else {}),
            **({} if EFFORT_FILE else EFFORT),
            thresholds=path("thresholds"),
            concentration_area=path("map", map="anomaly_classes"),
            success_rate=path("map", map="success_classes"),
            map=path("map", map="targets"),
            table=report_output("targets_table", path("targets")),
            fingerprints=path("fingerprints"),
            ground=path("target_ground"),
            geopackage=path("target_package"),
            project=path("target_project"),
        log:
            log_file("rank_targets"),
        benchmark:
            benchmark_file("rank_targets")
        priority: WAITED_FOR
        group:
            "evidence"
        conda:
            "../envs/geo.yaml"
        resources:
            mem_mb=megabytes(700, 3.6),
            runtime=minutes(5, 0.1),
        params:
            survey=SURVEY,
            variant=VARIANTS[0],
            transform=config["cube"]["transform"],
            targets={"radius": config["labels"]["radius"], **config["targets"]},
            code=code("rank_targets", "colour_maps.yaml"),
        message:
            "Cut the anomaly map into classes and rank its targets"
        script:
            "../scripts/rank_targets.py"

    rule plot_targets:
        input:
            **EXPLAINING,
            **EFFORT,
            elements=path("elements"),
            deposits=path("deposits"),
            thresholds=path("thresholds"),
            targets=path("targets"),
            ground=path("target_ground"),
            score=path("map", map="score"),
            ranks=path("map", map="targets"),
            metrics=path("map_metrics"),
            deposit_ranks=path("map_ranks"),
        output:
            **({"attribution": report_output("attribution")} if EXPLAINED else {}),
            **({"fingerprints": report_output("fingerprints")} if EXPLAINED else {}),
            **({"effort": report_output("effort")} if EFFORT else {}),
            targets=report_output("targets"),
            concentration_area=report_output("concentration_area"),
        log:
            log_file("plot_targets"),
        benchmark:
            benchmark_file("plot_targets")
        group:
            "explanation"
        conda:
            "../envs/geo.yaml"
        resources:
            mem_mb=megabytes(800, 2),
            runtime=minutes(5, 0.05),
        params:
            survey=SURVEY,
            variant=VARIANTS[0],
            reach=REACH,
            code=code("plot_targets", "colour_maps.yaml"),
        message:
            "Draw the targets, the concentration-area curve, the effort, and what explains the map"
        script:
            "../scripts/plot_targets.py"

    rule plot_anomalies:
        input:
            **({"truth": path("truth")} if "simulate" in config else {}),
            **({"realisations": path("realisations")} if REALISATIONS else {}),
            **({"types": path("type_evidence")} if TYPED else {}),
            elements=path("elements"),
            deposits=path("deposits"),
            metrics=path("metrics"),
            deposit_ranks=path("deposit_ranks"),
            curves=path("success_rate"),
            comparisons=path("comparisons"),
            calibration=path("calibration"),
            history=path("history", variant=VARIANTS[0], scales=SCALES),
            score=path("map", map="score"),
            heldout_score=path("map", map="heldout_score"),
        output:
            **({"truth": report_output("truth")} if "simulate" in config else {}),
            **({"splits": report_output("splits")} if config["labels"]["extra_splits"] else {}),
            **({"types": report_output("types")} if TYPED else {}),
            anomaly_map=report_output("anomaly_map"),
            heldout_map=report_output("heldout_map"),
            success_rate=report_output("success_rate"),
            metrics=report_output("metrics"),
            differences=report_output("differences"),
            calibration=report_output("calibration"),
            history=report_output("history"),
        log:
            log_file("plot_anomalies"),
        benchmark:
            benchmark_file("plot_anomalies")
        group:
            "evidence"
        conda:
            "../envs/geo.yaml"
        resources:
            mem_mb=megabytes(800, 4),
            runtime=minutes(5, 0.05),
        params:
            survey=SURVEY,
            variant=VARIANTS[0],
            reach=REACH,
            code=code("plot_anomalies", "colour_maps.yaml"),
        message:
            "Draw the anomaly maps and the evidence"
        script:
            "../scripts/plot_anomalies.py"
