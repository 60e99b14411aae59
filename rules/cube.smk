"""From samples or rasters to the standardised cube."""

if GRIDDED:

    rule read_grids:
        input:
            [str(file) for file in RASTERS],
        output:
            elements=path("elements"),
        log:
            log_file("read_grids"),
        benchmark:
            benchmark_file("read_grids")
        conda:
            "../envs/geo.yaml"
        resources:
            mem_mb=megabytes(2000),
            runtime=10,
        params:
            grids=config["grids"],
            folder=config["data"]["folder"],
            code=code("read_grids", "elements.csv"),
        message:
            "Read the rasters {input}"
        script:
            "../scripts/read_grids.py"

else:

    rule interpolate_elements:
        input:
            **({} if CLASSES else {"deposits": ancient(path("deposits"))}),
            samples=path("samples"),
            # Bad deposits stop the workflow before the work begins; good ones do not matter here.
        output:
            elements=path("elements"),
        log:
            log_file("interpolate_elements"),
        benchmark:
            benchmark_file("interpolate_elements")
        conda:
            "../envs/geo.yaml"
        resources:
            mem_mb=megabytes(2000),
            runtime=20,
        params:
            grid={key: config["grid"][key] for key in ("cell", "max_distance")},
            interpolation=config["interpolation"],
            code=code("interpolate_elements"),
        message:
            "Interpolate the elements to {params.grid[cell]} m cells from {params.interpolation[neighbours]} neighbours, power {params.interpolation[power]}"
        script:
            "../scripts/interpolate_elements.py"


rule stack_cube:
    input:
        elements=path("elements"),
    output:
        cube=path("cube"),
    log:
        log_file("stack_cube"),
    benchmark:
        benchmark_file("stack_cube")
    conda:
        "../envs/geo.yaml"
    resources:
        mem_mb=megabytes(2000),
        runtime=10,
    params:
        transform=config["cube"]["transform"],
        clip=config["cube"]["clip"],
        code=code("stack_cube"),
    message:
        "Stack the cube ({params.transform}, clipped at {params.clip} standard deviations)"
    script:
        "../scripts/stack_cube.py"
