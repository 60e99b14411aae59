"""The publication's three claims, on simulated surveys with each fault off and on; rules/claims/Snakefile includes this."""

CLAIM_FILES = ["claims", "claims_summary", "claims_verdicts", "claims_text"]


rule claims:
    input:
        [path(name) for name in CLAIM_FILES],
        path("claims_figure"),


rule measure_claims:
    input:
        scores=lambda wildcards: list(claims_scores(int(wildcards.seed)).values()),
    output:
        table=path("claims_seed"),
    log:
        log_file("measure_claims", "seed"),
    benchmark:
        benchmark_file("measure_claims", "seed")
    wildcard_constraints:
        seed="[0-9]+",
    group:
        "seeds"
    conda:
        "../envs/geo.yaml"
    resources:
        mem_mb=megabytes(600, 2),
        runtime=minutes(10, 0.05),
    params:
        conditions=lambda wildcards: [
            {
                "survey": SURVEY,
                "fault": fault,
                "strength": strength,
                "seed": int(wildcards.seed),
            }
            for fault, strength in claims_scores(int(wildcards.seed))
        ],
        arguments=lambda wildcards: {
            "simulate": {
                **config["simulate"],
                "seed": int(wildcards.seed),
                "samples": config["claims"]["samples"],
                "deposits": config["claims"]["deposits"],
                "faults": dict.fromkeys(config["simulate"]["faults"], 1.0),
            },
            "radius": config["labels"]["radius"],
            "area": config["claims"]["area"],
        },
        code=code("measure_claims", "elements.csv"),
    message:
        "Measure all conditions of seed {wildcards.seed} against the truth"
    script:
        "../scripts/measure_claims.py"


rule collect_claims:
    input:
        tables=[path("claims_seed", seed=seed) for seed in claim_surveys.seeds(config["claims"])],
    output:
        table=path("claims"),
        summary=path("claims_summary"),
        verdicts=path("claims_verdicts"),
        text=path("claims_text"),
    log:
        log_file("collect_claims"),
    benchmark:
        benchmark_file("collect_claims")
    group:
        "claims"
    conda:
        "../envs/geo.yaml"
    resources:
        mem_mb=megabytes(600),
        runtime=minutes(5),
    params:
        survey=SURVEY,
        section=config["claims"],
        code=code("collect_claims", "colour_maps.yaml"),
    message:
        "Say which of the three claims hold"
    script:
        "../scripts/collect_claims.py"


rule plot_claims:
    input:
        summary=path("claims_summary"),
        verdicts=path("claims_verdicts"),
    output:
        figure=report_output("claims", path("claims_figure")),
    log:
        log_file("plot_claims"),
    benchmark:
        benchmark_file("plot_claims")
    group:
        "claims"
    conda:
        "../envs/geo.yaml"
    resources:
        mem_mb=megabytes(600),
        runtime=minutes(5),
    params:
        survey=SURVEY,
        area=config["claims"]["area"],
        code=code("plot_claims", "colour_maps.yaml"),
    message:
        "Draw the claims"
    script:
        "../scripts/plot_claims.py"
