# Every target sets up what it needs from a bare Python 3.11 and make.

SHELL := /bin/sh
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes
CORES := -n auto --maxprocesses 4
RUN := DEBUG=true $(BIN)/python -W ignore manage.py

.DEFAULT_GOAL := help
.PHONY: help demo story test screenshots prove bench lint format run stop requirements

help: ## Show the targets
	@grep -E '^[a-z]+:.*##' Makefile | sed 's/:.*## /: /'

$(VENV)/.runtime: requirements.txt
	@sh scripts/venv.sh "$(PYTHON)" $(VENV)
	@$(INSTALL) -r requirements.txt
	@touch $@

$(VENV)/.dev: requirements-dev.txt $(VENV)/.runtime
	@$(INSTALL) -r requirements-dev.txt
	@touch $@

demo: $(VENV)/.runtime ## Run everything with two companies and simulated phones
	@$(RUN) demo

story: $(VENV)/.runtime ## Play the main job over HTTP against fresh processes
	@$(RUN) story

test: $(VENV)/.dev ## Run all tests but the proof of isolation
	@sh scripts/chromium.sh
	@$(BIN)/python -m pytest $(CORES) --dist loadfile --no-loadscope-reorder --ignore=atendo/tests/prove $(ARGS)

screenshots: $(VENV)/.dev ## Take the pictures of the documents anew
	@sh scripts/chromium.sh
	@ATENDO_SCREENSHOTS=1 ATENDO_REQUIRE_CHROMIUM=1 $(BIN)/python -m pytest -q atendo/tests/browser/test_pictures.py $(ARGS)

prove: $(VENV)/.dev ## Prove that no company sees, changes or notices another
	@$(BIN)/python -m atendo.tests.prove $(ARGS)

bench: $(VENV)/.dev ## Measure speed; ARGS="scoped_get" for some of it
	@DJANGO_SETTINGS_MODULE=bench.settings $(RUN) bench $(ARGS)

lint: $(VENV)/.dev ## Check style, types, layers, templates and migrations
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@DEBUG=true $(BIN)/mypy .
	@$(BIN)/lint-imports
	@find templates -name '*.html' | xargs $(BIN)/djade --check --target-version 5.2
	@$(RUN) makemigrations --check --dry-run

format: $(VENV)/.dev ## Format the code
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

run: $(VENV)/.runtime ## The production form: granian and the worker, configured by .env
	@$(BIN)/python manage.py serve $(ARGS)

stop: ## Stop the embedded PostgreSQL of this checkout
	@$(BIN)/python -m atendo.embedded_postgres stop

requirements: ## Compile the pinned requirements again (needs uv)
	uv pip compile -q requirements.in --generate-hashes --python-version 3.11 --universal --no-emit-index-url --no-header -o requirements.txt
	uv pip compile -q requirements-dev.in --generate-hashes --python-version 3.11 --universal --no-emit-index-url --no-header -o requirements-dev.txt
