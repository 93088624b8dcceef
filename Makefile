.DEFAULT_GOAL := help
.PHONY: help setup data base-model train evaluate serve serve-cpu app demo test check format lint types bench clean

PYTHON ?= python3
PY := .venv/bin/python
READY := .venv/.ready

help: ## What can be done here
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-12s %s\n", $$1, $$2}'

$(READY): pyproject.toml constraints.txt
	$(PYTHON) -m venv .venv
	$(PY) -m pip install --quiet --upgrade pip
	$(PY) -m pip install --progress-bar on torch==2.13.0 -c constraints.txt
	$(PY) -m pip install --progress-bar on -e '.[cpu,app,train,dev]' -c constraints.txt
	@touch $(READY)

setup: $(READY) ## Create .venv with everything the laptop needs

data: $(READY) ## Simulate the market into var/market
	$(PY) -m data generate --out var/market

base-model: $(READY) ## Fetch and convert SmolLM2-135M-Instruct into models/ (once)
	$(PY) -m serving.base_model

train: base-model ## Retrain the three shipped adapters
	$(PY) -m adapters.training all

serve: base-model ## Serve with vLLM on an NVIDIA GPU; without one, says so and serves on the CPU
	$(PY) -m serving auto

serve-cpu: base-model ## Serve every composition on the CPU, port 8000
	$(PY) -m serving cpu

app: $(READY) ## Open the app on port 8050 (needs a model server for the model's words)
	$(PY) -m dash_app

demo: base-model ## Everything: market, base model, CPU server and app; prints the URL
	$(PY) -m dash_app.demo

test: base-model ## Set up and pass the tests
	$(PY) -m pytest

format: $(READY) ## Format and sort imports
	$(PY) -m ruff format .
	$(PY) -m ruff check --fix .

lint: $(READY)
	$(PY) -m ruff format --check .
	$(PY) -m ruff check .

types: $(READY)
	$(PY) -m mypy

check: lint types test ## What a commit passes: format, lint, types, tests

evaluate: base-model ## Measure adapters and both arms in 20 worlds; writes docs/results/
	$(PY) -m adapters.training evaluate
	$(PY) -m orchestrator worlds

bench: base-model ## Measure the speeds the README reports
	$(PY) -m tests.bench

clean: ## Remove what was generated (data, runs, compositions); keeps .venv and models
	rm -rf var .pytest_cache .mypy_cache .ruff_cache
