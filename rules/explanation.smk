"""Why here: what elements and neighbouring superpixels add to the score of the map."""

if EXPLAINED:

    rule explain_map:
        input:
            cube=path("cube"),
            graphs=[path("graph", n_segments=n) for n in SCALES.split("-")],
            members=path("members", variant=VARIANTS[0], scales=SCALES),
            history=path("history", variant=VARIANTS[0], scales=SCALES),
        output:
            attribution=path("attribution", variant=VARIANTS[0]),
        log:
            log_file("explain_map"),
        benchmark:
            benchmark_file("explain_map")
        priority: LONG
        conda:
            "../envs/torch.yaml"
        threads: HALF_OF_CORES
        resources:
            mem_mb=megabytes(1500, 14),
            runtime=minutes(10, 0.2),
        params:
            settings={
                "variant": VARIANTS[0],
                **{key: config["network"][key] for key in ("preset", "options")},
            },
            machine={key: config["network"][key] for key in ("device", "memory")},
            steps=config["explanation"]["steps"],
            code=code("explain_map"),
        message:
            f"Attribute the score of {{params.settings[variant]}} to elements, {{params.steps}} steps{TAKES_CORES}"
        script:
            "../scripts/explain_map.py"

    rule explain_targets:
        input:
            cube=path("cube"),
            graphs=rules.explain_map.input.graphs,
            members=path("members", variant=VARIANTS[0], scales=SCALES),
            history=path("history", variant=VARIANTS[0], scales=SCALES),
            attribution=path("attribution", variant=VARIANTS[0]),
            targets=path("map", map="targets"),
        output:
            elements=path("target_attribution"),
            superpixels=path("target_neighbours"),
        log:
            log_file("explain_targets"),
        benchmark:
            benchmark_file("explain_targets")
        priority: WAITED_FOR
        group:
            "explanation"
        conda:
            "../envs/torch.yaml"
        threads: HALF_OF_CORES
        resources:
            mem_mb=megabytes(1500, 5),
            runtime=minutes(10, 0.05),
        params:
            settings=rules.explain_map.params.settings,
            machine=rules.explain_map.params.machine,
            steps=config["explanation"]["steps"],
            n_segments=SCALES.split("-"),
            code=code("explain_targets"),
        message:
            f"Attribute the score of targets to elements and superpixels{TAKES_CORES}"
        script:
            "../scripts/explain_targets.py"
