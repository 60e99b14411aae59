"""SLIC superpixels, one job per scale."""


rule segment_superpixels:
    input:
        cube=path("cube"),
    output:
        labels=path("superpixels"),
    log:
        log_file("segment_superpixels", "n_segments"),
    benchmark:
        benchmark_file("segment_superpixels", "n_segments")
    conda:
        "../envs/geo.yaml"
    resources:
        mem_mb=megabytes(2000),
        runtime=20,
    params:
        slic=lambda wildcards: {
            "n_segments": wildcards.n_segments,
            "compactness": config["superpixels"]["compactness"],
            "components": config["superpixels"]["components"],
        },
        code=code("segment_superpixels"),
    message:
        "Segment the cube into superpixels ({wildcards.n_segments})"
    script:
        "../scripts/segment_superpixels.py"
