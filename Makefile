# make run    install into .venv and simulate 2025
# make test   install into .venv and run the tests
PYTHON ?= python3
BIN := .venv/bin
INSTALLED := .venv/.installed

.PHONY: run test verify lint bench clean

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
	$(BIN)/python -m pip install -q -c constraints.txt -e ".[dev]"
	touch $@

clean:
	rm -rf .venv build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis
