# The two commands are `make run` and `make test`; each does all of its own set-up, once.
SHELL := /bin/bash
.DEFAULT_GOAL := help
PYTEST := .venv/bin/pytest
JOBS ?= 3

.PHONY: help setup run test check shots gallery bench faults lock clean

help: ## Say what can be made
	@awk -F':.*## ' '/^[a-z]+:.*## / {printf "  make %-8s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: ## Install what is missing (Debian packages, .venv, fonts and drawings); a second call does nothing
	@tools/setup

run: setup ## Start the virtual hotel, its devices and the kiosk; without a display, play a guest through it
	@.venv/bin/kiosk demo

test: setup ## Every check and every test
	@$(MAKE) --no-print-directory check
	@$(PYTEST) -n $(JOBS) --dist loadgroup

check: setup ## Lint, types, layers, translations, shell scripts
	@.venv/bin/ruff check .
	@.venv/bin/ruff format --check --quiet .
	@.venv/bin/mypy --no-error-summary
	@mkdir -p build
	@.venv/bin/lint-imports --no-cache > build/imports.log || { cat build/imports.log; exit 1; }
	@.venv/bin/python -m kiosk.texts check
	@shellcheck tools/setup .ci/run systemd/install

shots: setup ## A picture of every screen in every language, size and theme, in build/shots
	@.venv/bin/python -m screens.shots --folder build/shots

gallery: shots ## Those pictures, made small, into docs/gallery
	@.venv/bin/python tools/gallery --from build/shots

bench: setup ## Measure; print a table and write build/bench.json
	@.venv/bin/kiosk bench

faults: setup ## The long campaigns: kills, the hotel link's model, the units started in a booted systemd
	@.venv/bin/python -m tests.fault.campaign --kills 1000
	@.venv/bin/python -m tests.fault.hotel_campaign --minutes 20
	@.venv/bin/python -m tests.fault.fuzz_codec --seconds 300
	@.venv/bin/python -m tests.fault.boot_units

lock: ## Resolve the Python packages anew into requirements.lock
	@.venv/bin/uv pip compile pyproject.toml --extra dev --universal --generate-hashes --python-version 3.11 \
	  --no-annotate --no-header --quiet --upgrade --output-file requirements.lock

clean: ## Remove what was built
	@rm -rf build .venv
