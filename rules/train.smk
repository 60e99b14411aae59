"""Labelled cells and held-out folds, and the training of one variant on all of them."""


rule make_folds:
    input:
        elements=path("elements"),
        deposits=path("deposits"),
    output:
        survey_folds(),
    log:
        log_file("make_folds"),
    benchmark:
        benchmark_file("make_folds")
    conda:
        "../envs/geo.yaml"
    resources:
        mem_mb=megabytes(1500),
        runtime=10,
    params:
        arguments={"labels": config["labels"], "seeds": config["network"]["seeds"]},
        code=code("make_folds"),
    message:
        "Hold out the deposits in {params.arguments[labels][folds]} folds, buffer {params.arguments[labels][buffer]} m"
    script:
        "../scripts/make_folds.py"


rule train:
    input:
        cube=path("cube"),
        graphs=lambda wildcards: [path("graph", n_segments=n) for n in wildcards.scales.split("-")],
        folds=survey_folds(),
    output:
        scores=path("heldout"),
        members=path("members"),
        history=path("history"),
    log:
        log_file("train", "variant", "scales"),
    benchmark:
        benchmark_file("train", "variant", "scales")
    conda:
        "../envs/torch.yaml"
    threads: workflow.cores or 1
    resources:
        mem_mb=megabytes(4000),
        runtime=240,
        gpu=1,
    params:
        settings=lambda wildcards: {
            "variant": wildcards.variant,
            **{key: config["network"][key] for key in ("preset", "epochs", "device")},
        },
        code=code("train"),
    message:
        "Train {wildcards.variant} ({params.settings[preset]}) on superpixels {wildcards.scales}"
    script:
        "../scripts/train.py"
