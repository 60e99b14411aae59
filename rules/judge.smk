"""A map that was made elsewhere, put through the same evidence: `snakemake judge`."""


rule judge:
    input:
        judged_input,


if JUDGE:

    rule read_judged:
        input:
            **({"trained_on": TRAINED_ON} if TRAINED_ON else {}),
            file=JUDGED_FILE,
            parts=[part for file in filter(None, [JUDGED_FILE, TRAINED_ON]) for part in table_files(file)],
            elements=path("elements"),
            folds=survey_folds(),
            deposits=path("deposits"),
        output:
            map=path("judged_map"),
            deposits=path("judged_deposits"),
            warnings=path("stage_warnings", stage="read_judged"),
        log:
            log_file("read_judged"),
        benchmark:
            benchmark_file("read_judged")
        # A mistake in the map is told before anything is trained.
        priority: 100
        conda:
            "../envs/geo.yaml"
        resources:
            mem_mb=megabytes(1000, 40),
            runtime=minutes(10, 0.5),
        params:
            sections={"judge": JUDGE, "deposits": TABLES["deposits"]},
            radius=config["labels"]["radius"],
            code=code("read_judged", "elements.csv"),
        message:
            "Bring {input.file} to the grid of the survey"
        script:
            "../scripts/read_judged.py"

    rule judge_map:
        input:
            **SAMPLED,
            map=path("judged_map"),
            deposits=path("judged_deposits"),
            warnings=path("stage_warnings", stage="read_judged"),
            elements=path("elements"),
            folds=survey_folds(),
            runs=run_files("heldout", TRAINED),
            controls=path("controls"),
        output:
            **{
                name: path(name)
                for name in ("judged", "judged_comparisons", "judged_ranks", "judged_success", "judged_text")
            },
        log:
            log_file("judge_map"),
        benchmark:
            benchmark_file("judge_map")
        group:
            "judge"
        conda:
            "../envs/geo.yaml"
        resources:
            mem_mb=megabytes(800, 1.5),
            runtime=minutes(10, 0.05),
        params:
            runs=measured(TRAINED, CONTROLS),
            about={
                "survey": SURVEY,
                "name": JUDGE["name"],
                "trained_on": JUDGE["trained_on"],
                "labels": {key: config["labels"][key] for key in ("radius", "seed")},
                "bootstrap": config["evaluation"]["bootstrap"],
            },
            names=method_names(),
            code=code("judge_map"),
        message:
            "Judge {params.about[name]} by held-out deposits, beside the survey's own methods"
        script:
            "../scripts/judge_map.py"

    rule plot_judged:
        input:
            metrics=path("judged"),
            comparisons=path("judged_comparisons"),
            curves=path("judged_success"),
        output:
            differences=report_output("judged"),
            success=report_output("judged_success"),
        log:
            log_file("plot_judged"),
        benchmark:
            benchmark_file("plot_judged")
        group:
            "judge"
        conda:
            "../envs/geo.yaml"
        resources:
            mem_mb=megabytes(800, 4),
            runtime=minutes(5, 0.05),
        params:
            survey=SURVEY,
            code=code("plot_judged", "colour_maps.yaml"),
        message:
            "Draw how {input.metrics} compares"
        script:
            "../scripts/plot_judged.py"
