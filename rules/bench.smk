"""The bench: what every method is worth in every survey of a config, and over all of them."""


rule bench:
    input:
        BENCH.values(),


rule pool_bench:
    input:
        ranks=bench_ranks,
    output:
        values=BENCH["bench"],
        pooled=BENCH["bench_pooled"],
        text=BENCH["bench_text"],
        figure=BENCH["bench_figure"],
    log:
        "logs/pool_bench.log",
    benchmark:
        "benchmarks/pool_bench.jsonl"
    conda:
        "../envs/geo.yaml"
    resources:
        mem_mb=megabytes(800),
        runtime=minutes(10),
    params:
        kinds={one.name: "simulated" if "simulate" in one.settings else "real" for one in LISTED},
        bootstrap=max(one.settings["evaluation"]["bootstrap"] for one in LISTED),
        seed=0,
        code=code("pool_bench", "colour_maps.yaml"),
    message:
        "Compare all methods over all surveys"
    script:
        "../scripts/pool_bench.py"
