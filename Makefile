# `make help` lists what there is. Needs git, make and Python 3.11 or newer, nothing else.

VENV := .venv
BIN := $(VENV)/bin
PIP_INSTALL := $(BIN)/python -m pip install --quiet --quiet --disable-pip-version-check --require-hashes
LOCK := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-emit-find-links --no-annotate --no-header $(UPGRADE)
# Processes that share a test run; each has its own databases.
TEST_PROCESSES ?= 2

# The first that is new enough; PYTHON=/path/to/python says otherwise.
PYTHON ?= $(shell for p in python3 python3.14 python3.13 python3.12 python3.11; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)

.DEFAULT_GOAL := help
.PHONY: help up test chaos lint format bench lock install install-dev clean-state

help: ## This list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /|/' | \
		awk -F '|' '{ printf "  make %-12s %s\n", $$1, $$2 }'

up: install ## Set up, load the demo once, start web, worker and sandbox (WEB_PORT=, SANDBOX_PORT=)
	@exec $(BIN)/python -m braze_partners.supervisor

test: install-dev ## The whole suite on PostgreSQL and Redis, then a pass on the embedded default
	$(BIN)/pytest -n $(TEST_PROCESSES)
	TEST_BED=embedded $(BIN)/pytest -n $(TEST_PROCESSES) -m embedded

# Two hundred deaths and hundreds of histories; CHAOS_SEED=... repeats a run.
CHAOS_SEED ?= $(shell date +%s)
chaos: install-dev ## Kill everything for long, and compare event by event (CHAOS_KILLS=, CHAOS_SEED=)
	@echo "CHAOS_SEED=$(CHAOS_SEED)"
	CHAOS_KILLS=$${CHAOS_KILLS:-200} CHAOS_HISTORIES=$${CHAOS_HISTORIES:-200} \
		CHAOS_SEED=$(CHAOS_SEED) $(BIN)/pytest tests/chaos tests/promises --timeout 3600

lint: install-dev ## Style, types, templates, import directions, untranslated messages
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/mypy --config-file braze_partners/sandbox/mypy.ini
	$(BIN)/djlint templates --lint --quiet
	$(BIN)/lint-imports
	$(BIN)/python manage.py messages --check

format: install-dev ## Put Python into the house's form
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: install-dev ## The figures of benchmarks/, as ratios in one run
	$(BIN)/python -m benchmarks

lock: install-dev ## Make both lock files anew from pyproject.toml (UPGRADE=--upgrade for newer ones)
	$(LOCK) --extra test --extra lint -o requirements-dev.lock pyproject.toml
	$(LOCK) -c requirements-dev.lock -o requirements.lock pyproject.toml

clean-state: ## Remove var/ (database, secrets, logs), after asking
	@$(PYTHON) -m braze_partners.supervisor.cleaning

# The installed lock is kept beside the packages: pip runs only when the lock is another.
install: $(BIN)/python
	@cmp -s requirements.lock $(VENV)/installed.lock || { \
		echo "Installing what requirements.lock lists (once; a minute or two) …" && \
		$(PIP_INSTALL) -r requirements.lock && cp requirements.lock $(VENV)/installed.lock; }

install-dev: $(BIN)/python
	@cmp -s requirements-dev.lock $(VENV)/installed-dev.lock || { \
		echo "Installing what requirements-dev.lock lists (once; a minute or two) …" && \
		$(PIP_INSTALL) -r requirements-dev.lock && \
		cp requirements-dev.lock $(VENV)/installed-dev.lock && \
		cp requirements.lock $(VENV)/installed.lock; }

$(BIN)/python:
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer is needed; PYTHON=/path says where." >&2; exit 1; }
	@echo "Making $(VENV) with $$($(PYTHON) --version) …"
	@$(PYTHON) -m venv $(VENV)
