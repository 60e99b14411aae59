"""Pathfinders: the elements that the map rests on, against what is known of the type of deposit."""

if not CLASSES:

    rule show_pathfinders:
        input:
            cube=path("cube"),
            pathfinders=path("pathfinders", variant=VARIANTS[0], scales=SCALES),
            folds=[
                path("folds_table", scheme="final"),
                path("folds_image", scheme="final"),
                path("folds_deposits"),
            ],
        output:
            **({"covariates": path("covariate_summary")} if COVARIATES else {}),
            table=path("pathfinder_summary"),
            figure=report_output("pathfinders"),
        log:
            log_file("show_pathfinders"),
        benchmark:
            benchmark_file("show_pathfinders")
        group:
            "evidence"
        conda:
            "../envs/geo.yaml"
        resources:
            mem_mb=megabytes(600, 1),
            runtime=minutes(5, 0.05),
        params:
            survey=SURVEY,
            commodities=COMMODITIES,
            code=code("show_pathfinders", "colour_maps.yaml", "deposit_types.csv", "elements.csv"),
        message:
            "Show the elements that the map rests on"
        script:
            "../scripts/show_pathfinders.py"
