# `make run` is all that a newcomer needs. PORT= and DATA_DIR= let two copies run side by side.
SHELL = /bin/sh
PYTHON ?= $(shell for name in python3 python3.13 python3.12 python3.11; do "$$name" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$name && exit; done; echo python3)
BIN = .venv/bin
QUIETLY = scripts/quietly.sh
RUNTIME = .venv/.installed
DEVELOPMENT = .venv/.installed-dev
FRONT_END = node_modules/.installed
STATIC = build/.collected
STATIC_SOURCES := $(shell find static -type f 2>/dev/null) crm/lib/npm.py

.PHONY: run setup dev test bench screenshots migrate clean help
.DEFAULT_GOAL := help

help: ## Say what there is
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' Makefile

run: $(RUNTIME) $(FRONT_END) $(STATIC) ## Start everything, with demo users and demo data: http://localhost:$(PORT), 8000 by default
	@exec $(BIN)/python manage.py demo

setup: $(RUNTIME) $(FRONT_END) $(STATIC) migrate ## Install what is needed and prepare the database

dev: setup $(DEVELOPMENT) ## The same with linters, type checker and browser driver

.venv/bin/python:
	@command -v "$(PYTHON)" >/dev/null 2>&1 || { echo "Candor needs Python 3.11 or newer, and there is no $(PYTHON) here: on Debian and Ubuntu run \`apt install python3 python3-venv\`." >&2; exit 1; }
	@"$(PYTHON)" scripts/check_python.py
	@$(QUIETLY) "Making .venv" "$(PYTHON)" -m venv --clear .venv

$(RUNTIME): requirements.txt | .venv/bin/python
	@$(QUIETLY) "Installing the Python packages" $(BIN)/python -m pip install --disable-pip-version-check -r requirements.txt
	@rm -f $(DEVELOPMENT)
	@touch $@

$(DEVELOPMENT): requirements-dev.txt $(RUNTIME)
	@$(QUIETLY) "Installing the developers' packages" $(BIN)/python -m pip install --disable-pip-version-check -r requirements-dev.txt
	@touch $@

$(FRONT_END): package-lock.json package.json | $(RUNTIME)
	@$(QUIETLY) "Installing the front-end files" scripts/install_front_end.sh $(BIN)/python
	@touch $@

$(STATIC): $(STATIC_SOURCES) $(RUNTIME) $(FRONT_END)
	@$(QUIETLY) "Collecting the static files" $(BIN)/python manage.py collectstatic --noinput --clear
	@touch $@

migrate: | $(RUNTIME)
	@$(BIN)/python manage.py migrate --verbosity 0

test: dev ## Formatter, linter, types, import direction, migrations and the whole suite
	@$(BIN)/python scripts/suite.py

bench: dev ## Measure the hit path: ratios, losses, draining, latency (needs wrk)
	@$(BIN)/python -m bench

screenshots: dev ## Take the pictures of docs/screenshots anew (needs chromium)
	@$(BIN)/python -m scripts.screenshots

clean: ## Throw away what can be made again; the data in DATA_DIR stays
	rm -rf .venv node_modules build
