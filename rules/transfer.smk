"""A model trained on one survey and applied to another, judged by the other's deposits: `snakemake transfer`."""


rule transfer:
    input:
        lambda wildcards: [
            transferred(name, target=target)
            for target in transfers()
            for name in ("transfer_table", "transfer_figure", "transfer_maps")
        ],


rule transfer_cubes:
    input:
        source=of_survey("source", "elements"),
        target=of_survey("target", "elements"),
    output:
        cubes=directory(transferred("transfer_cubes")),
        levels=transferred("transfer_levels"),
    log:
        "logs/{target}/transfer_cubes_{source}.log",
    benchmark:
        "benchmarks/{target}/transfer_cubes_{source}.jsonl"
    conda:
        "../envs/geo.yaml"
    resources:
        mem_mb=megabytes(800, 10),
        runtime=minutes(10, 0.5),
    params:
        settings=lambda wildcards: {
            key: SURVEYS[wildcards.source].config[key] for key in ("cube", "superpixels")
        },
        fewest=transfer_settings(config)["min_elements"],
        names=lambda wildcards: (wildcards.source, wildcards.target),
        code=code("transfer_cubes"),
    message:
        "Cubes of {wildcards.source} and {wildcards.target} on the elements that both have"
    script:
        "../scripts/transfer_cubes.py"


rule transfer_scores:
    input:
        cubes=transferred("transfer_cubes"),
        folds=lambda wildcards: SURVEYS[wildcards.source].survey_folds(),
    output:
        scores=transferred("transfer_scores"),
        history=transferred("transfer_history"),
    log:
        "logs/{target}/transfer_scores_{source}.log",
    benchmark:
        "benchmarks/{target}/transfer_scores_{source}.jsonl"
    priority: LONG
    conda:
        "../envs/torch.yaml"
    threads: HALF_OF_CORES
    resources:
        **TRAINING,
        mem_mb=training_memory,
        runtime=minutes(120, 0.5),
    params:
        settings=network_of_source("preset", "options", "epochs"),
        further=lambda wildcards: network_of_source("variants", "early_stopping", "spectrum_order")(
            wildcards
        )
        | {"commodities": SURVEYS[wildcards.source].COMMODITIES},
        # Where and how fast it runs; none of it changes what comes out.
        machine=network_of_source("device", "precision", "memory"),
        controls=[*TRANSFERRED],
        code=code("transfer_scores", "elements.csv"),
    message:
        f"Train on all deposits of {{wildcards.source}} and predict {{wildcards.target}}{TAKES_CORES}"
    script:
        "../scripts/transfer_scores.py"


rule transfer_metrics:
    input:
        unpack(lambda wildcards: SURVEYS[wildcards.target].SAMPLED),
        elements=of_survey("target", "elements"),
        folds=lambda wildcards: SURVEYS[wildcards.target].survey_folds(),
        scores=transferred("transfer_scores"),
    output:
        metrics=transferred("transfer_metrics"),
        map=transferred("transfer_map"),
    log:
        "logs/{target}/transfer_metrics_{source}.log",
    benchmark:
        "benchmarks/{target}/transfer_metrics_{source}.jsonl"
    group:
        "transfer"
    conda:
        "../envs/geo.yaml"
    resources:
        mem_mb=megabytes(800, 5),
        runtime=minutes(10, 0.05),
    params:
        about=lambda wildcards: {
            "survey": wildcards.target,
            "source": wildcards.source,
            "scales": SURVEYS[wildcards.source].SCALES,
        },
        labels=lambda wildcards: {
            key: SURVEYS[wildcards.target].config["labels"][key] for key in ("radius", "seed")
        },
        bootstrap=lambda wildcards: SURVEYS[wildcards.target].config["evaluation"]["bootstrap"],
        code=code("transfer_metrics"),
    message:
        "Judge what was learned on {wildcards.source} by the deposits of {wildcards.target}"
    script:
        "../scripts/transfer_metrics.py"


rule collect_transfer:
    input:
        transferred=of_sources("transfer_metrics"),
        own=of_survey("target", "metrics"),
    output:
        table=transferred("transfer_table"),
    log:
        "logs/{target}/collect_transfer.log",
    benchmark:
        "benchmarks/{target}/collect_transfer.jsonl"
    group:
        "transfer"
    conda:
        "../envs/geo.yaml"
    resources:
        mem_mb=megabytes(600),
        runtime=minutes(5),
    params:
        code=code("collect_transfer"),
    message:
        "Put what was learned elsewhere beside what {wildcards.target} learned itself"
    script:
        "../scripts/collect_transfer.py"


rule plot_transfer:
    input:
        table=transferred("transfer_table"),
        elements=of_survey("target", "elements"),
        deposits=of_survey("target", "deposits"),
        own=of_survey("target", "map", map="heldout_score"),
        maps=of_sources("transfer_map"),
    output:
        figure=transferred("transfer_figure"),
        maps=transferred("transfer_maps"),
    log:
        "logs/{target}/plot_transfer.log",
    benchmark:
        "benchmarks/{target}/plot_transfer.jsonl"
    group:
        "transfer"
    conda:
        "../envs/geo.yaml"
    resources:
        mem_mb=megabytes(800, 5),
        runtime=minutes(5, 0.05),
    params:
        sources=lambda wildcards: transfers().get(wildcards.target, []),
        code=code("plot_transfer", "colour_maps.yaml"),
    message:
        "Draw what models of other surveys find in {wildcards.target}"
    script:
        "../scripts/plot_transfer.py"
