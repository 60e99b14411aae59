"""Catchments of the samples on a terrain."""

if TERRAIN:

    rule delineate_catchments:
        input:
            samples=path("samples"),
            terrain=TERRAIN_FILE,
            parts=table_files(TERRAIN_FILE),
        output:
            catchments=path("catchments"),
            summary=path("catchment_summary"),
            figure=report_output("catchments"),
            warnings=path("stage_warnings", stage="delineate_catchments"),
        log:
            log_file("delineate_catchments"),
        benchmark:
            benchmark_file("delineate_catchments")
        priority: WAITED_FOR
        conda:
            "../envs/geo.yaml"
        resources:
            mem_mb=megabytes(2000, 30),
            runtime=minutes(15, 0.1),
        params:
            terrain=TERRAIN,
            grid={key: config["grid"][key] for key in ("cell", "max_distance")},
            survey=SURVEY,
            code=code("delineate_catchments", "colour_maps.yaml"),
        message:
            f"Delineate the catchments of the samples on {TERRAIN['file']}"
        script:
            "../scripts/delineate_catchments.py"
