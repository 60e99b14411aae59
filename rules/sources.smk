"""The ground that samples of streams or till came from, in place of an interpolation."""

if UNMIXED:

    MIXTURES = {
        "samples": path("samples"),
        **({"catchments": path("catchments")} if MEDIUM == "stream" else {}),
        **({"bearing": ICE_FILE} if ICE_FILE else {}),
    }

    rule unmix_elements:
        input:
            **({} if CLASSES else {"deposits": ancient(path("deposits"))}),
            **MIXTURES,
        output:
            elements=path("elements"),
            table=path("interpolation_table"),
            warnings=path("stage_warnings", stage="unmix_elements"),
        log:
            log_file("unmix_elements"),
        benchmark:
            benchmark_file("unmix_elements")
        priority: WAITED_FOR
        conda:
            "../envs/geo.yaml"
        resources:
            mem_mb=megabytes(4900, 110),
            runtime=minutes(15, 15),
        params:
            grid={key: config["grid"][key] for key in ("cell", "max_distance")},
            settings={
                "medium": MEDIUM,
                "sources": config["sources"],
                "ice": ICE,
                "interpolation": used_interpolation(config["interpolation"]),
            },
            code=code("unmix_elements"),
        message:
            f"Map the ground that samples of {MEDIUM} came from (law {config['sources']['law']})"
        script:
            "../scripts/unmix_elements.py"

    if REALISATIONS:

        rule realise_sources:
            input:
                **MIXTURES,
                elements=path("elements"),
            output:
                elements=path("realised_elements"),
            log:
                log_file("realise_sources", "realisation"),
            benchmark:
                benchmark_file("realise_sources", "realisation")
            wildcard_constraints:
                realisation="[1-9][0-9]*",
            conda:
                "../envs/geo.yaml"
            resources:
                mem_mb=megabytes(4900, 110),
                runtime=minutes(15, 15),
            params:
                grid=rules.unmix_elements.params.grid,
                settings={"sources": config["sources"], "ice": ICE},
                code=code("realise_sources"),
            message:
                "Draw realisation {wildcards.realisation} of the ground that samples came from"
            script:
                "../scripts/realise_sources.py"
