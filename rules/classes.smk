"""Where labels are a raster of classes: its cells, folds, maps and figures in place of those of deposits."""

if CLASSES:

    rule read_labels:
        input:
            **LABEL_RASTERS,
            elements=path("elements"),
        output:
            labels=path("labels"),
        log:
            log_file("read_labels"),
        benchmark:
            benchmark_file("read_labels")
        conda:
            "../envs/geo.yaml"
        resources:
            mem_mb=megabytes(600, 10),
            runtime=minutes(5, 0.05),
        params:
            code=code("read_labels"),
        message:
            "Put the labels of {input.file} on the grid"
        script:
            "../scripts/read_labels.py"

    rule make_class_folds:
        input:
            elements=path("elements"),
            raster=path("labels"),
        output:
            survey_folds(),
        log:
            log_file("make_class_folds"),
        benchmark:
            benchmark_file("make_class_folds")
        priority: WAITED_FOR
        conda:
            "../envs/geo.yaml"
        resources:
            mem_mb=megabytes(600, 10),
            runtime=minutes(5, 0.05),
        params:
            arguments={
                "labels": {
                    key: config["labels"][key]
                    for key in ("group_distance", "buffer", "folds", "positives", "seed")
                },
                "seeds": config["network"]["seeds"],
            },
            code=code("make_class_folds"),
        message:
            "Hold out labelled cells"
        script:
            "../scripts/make_class_folds.py"

    rule map_classes:
        input:
            elements=path("elements"),
            scores=MAPPED,
        output:
            **SPREAD,
            **{name: path("map", map=name) for name in maps_of("map_classes")},
        log:
            log_file("map_classes"),
        benchmark:
            benchmark_file("map_classes")
        group:
            "evidence"
        conda:
            "../envs/geo.yaml"
        resources:
            mem_mb=megabytes(600, 4),
            runtime=minutes(5, 0.05),
        params:
            code=code("map_classes"),
        message:
            "Make the maps of classes"
        script:
            "../scripts/map_classes.py"

    rule plot_classes:
        input:
            elements=path("elements"),
            labels=path("labels"),
            folds=path("folds_image", scheme="held_out"),
            metrics=path("metrics"),
            classes=path("map", map="classes"),
            confusion=path("confusion"),
            history=path("history", variant=VARIANTS[0], scales=SCALES),
        output:
            class_map=report_output("class_map"),
            folds=report_output("folds"),
            confusion=report_output("confusion"),
            metrics=report_output("metrics"),
            history=report_output("history"),
        log:
            log_file("plot_classes"),
        benchmark:
            benchmark_file("plot_classes")
        group:
            "evidence"
        conda:
            "../envs/geo.yaml"
        resources:
            mem_mb=megabytes(800, 4),
            runtime=minutes(5, 0.05),
        params:
            survey=SURVEY,
            variant=VARIANTS[0],
            code=code("plot_classes", "colour_maps.yaml"),
        message:
            "Draw the map of classes, the folds and the evidence"
        script:
            "../scripts/plot_classes.py"
