"""Layers beside geochemistry, brought to the grid of the survey."""

if COVARIATES:

    rule prepare_covariates:
        input:
            **(
                {"samples": path("samples"), "table": SAMPLE_TABLE, "assays": ASSAY_TABLES}
                if COVARIATE_COLUMNS
                else {}
            ),
            elements=path("elements"),
            files=list(COVARIATE_FILES.values()),
            parts=[part for file in COVARIATE_FILES.values() for part in table_files(file)],
        output:
            covariates=path("covariates"),
            warnings=path("stage_warnings", stage="prepare_covariates"),
        log:
            log_file("prepare_covariates"),
        benchmark:
            benchmark_file("prepare_covariates")
        priority: WAITED_FOR
        conda:
            "../envs/geo.yaml"
        resources:
            mem_mb=megabytes(1000, 20),
            runtime=minutes(10, 0.1),
        params:
            layers=COVARIATES,
            names=list(COVARIATE_FILES),
            interpolation={key: config["interpolation"][key] for key in ("neighbours", "power", "anisotropy")},
            section=TABLES["samples"] if COVARIATE_COLUMNS else None,
            code=code("prepare_covariates", "elements.csv"),
        message:
            f"Bring the layers {', '.join(COVARIATES)} to the grid"
        script:
            "../scripts/prepare_covariates.py"
