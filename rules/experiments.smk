"""Comparisons on the same folds, seeds and draws: the variants of the network, and superpixel settings."""


rule ablation:
    input:
        path("ablation"),
        path("ablation_figure"),
        *([] if CLASSES else [path("ablation_differences")]),


rule sweep:
    input:
        path("sweep"),
        path("sweep_figure"),


rule transfer:
    input:
        several_needed("transfer", "a model is carried from one survey to another"),


rule bench:
    input:
        several_needed("bench", "methods are compared over several surveys"),


# The measuring of `evaluate`, apart from it: a comparison does not redo metrics.csv.
use rule evaluate as compare_variants with:
    input:
        **SAMPLED,
        elements=path("elements"),
        folds=survey_folds(),
        runs=run_files("heldout", ABLATION),
        controls=path("controls"),
    output:
        **(
            {}
            if CLASSES
            else {"comparisons": path("ablation_comparisons"), "deposit_ranks": path("ablation_ranks")}
        ),
        metrics=path("ablation"),
    log:
        log_file("compare_variants"),
    benchmark:
        benchmark_file("compare_variants")
    params:
        runs=measured(ABLATION, CONTROLS),
        arguments=rules.evaluate.params.arguments,
        code=code("evaluate"),
    message:
        "Compare the variants of the network, and the controls"


use rule evaluate as compare_scales with:
    input:
        **SAMPLED,
        elements=path("elements"),
        folds=survey_folds(),
        runs=run_files("heldout", SWEEP),
    output:
        metrics=path("sweep"),
    log:
        log_file("compare_scales"),
    benchmark:
        benchmark_file("compare_scales")
    params:
        runs=measured(SWEEP),
        arguments=rules.evaluate.params.arguments,
        code=code("evaluate"),
    message:
        "Compare superpixel settings"


rule plot_ablation:
    input:
        **({} if CLASSES else {"comparisons": path("ablation_comparisons")}),
        table=path("ablation"),
        deposits=path("folds_deposits"),
        cells=path("folds_table", scheme="held_out"),
    output:
        **(
            {}
            if CLASSES
            else {"differences": report_output("ablation_differences", path("ablation_differences"))}
        ),
        figure=report_output("ablation", path("ablation_figure")),
    log:
        log_file("plot_ablation"),
    benchmark:
        benchmark_file("plot_ablation")
    group:
        "evidence"
    conda:
        "../envs/geo.yaml"
    resources:
        mem_mb=megabytes(600, 5),
        runtime=minutes(5, 0.05),
    params:
        survey=SURVEY,
        code=code("plot_ablation", "colour_maps.yaml"),
    message:
        "Draw the comparison of variants"
    script:
        "../scripts/plot_ablation.py"


rule plot_sweep:
    input:
        table=path("sweep"),
        deposits=path("folds_deposits"),
        cells=path("folds_table", scheme="held_out"),
    output:
        figure=report_output("sweep", path("sweep_figure")),
    log:
        log_file("plot_sweep"),
    benchmark:
        benchmark_file("plot_sweep")
    group:
        "evidence"
    conda:
        "../envs/geo.yaml"
    resources:
        mem_mb=megabytes(600, 5),
        runtime=minutes(5, 0.05),
    params:
        survey=SURVEY,
        in_use=SCALES,
        code=code("plot_sweep", "colour_maps.yaml"),
    message:
        "Draw the comparison of superpixel settings"
    script:
        "../scripts/plot_sweep.py"
