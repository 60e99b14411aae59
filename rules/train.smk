"""Labelled cells and held-out folds, and the training of one variant on all of them."""

if not CLASSES:

    rule make_folds:
        input:
            # All that learns needs folds: layers that are made from the deposits stop here, and the cube needs no deposits.
            **WITH_COVARIATES,
            elements=path("elements"),
            deposits=path("deposits"),
        output:
            folds=survey_folds(),
            warnings=path("stage_warnings", stage="make_folds"),
        log:
            log_file("make_folds"),
        benchmark:
            benchmark_file("make_folds")
        priority: WAITED_FOR
        conda:
            "../envs/geo.yaml"
        resources:
            mem_mb=megabytes(600, 3),
            runtime=minutes(5, 0.05),
        params:
            arguments={"labels": config["labels"], "seeds": config["network"]["seeds"]},
            code=code("make_folds"),
        message:
            "Hold out the deposits in {params.arguments[labels][folds]} folds, buffer {params.arguments[labels][buffer]} m"
        script:
            "../scripts/make_folds.py"


# Where a variant is not measured in all schemes. The inner one tells the weights of branches.
TRAINED_SCHEMES = {"shuffle": ["held_out"], **dict.fromkeys(ALONE, ["held_out", "inner"])}


rule train:
    input:
        cube=path("cube"),
        graphs=lambda wildcards: [path("graph", n_segments=n) for n in wildcards.scales.split("-")],
        folds=survey_folds(),
    output:
        scores=path("heldout"),
        members=path("members"),
        history=path("history"),
        pathfinders=path("pathfinders"),
    log:
        log_file("train", "variant", "scales"),
    benchmark:
        benchmark_file("train", "variant", "scales")
    priority: LONG
    conda:
        "../envs/torch.yaml"
    threads: TRAINING_CORES
    resources:
        **TRAINING,
        mem_mb=megabytes(1000 + 1000 * config["network"]["memory"], 6.6),
        runtime=minutes(120, 0.5),
    params:
        # What makes no map needs no members that hold out nothing. A run's members are the same whoever asks for it.
        # Permuted labels are a control of the headline number alone, and one kind of data alone is measured by it.
        schemes=lambda wildcards: [
            scheme
            for scheme in TRAINED_SCHEMES.get(wildcards.variant, SCHEMES)
            if scheme != "final" or (wildcards.variant, wildcards.scales) == (VARIANTS[0], SCALES)
        ],
        settings=lambda wildcards: {
            "variant": branches(wildcards),
            "patience": config["network"]["early_stopping"],
            **{key: config["network"][key] for key in ("preset", "options", "epochs")},
        },
        # Only the spectrum branch sees an order: another one trains no other variant again.
        spectrum_order=lambda wildcards: (
            config["network"]["spectrum_order"] if "spectrum" in BRANCHES[branches(wildcards)] else "given"
        ),
        # What deposits are known for would tell halo from background even where labels mean nothing.
        commodities=lambda wildcards: [] if wildcards.variant == "shuffle" else COMMODITIES,
        shuffle=lambda wildcards: wildcards.variant == "shuffle",
        # Where and how fast it runs; none of it changes what comes out.
        machine={key: config["network"][key] for key in ("device", "precision", "memory")},
        checkpoint=path("checkpoint"),
        code=code("train", "elements.csv"),
    message:
        f"Train {{wildcards.variant}} ({{params.settings[preset]}}) on superpixels {{wildcards.scales}}{TAKES_CORES}"
    script:
        "../scripts/train.py"


if ATTENTION:

    rule measure_attention:
        input:
            cube=path("cube"),
            graphs=rules.train.input.graphs,
            members=path("members"),
            history=path("history"),
        output:
            attention=path("attention"),
        log:
            log_file("measure_attention", "variant", "scales"),
        benchmark:
            benchmark_file("measure_attention", "variant", "scales")
        wildcard_constraints:
            variant="fusion|spatial|external",
        priority: LONG
        group:
            "attention"
        conda:
            "../envs/torch.yaml"
        threads: HALF_OF_CORES
        resources:
            mem_mb=megabytes(1000 + 1000 * config["network"]["memory"], 6.6),
            runtime=minutes(20, 0.1),
        params:
            settings=rules.train.params.settings,
            machine=rules.train.params.machine,
            code=code("measure_attention"),
        message:
            f"Measure the attention of {{wildcards.variant}} by direction{TAKES_CORES}"
        script:
            "../scripts/measure_attention.py"
