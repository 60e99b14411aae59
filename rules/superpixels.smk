"""SLIC superpixels, one job per scale; with tiles one job per scale and tile, whose labels are then stitched."""

if not TILED:

    rule segment_superpixels:
        input:
            cube=path("cube"),
        output:
            labels=path("superpixels"),
        log:
            log_file("segment_superpixels", "n_segments"),
        benchmark:
            benchmark_file("segment_superpixels", "n_segments")
        priority: WAITED_FOR
        group:
            "scales"
        conda:
            "../envs/geo.yaml"
        resources:
            mem_mb=megabytes(600, 10, extra=superpixel_pairs(8e-6)),
            runtime=minutes(10, 1, extra=superpixel_pairs(1e-7)),
        params:
            slic=lambda wildcards: {
                "n_segments": wildcards.n_segments,
                "compactness": config["superpixels"]["compactness"],
                "components": config["superpixels"]["components"],
                "covariates": config["superpixels"]["covariates"],
            },
            code=code("segment_superpixels"),
        message:
            "Segment the cube into superpixels ({wildcards.n_segments})"
        script:
            "../scripts/segment_superpixels.py"

else:

    rule fit_components:
        input:
            cube=path("cube"),
        output:
            components=path("components"),
        log:
            log_file("fit_components"),
        benchmark:
            benchmark_file("fit_components")
        conda:
            "../envs/geo.yaml"
        resources:
            mem_mb=megabytes(600, 0.5),
            runtime=minutes(5, 0.02),
        params:
            components=config["superpixels"]["components"],
            covariates=config["superpixels"]["covariates"],
            code=code("fit_components"),
        message:
            "Fit {params.components} principal components of the cube"
        script:
            "../scripts/fit_components.py"

    rule segment_tile:
        input:
            cube=path("cube"),
            components=path("components"),
        output:
            labels=of_tile("superpixels"),
        log:
            log_file("segment_tile", "n_segments", *TILE),
        benchmark:
            benchmark_file("segment_tile", "n_segments", *TILE)
        priority: WAITED_FOR
        conda:
            "../envs/geo.yaml"
        resources:
            mem_mb=megabytes(600, 0.8 + 2 / config["grid"]["tiles"]),
            runtime=minutes(5, 0.02),
        params:
            n_segments="{n_segments}",
            compactness=config["superpixels"]["compactness"],
            covariates=config["superpixels"]["covariates"],
            tile=tile_name,
            code=code("segment_tile"),
        message:
            "Run SLIC on tile {params.tile} ({params.n_segments})"
        script:
            "../scripts/segment_tile.py"

    rule stitch_superpixels:
        input:
            cube=path("cube"),
            tiles=gather.tiles(path("superpixels_tile"), allow_missing=True),
        output:
            labels=path("superpixels"),
        log:
            log_file("stitch_superpixels", "n_segments"),
        benchmark:
            benchmark_file("stitch_superpixels", "n_segments")
        priority: WAITED_FOR
        group:
            "scales"
        conda:
            "../envs/geo.yaml"
        resources:
            mem_mb=megabytes(600, 0.7),
            runtime=minutes(5, 0.02),
        params:
            n_segments="{n_segments}",
            code=code("stitch_superpixels"),
        message:
            "Stitch the superpixels of all tiles ({params.n_segments})"
        script:
            "../scripts/stitch_superpixels.py"
