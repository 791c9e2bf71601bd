# make run    install into .venv and simulate 2025
# make test   install into .venv and run the tests
PYTHON ?= python3
BIN := .venv/bin
INSTALLED := .venv/.installed

.PHONY: run test verify coverage compiled lint docs bench reference sensitivity clean

run: $(INSTALLED)
	$(BIN)/python -m sim scenario=2025

test: $(INSTALLED)
	$(BIN)/python -m pytest -q -n auto -m "not slow"

verify: $(INSTALLED)
	$(BIN)/python -m pytest -q -n auto -m slow

# Which branches of sim/ the fast tests run: results/reference/coverage.csv. Tests that look at what child processes
# say, at their end, or at a limit on files fail under the instrument and are left out.
coverage: $(INSTALLED)
	mkdir -p build
	$(BIN)/python -m pytest -q -n auto -m "not slow" --cov=sim --cov-branch --cov-report=json:build/coverage.json \
	  --deselect tests/cli/test_command_terminal.py::test_without_a_terminal_there_is_no_trace_of_a_bar \
	  --deselect tests/storage/test_writer.py::test_file_size_limit_gives_one_sentence \
	  --deselect "tests/cli/test_every_limit.py::test_a_limit_too_small_to_work_under_is_refused_at_once[run--f 8]" \
	  --deselect tests/runs/test_processes.py::test_who_has_enough_while_a_result_comes_can_still_end
	$(BIN)/python -m experiments.verification.coverage_table build/coverage.json

# The event model as machine code, from the same source (docs/performance.md): the same results, faster.
compiled: $(INSTALLED)
	$(BIN)/python compile_model.py

lint: $(INSTALLED)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy

# The documentation as a site, build/site/index.html: searched without a network; a dead link ends it.
docs: $(INSTALLED)
	$(BIN)/python -m experiments.reference.site
	$(BIN)/python -m mkdocs build --strict -q

bench: $(INSTALLED)
	$(BIN)/python -m experiments.benchmark

$(INSTALLED): pyproject.toml constraints.txt
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install -q --upgrade pip
	$(BIN)/python -m pip install -q -c constraints.txt -e ".[dev,report,hpc,sensitivity,roads,excel,docs]"
	touch $@

# The README's first result and the published tables and pictures, in about ten minutes on two cores.
reference: $(INSTALLED)
	$(BIN)/python -m sim -m +experiment=rollout
	$(BIN)/python -m sim compare results/rollout baseline=2023 out=results/reference by=all,category,risk figures=main
	rm -f results/reference/figures/*.svg results/reference/figures/map_p90.png results/reference/figures/response_curves.png
	$(BIN)/python -m sim attribution year=all groups=vehicles,patrol_cars,drones,unified_dispatch,township_teams,assumed replications=10
	$(BIN)/python -m sim -m +experiment=growth figures=none keep=kpis
	$(BIN)/python -m experiments.reference.growth
	$(BIN)/python -m experiments.reference.first_result results/attribution/all

# Which assumptions move the results: docs/sensitivity.md with its tables and pictures.
sensitivity: $(INSTALLED)
	$(BIN)/python -m sim sensitivity publish=docs launch=laptop

clean:
	rm -rf sim/_compiled .venv build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis
