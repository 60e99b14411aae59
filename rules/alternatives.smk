"""Alternatives of the settings, each from its tables to its scores; and the consensus over a declared design of them."""


rule alternative_elements:
    input:
        unpack(alternative_tables),
    output:
        folder=directory(path("alternative_elements")),
    log:
        log_file("alternative_elements", "key"),
    benchmark:
        benchmark_file("alternative_elements", "key")
    wildcard_constraints:
        key="[0-9a-f]{12}",
    group:
        "alternative_elements"
    conda:
        "../envs/geo.yaml"
    resources:
        mem_mb=megabytes(800, 30),
        runtime=minutes(10, 0.5),
    params:
        settings=lambda wildcards: registered("elements", wildcards.key),
        code=code("alternative_elements", "elements.csv"),
    message:
        "Alternative {wildcards.key}: from tables to gridded elements"
    script:
        "../scripts/alternative_elements.py"


rule alternative_cube:
    input:
        elements=alternative_stage("cubes", "elements"),
    output:
        folder=directory(path("alternative_cubes")),
    log:
        log_file("alternative_cube", "key"),
    benchmark:
        benchmark_file("alternative_cube", "key")
    wildcard_constraints:
        key="[0-9a-f]{12}",
    group:
        "alternative_cubes"
    conda:
        "../envs/geo.yaml"
    resources:
        mem_mb=megabytes(800, 10),
        runtime=minutes(10, 1),
    params:
        settings=lambda wildcards: registered("cubes", wildcards.key),
        code=code("alternative_cube"),
    message:
        "Alternative {wildcards.key}: cube, superpixels and graphs"
    script:
        "../scripts/alternative_cube.py"


rule alternative_scores:
    input:
        cube=alternative_stage("scores", "cubes"),
        elements=lambda wildcards: path(
            "alternative_elements",
            key=registered("cubes", registered("scores", wildcards.key)["cubes"])["elements"],
        ),
    output:
        folder=directory(path("alternative_scores")),
    log:
        log_file("alternative_scores", "key"),
    benchmark:
        benchmark_file("alternative_scores", "key")
    wildcard_constraints:
        key="[0-9a-f]{12}",
    # Alternatives beside each other use the cores better than the threads of one.
    priority: LONG
    conda:
        "../envs/torch.yaml"
    threads: 1
    resources:
        **TRAINING,
        mem_mb=megabytes(1000 + 1000 * config["network"]["memory"], 6.6),
        runtime=minutes(120, 0.5),
    params:
        settings=lambda wildcards: registered("scores", wildcards.key),
        machine={key: config["network"][key] for key in ("device", "precision", "memory")},
        code=code("alternative_scores", "elements.csv"),
    message:
        "Alternative {wildcards.key}: folds and scores"
    script:
        "../scripts/alternative_scores.py"


rule consensus:
    input:
        path("consensus"),
        path("consensus_figure"),


rule measure_consensus:
    input:
        elements=path("elements"),
        scores=lambda wildcards: [
            path("alternative_scores", key=one["keys"]["scores"]) for one in consensus_workflows()[1]
        ],
    output:
        consensus=path("consensus"),
        consensus_choices=path("consensus_choices"),
        agreement=path("agreement"),
    log:
        log_file("measure_consensus"),
    benchmark:
        benchmark_file("measure_consensus")
    group:
        "consensus"
    conda:
        "../envs/geo.yaml"
    resources:
        mem_mb=megabytes(600, 3),
        runtime=minutes(10, 0.05),
    params:
        runs=consensus_runs,
        choices=lambda wildcards: {
            key: [level_text(value) for value in levels] for key, levels in consensus_choices().items()
        },
        design=lambda wildcards: consensus_workflows()[0],
        about={
            "survey": SURVEY,
            "radius": config["labels"]["radius"],
            "area": config["consensus"]["area"],
        },
        code=code("measure_consensus"),
    message:
        "Compare the workflows and tell how much each choice moves the result"
    script:
        "../scripts/measure_consensus.py"


rule plot_consensus:
    input:
        elements=path("elements"),
        deposits=path("deposits"),
        table=path("consensus"),
        choices=path("consensus_choices"),
        agreement=path("agreement"),
    output:
        figure=report_output("consensus", path("consensus_figure")),
    log:
        log_file("plot_consensus"),
    benchmark:
        benchmark_file("plot_consensus")
    group:
        "consensus"
    conda:
        "../envs/geo.yaml"
    resources:
        mem_mb=megabytes(800, 5),
        runtime=minutes(5, 0.05),
    params:
        survey=SURVEY,
        area=config["consensus"]["area"],
        code=code("plot_consensus", "colour_maps.yaml"),
    message:
        "Draw the consensus of the workflows"
    script:
        "../scripts/plot_consensus.py"
