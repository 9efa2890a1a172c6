# Each target does its own set-up, is safe to run again, and is quick the second time.
PYTHON ?= python3
BIN := .venv/bin

.PHONY: run test lint bench screenshots locks

run: .venv/.installed
	@$(BIN)/dashboard migrate
	@$(BIN)/dashboard demo --if-empty
	@$(BIN)/dashboard run

test: .venv/.installed-dev
	@$(BIN)/python -m pytest -n 2 --dist loadgroup

lint: .venv/.installed-dev
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy

bench: .venv/.installed-dev
	@$(BIN)/dashboard bench

screenshots: .venv/.installed-dev
	@$(BIN)/dashboard screenshots

# Needs uv; the locks hold exact versions with hashes, and no index address.
locks:
	uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
	  --no-emit-find-links --no-header --no-annotate --group build -o requirements.lock pyproject.toml
	uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
	  --no-emit-find-links --no-header --no-annotate --group build --group dev -o requirements-dev.lock pyproject.toml

.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit("Switchboard needs Python 3.11 or later." if sys.version_info < (3, 11) else 0)'
	$(PYTHON) -m venv .venv

.venv/.installed: requirements.lock pyproject.toml | .venv/bin/python
	@test -e .venv/.installed-dev || $(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes -r requirements.lock
	@$(BIN)/python -m pip install -q --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

.venv/.installed-dev: requirements-dev.lock pyproject.toml | .venv/bin/python
	$(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes -r requirements-dev.lock
	@$(BIN)/python -m pip install -q --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@
