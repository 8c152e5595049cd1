# Two commands matter: `make demo` (install, run the main job on a real image) and `make test` (install, run the suite).
PYTHON ?= python3
VENV ?= .venv
BIN = $(VENV)/bin
UV = $(if $(shell command -v uv),uv,$(BIN)/uv)
PIP = $(UV) pip install --quiet --python $(BIN)/python --constraint constraints.txt
PYTEST = $(BIN)/python -m pytest --numprocesses 2 --dist loadfile
DEMO ?= demo

.PHONY: demo test test-all lint clean

demo: $(VENV)/.runtime
	$(BIN)/skysieve demo --out $(DEMO)

test: $(VENV)/.dev
	$(PYTEST) -m "not slow and not gpu"

test-all: $(VENV)/.dev
	$(PIP) --editable ".[dev,hats]"
	$(PYTEST)

lint: $(VENV)/.dev
	$(BIN)/ruff format --check src tests benchmarks
	$(BIN)/ruff check src tests benchmarks
	$(BIN)/mypy
	$(BIN)/lint-imports

$(BIN)/python:
	if command -v uv >/dev/null; then uv venv --quiet --python $(PYTHON) $(VENV); \
	else $(PYTHON) -m venv $(VENV) && $(BIN)/python -m pip install --quiet uv; fi

$(VENV)/.runtime: pyproject.toml constraints.txt | $(BIN)/python
	$(PIP) --editable .
	touch $@

$(VENV)/.dev: pyproject.toml constraints.txt | $(BIN)/python
	$(PIP) --editable ".[dev]"
	touch $@ $(VENV)/.runtime

clean:
	rm -rf $(VENV) $(DEMO) build dist
