"""What compares several surveys, and the targets of all of them."""


rule ablation:
    input:
        of_each("ablation"),


rule sweep:
    input:
        of_each("sweep"),


rule consensus:
    input:
        of_each("consensus"),


rule judge:
    input:
        judged_of_each,


rule claims:
    input:
        of_each("claims"),


rule check:
    input:
        of_each("check"),
    log:
        "logs/check.log",
    conda:
        "../envs/geo.yaml"
    resources:
        mem_mb=megabytes(500),
        runtime=minutes(5),
    message:
        "Tell what the checks of all surveys have found"
    script:
        "../scripts/check.py"


localrules:
    surveys,


rule surveys:
    input:
        ACROSS.values(),


rule collect_surveys:
    input:
        metrics=[SURVEYS[one.name].path("metrics") for one in LISTED],
    output:
        table=ACROSS["surveys"],
    log:
        "logs/collect_surveys.log",
    benchmark:
        "benchmarks/collect_surveys.jsonl"
    group:
        "surveys"
    conda:
        "../envs/geo.yaml"
    resources:
        mem_mb=megabytes(600),
        runtime=minutes(5),
    params:
        code=code("collect_surveys"),
    message:
        "Put the evidence of all surveys together"
    script:
        "../scripts/collect_surveys.py"


rule plot_surveys:
    input:
        table=ACROSS["surveys"],
    output:
        figure=ACROSS["surveys_figure"],
    log:
        "logs/plot_surveys.log",
    benchmark:
        "benchmarks/plot_surveys.jsonl"
    group:
        "surveys"
    conda:
        "../envs/geo.yaml"
    resources:
        mem_mb=megabytes(600),
        runtime=minutes(5),
    params:
        code=code("plot_surveys", "colour_maps.yaml"),
    message:
        "Compare the evidence of all surveys"
    script:
        "../scripts/plot_surveys.py"
