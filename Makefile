# Everything a person runs. Each target sets up .venv by itself when it is missing or out of date.
PYTHON ?= python3.11
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
DEMO_ARGS ?=
WORKERS ?= 2
# Without the advertisement that the theme prints at every build.
MKDOCS := NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs
# The tests start many Pythons: without bytecode each would compile the package anew.
export PYTHONDONTWRITEBYTECODE :=

.DEFAULT_GOAL := help
.PHONY: help setup demo test test-slow check site format bench clean

help: ## Say what can be made
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/\t/' | expand -t 12

$(READY): pyproject.toml constraints.txt
	@command -v $(PYTHON) >/dev/null || { echo "Python 3.11 is needed ($(PYTHON) was not found). Name another with: make PYTHON=/path/to/python3.11"; exit 2; }
	@echo "Setting up $(VENV) (some minutes the first time) ..."
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@PIP_DISABLE_PIP_VERSION_CHECK=1 $(BIN)/python -m pip install -q -c constraints.txt torch
	@PIP_DISABLE_PIP_VERSION_CHECK=1 $(BIN)/python -m pip install -q -c constraints.txt -e '.[dev]'
	@touch $(READY)

setup: $(READY) ## Make .venv with everything in it

demo: $(READY) ## Simulate, train, evaluate and recommend on the embedded film corpus (DEMO_ARGS=... passes flags on)
	@$(BIN)/ccrs demo $(DEMO_ARGS)

test: $(READY) ## Run the tests (under three minutes)
	@$(BIN)/python -m pytest -n $(WORKERS) --dist loadfile --no-loadscope-reorder

test-slow: $(READY) ## Run the slow tests
	@$(BIN)/python -m pytest -n $(WORKERS) -m slow --timeout 1800

check: $(READY) ## Style, types, floors and the documentation site
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports
	@$(MKDOCS) build --strict

site: $(READY) ## Build the documentation site and show it on http://127.0.0.1:8001
	@$(MKDOCS) serve --dev-addr 127.0.0.1:8001

format: $(READY) ## Mend style where a tool can
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

bench: $(READY) ## Measure speed and memory (writes benchmarks/results/*.json)
	@$(BIN)/python -m benchmarks

clean: ## Remove everything that can be made again
	rm -rf $(VENV) build dist site demo-run .pytest_cache .mypy_cache .ruff_cache
