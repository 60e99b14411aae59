"""The interpolation's uncertainty carried into the map: realisations of the elements, each through cube and network."""

if REALISATIONS:

    # Only the first variant makes the map.
    REALISED = {
        str(k): path("realised_heldout", realisation=k, variant=VARIANTS[0], scales=SCALES)
        for k in range(1, REALISATIONS + 1)
    }
    # What is measured beside the realisations.
    WHOLE = {"interpolated": path("heldout", variant=VARIANTS[0], scales=SCALES), "mean": MAPPED}

    # Of streams and till the rule realise_sources draws (sources.smk).
    if not UNMIXED:

        rule realise_elements:
            input:
                samples=path("samples"),
                elements=path("elements"),
                interpolation=path("interpolation"),
            output:
                elements=path("realised_elements"),
            log:
                log_file("realise_elements", "realisation"),
            benchmark:
                benchmark_file("realise_elements", "realisation")
            wildcard_constraints:
                realisation="[1-9][0-9]*",
            conda:
                "../envs/geo.yaml"
            resources:
                mem_mb=megabytes(800, 6),
                runtime=minutes(20, 0.2),
            params:
                code=code("realise_elements"),
            message:
                "Draw realisation {wildcards.realisation} of the elements"
            script:
                "../scripts/realise_elements.py"

    use rule stack_cube as stack_realisation with:
        input:
            **WITH_COVARIATES,
            elements=path("realised_elements"),
            quality=WEIGHED,
        output:
            cube=path("realised_cube"),
        log:
            log_file("stack_realisation", "realisation"),
        benchmark:
            benchmark_file("stack_realisation", "realisation")
        message:
            "Stack the cube of realisation {wildcards.realisation}"

    # Superpixels, graphs and folds are those of the interpolated map: its cells are compared with themselves.
    use rule train as train_realisation with:
        input:
            cube=path("realised_cube"),
            graphs=rules.train.input.graphs,
            folds=survey_folds(),
        output:
            scores=path("realised_heldout"),
            members=path("realised_members"),
            history=path("realised_history"),
            pathfinders=path("realised_pathfinders"),
        log:
            log_file("train_realisation", "realisation", "variant", "scales"),
        benchmark:
            benchmark_file("train_realisation", "realisation", "variant", "scales")
        params:
            # The inner members tell the number of epochs, where that is learned.
            schemes=["held_out", *(["inner"] if config["network"]["early_stopping"] else []), "final"],
            settings=rules.train.params.settings,
            spectrum_order=rules.train.params.spectrum_order,
            commodities=COMMODITIES,
            shuffle=False,
            machine=rules.train.params.machine,
            checkpoint=path("realised_checkpoint"),
            code=code("train", "elements.csv"),
        message:
            "Train {wildcards.variant} ({params.settings[preset]}) on realisation {wildcards.realisation}"

    rule average_realisations:
        input:
            scores=list(REALISED.values()),
        output:
            scores=MAPPED,
        log:
            log_file("average_realisations"),
        benchmark:
            benchmark_file("average_realisations")
        group:
            "evidence"
        conda:
            "../envs/geo.yaml"
        resources:
            mem_mb=megabytes(600, 10),
            runtime=minutes(5, 0.2),
        params:
            code=code("average_realisations"),
        message:
            "Mean and spread over the realisations"
        script:
            "../scripts/average_realisations.py"

    rule measure_realisations:
        input:
            **SAMPLED,
            elements=path("elements"),
            folds=survey_folds(),
            runs=list((WHOLE | REALISED).values()),
        output:
            table=path("realisations"),
        log:
            log_file("measure_realisations"),
        benchmark:
            benchmark_file("measure_realisations")
        group:
            "evidence"
        conda:
            "../envs/geo.yaml"
        resources:
            mem_mb=megabytes(800, 10),
            runtime=minutes(10, 0.5),
        params:
            runs=[(name, SCALES, file, None) for name, file in (WHOLE | REALISED).items()],
            variant=VARIANTS[0],
            arguments=rules.evaluate.params.arguments | {"splits": ["held_out"]},
            code=code("measure_realisations"),
        message:
            "Measure the realisations with held-out deposits"
        script:
            "../scripts/measure_realisations.py"
