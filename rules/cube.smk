"""From samples or rasters to the standardised cube."""

if GRIDDED:

    rule read_grids:
        input:
            [str(file) for file in RASTERS],
        output:
            elements=path("elements"),
            warnings=path("stage_warnings", stage="read_grids"),
        log:
            log_file("read_grids"),
        benchmark:
            benchmark_file("read_grids")
        conda:
            "../envs/geo.yaml"
        resources:
            mem_mb=megabytes(800, 20),
            runtime=minutes(10, 0.1),
        params:
            grids=config["grids"],
            folder=config["data"]["folder"],
            code=code("read_grids", "elements.csv"),
        message:
            "Read the rasters {input}"
        script:
            "../scripts/read_grids.py"

elif not UNMIXED:

    rule fit_interpolation:
        input:
            **({} if CLASSES else {"deposits": ancient(path("deposits"))}),
            samples=path("samples"),
            # Bad deposits stop the workflow before the work begins; good ones do not matter here.
        output:
            interpolation=path("interpolation"),
            table=path("interpolation_table"),
        log:
            log_file("fit_interpolation"),
        benchmark:
            benchmark_file("fit_interpolation")
        conda:
            "../envs/geo.yaml"
        resources:
            mem_mb=megabytes(800, 40),
            runtime=minutes(10, 1),
        params:
            max_distance=config["grid"]["max_distance"],
            interpolation=used_interpolation(config["interpolation"]),
            code=code("fit_interpolation"),
        message:
            "Interpolation at left-out samples (method {params.interpolation[method]})"
        script:
            "../scripts/fit_interpolation.py"

    rule interpolate_elements:
        input:
            samples=path("samples"),
            interpolation=path("interpolation"),
        output:
            elements=of_tile("elements"),
        log:
            log_file("interpolate_elements", *TILE),
        benchmark:
            benchmark_file("interpolate_elements", *TILE)
        conda:
            "../envs/geo.yaml"
        resources:
            mem_mb=megabytes(800, 30),
            runtime=minutes(10, 0.5),
        params:
            grid={key: config["grid"][key] for key in ("cell", "max_distance")},
            band=tile_name,
            code=code("interpolate_elements"),
        message:
            "Interpolate the elements to {params.grid[cell]} m cells"
        script:
            "../scripts/interpolate_elements.py"


rule stack_cube:
    input:
        **WITH_COVARIATES,
        elements=path("elements"),
        quality=WEIGHED,
    output:
        cube=path("cube"),
    log:
        log_file("stack_cube"),
    benchmark:
        benchmark_file("stack_cube")
    conda:
        "../envs/geo.yaml"
    resources:
        mem_mb=megabytes(800, 0.5),
        runtime=minutes(5, 0.02),
    params:
        transform=config["cube"]["transform"],
        clip=config["cube"]["clip"],
        code=code("stack_cube"),
    message:
        "Stack the cube ({params.transform}, clipped at {params.clip} standard deviations)"
    script:
        "../scripts/stack_cube.py"
