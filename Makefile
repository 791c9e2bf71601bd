# make run    install into .venv and simulate 2025
# make test   install into .venv and run the tests
PYTHON ?= python3
BIN := .venv/bin
INSTALLED := .venv/.installed

.PHONY: run test verify lint bench reference clean

run: $(INSTALLED)
	$(BIN)/python -m sim scenario=2025

test: $(INSTALLED)
	$(BIN)/python -m pytest -q -n auto -m "not slow"

verify: $(INSTALLED)
	$(BIN)/python -m pytest -q -n auto -m slow

lint: $(INSTALLED)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy

bench: $(INSTALLED)
	$(BIN)/python -m experiments.benchmark

$(INSTALLED): pyproject.toml constraints.txt
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install -q --upgrade pip
	$(BIN)/python -m pip install -q -c constraints.txt -e ".[dev,report]"
	touch $@

# The published tables and figures: the plan year by year, and which part of it did it by 2030.
reference: $(INSTALLED)
	$(BIN)/python -m sim -m +experiment=rollout
	$(BIN)/python -m experiments.compare results/rollout --out results/reference --by all,category,setting --figures main
	$(BIN)/python -m experiments.attribution year=2030 groups=vehicles,patrol_cars,drones,unified_dispatch,stations replications=10 out=results/reference/attribution_2030

clean:
	rm -rf .venv build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis
