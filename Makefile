# make run | unlock | check | test | bench | lint | docs. The first call makes the environment from the pinned requirements.
PYTHON ?= python3
CORES ?= all
BIN := .venv/bin

# Processes that test beside each other, at most: a number, or one for each processor.
TEST_CORES ?= logical

.PHONY: run unlock check test bench lint docs env env-bench env-docs

# After a kill: make unlock, and make run goes on where it stopped.
run: env
	$(BIN)/snakemake --cores $(CORES) --rerun-incomplete

unlock: env
	$(BIN)/snakemake --cores 1 --unlock

env: .venv/.installed .venv/.installed-package

.venv/.installed: requirements.txt
	$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else "Python 3.11 or newer is needed: make PYTHON=python3.11")'
	$(PYTHON) -m venv .venv
	index=$$($(BIN)/python tools/torch_index.py) && $(BIN)/python -m pip install --quiet $${index:+--extra-index-url "$$index"} --requirement requirements.txt
	touch $@

# The library itself, as it stands in scripts/: a notebook of this environment can import it.
.venv/.installed-package: pyproject.toml .venv/.installed
	$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation --editable .
	touch $@

# What the benchmarks compare with, beside the workflow's own packages; nothing else needs it.
env-bench: .venv/.installed-bench

.venv/.installed-bench: requirements-bench.txt .venv/.installed
	$(BIN)/python -m pip install --quiet --requirement requirements-bench.txt
	touch $@

# What the documentation site is built with; nothing else needs it.
env-docs: .venv/.installed-docs

.venv/.installed-docs: requirements-docs.txt .venv/.installed
	$(BIN)/python -m pip install --quiet --requirement requirements-docs.txt
	touch $@

# Minutes, for every change: style, types and the unit tests that are not slow, one process for each processor.
check: env
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest tests/unit -m "not slow" --numprocesses $(TEST_CORES) --maxprocesses 8 --dist worksteal

# All tests, also the slow ones and those that run the workflow; the tests of a file stay together.
test: env
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest --numprocesses $(TEST_CORES) --maxprocesses 8 \
		--dist loadfile --no-loadscope-reorder --durations 25 --durations-min 5

bench: env-bench
	$(BIN)/python tests/benchmarks/network.py
	$(BIN)/python tests/benchmarks/explanation.py
	$(BIN)/python tests/benchmarks/evidence.py
	$(BIN)/python tests/benchmarks/interpolation.py
	$(BIN)/python tests/benchmarks/covariates.py
	$(BIN)/python tests/benchmarks/catchments.py
	$(BIN)/python tests/benchmarks/sources.py
	$(BIN)/python tests/benchmarks/products.py
	$(BIN)/python tests/benchmarks/workflow.py
	$(BIN)/python tests/benchmarks/earlier.py

lint: env
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/snakefmt --check Snakefile rules
	$(BIN)/mypy
	$(BIN)/snakemake --lint
	$(BIN)/snakemake --lint --snakefile rules/claims/Snakefile

# The documentation site, site/html/README.html; a warning is an error.
docs: env-docs
	$(BIN)/python docs/site/build.py
