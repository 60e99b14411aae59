"""Internal graph (pixels) and external graph (superpixels), one job per scale."""


rule build_graph:
    input:
        labels=path("superpixels"),
    output:
        graph=path("graph"),
    log:
        log_file("build_graph", "n_segments"),
    benchmark:
        benchmark_file("build_graph", "n_segments")
    priority: WAITED_FOR
    group:
        "scales"
    conda:
        "../envs/geo.yaml"
    resources:
        mem_mb=megabytes(600, 0.7, of=[path("cube")]),
        runtime=minutes(5, 0.05, of=[path("cube")]),
    params:
        code=code("build_graph"),
    message:
        "Build the graphs of {wildcards.n_segments} superpixels"
    script:
        "../scripts/build_graph.py"
