#!/usr/bin/env bash
# snakemake 9.27.1: the benchmark of a job of 16 to 45 seconds is that of its first 15 seconds.
#
# Expected: `cpu_time` and `max_rss` in a benchmark file are those of the whole job, or miss its
# last moments at most.
# What happens: the job is looked at twice a second 31 times, then once in 30 seconds, and not once
# more when it ends. What it does between its 16th and its 45th second counts only if it lasts
# until then. Here a job works for 24 s and holds 400 MB from its 17th second on: the file has
# 15 s of processor time and none of the 400 MB, while `s`, its wall time, is right.
# A job asks a cluster for too little memory if that is set from such a file.
# GeoHalo: each job writes its own processor time and peak memory into its log when it ends
# (`os.times`, VmHWM); the report, the benchmarks and the requests of memory rest on these.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv env
env/bin/python -m pip install --quiet snakemake==9.27.1
env/bin/snakemake --version

cat >work.py <<'PYTHON'
import resource
import time

start = time.time()
held = b""
while time.time() < start + 24:
    if not held and time.time() > start + 17:
        held = b"\1" * 400_000_000
usage = resource.getrusage(resource.RUSAGE_SELF)
print(f"{usage.ru_utime + usage.ru_stime:.1f} s of processor time, peak {usage.ru_maxrss / 1024:.0f} MB")
PYTHON

cat >Snakefile <<'SNAKEFILE'
rule work:
    output:
        "own.txt",
    benchmark:
        "work.jsonl"
    shell:
        "python3 work.py > {output}"
SNAKEFILE

env/bin/snakemake --cores 1 --quiet all 2>log.txt || { cat log.txt; exit 1; }
echo "the job itself: $(cat own.txt)"
env/bin/python - <<'PYTHON'
import json

record = json.loads(open("work.jsonl").read().splitlines()[-1])
spent, peak = float(record["cpu_time"]), float(record["max_rss"])
own = open("own.txt").read().split()
print(f"Snakemake's record: {spent:.1f} s of processor time, peak {peak:.0f} MB, wall {record['s']:.1f} s")
assert float(record["s"]) > 23, "the record's wall time is not that of the job"
assert spent < 0.75 * float(own[0]), "the record has the processor time of the whole job: mended?"
assert peak < 200 < 400 < float(own[-2]), "the record has the peak of the whole job: mended?"
PYTHON
