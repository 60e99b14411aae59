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
    conda:
        "../envs/geo.yaml"
    resources:
        mem_mb=megabytes(1500),
        runtime=10,
    params:
        code=code("build_graph"),
    message:
        "Build the graphs of {wildcards.n_segments} superpixels"
    script:
        "../scripts/build_graph.py"
