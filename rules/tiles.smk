"""Tiles: bands of rows of the grid that the largest stages work on as jobs of their own, and what puts them together."""


scattergather:
    tiles=config["grid"]["tiles"],


if TILED and not GRIDDED and not UNMIXED:

    rule gather_elements:
        input:
            tiles=gather.tiles(path("elements_tile")),
        output:
            elements=path("elements"),
        log:
            log_file("gather_elements"),
        benchmark:
            benchmark_file("gather_elements")
        conda:
            "../envs/geo.yaml"
        resources:
            mem_mb=megabytes(800, 0.5),
            runtime=minutes(5, 0.02),
        params:
            code=code("gather_elements"),
        message:
            "Put the elements of all tiles together"
        script:
            "../scripts/gather_elements.py"
