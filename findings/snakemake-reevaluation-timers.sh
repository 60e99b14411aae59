#!/usr/bin/env bash
# snakemake 9.27.1: the more jobs have ended, the more often a second it looks at all jobs that wait.
#
# Expected: while a job runs and another one waits for its cores, Snakemake looks at the waiting job
# about once a second (`--max-jobs-per-timespan` is 100/1s), however many jobs have ended before.
# What happens: each look at the waiting jobs orders the next one a second later, and each job that
# ends adds a look of its own, whose successors go on beside the others: 4 looks a second after 5
# jobs, 56 after 60. Each look asks for the size of all input files of
# all waiting jobs and solves for the jobs to start, so that in a workflow of some hundred jobs the
# main process takes a sixth of a core. The last of these timers also keeps a finished Snakemake
# alive for up to a second.
# GeoHalo: takes the limit away where jobs run on this machine (scripts/geohalo/workflow/job_rate.py).
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv env
env/bin/python -m pip install --quiet snakemake==9.27.1
env/bin/snakemake --version

cat >Snakefile <<'SNAKEFILE'
rule all:
    input:
        "long.txt",
        "waiting.txt",


rule quick:
    output:
        "quick/{number}.txt",
    shell:
        "touch {output}"


rule long:
    priority: 50
    input:
        [f"quick/{number}.txt" for number in range(config["jobs"])],
    output:
        "long.txt",
    shell:
        "sleep 15; touch {output}"


# It is ready with the job above, but needs both cores.
rule waiting:
    input:
        [f"quick/{number}.txt" for number in range(config["jobs"])],
    output:
        "waiting.txt",
    threads: 2
    shell:
        "touch {output}"
SNAKEFILE

# Looks at the waiting jobs per second while the long job runs.
looks() {
  mkdir "run$1"
  env/bin/snakemake --snakefile Snakefile --directory "run$1" --cores 2 --verbose --config jobs="$1" >"run$1.log" 2>&1
  # Each look writes how many jobs are ready.
  awk '/^localrule long:/ {on = 1} on && /^Ready jobs: 1$/ {n++} END {print n / 15}' "run$1.log"
}
few=$(looks 5)
many=$(looks 60)
echo "looks a second with one job running and one waiting: $few after 5 jobs, $many after 60"
python3 -c "import sys; few, many = map(float, sys.argv[1:]); sys.exit(not (many > 4 * few > 0))" "$few" "$many"
