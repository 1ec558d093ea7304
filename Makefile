# Everything a contributor types. `make help` lists it.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help

# The first that really runs (a version manager may have names that don't).
PYTHON ?= $(shell for one in python3.11 python3.12 python3.13 python3.10 python3; do \
	$$one -c '' 2>/dev/null && { echo $$one; break; }; done)
PYTHON_V1 ?= $(shell for one in python3.11 python3.10; do \
	$$one -c '' 2>/dev/null && { echo $$one; break; }; done)
VENV := .venv
BIN := $(VENV)/bin
CACHE ?= .cache
DATASET ?= diabetes
WINE_CSV ?=
YES ?=
RESULTS ?=
JOBS ?= 2
# Tests with a local cloud wait about a third of their time: one more side by side than there are cores.
CLOUD_JOBS ?= 3
export PIP_DISABLE_PIP_VERSION_CHECK := 1
export MODELYARD_WHEELS := $(abspath $(CACHE))/wheels
export MODELYARD_AZUREML := $(abspath $(CACHE))/azureml
export MODELYARD_AZUREML_V1 := $(abspath $(CACHE))/azureml-v1

PUBLISHER ?=
VERSION ?=
NODE_TOOLS := tests/node/node_modules/.complete

TESTS := test-unit test-contract test-launcher test-release test-parity test-local test-acceptance

.PHONY: help demo demo-report demo-stop test $(TESTS) lint format generate package release-check bench lock clean \
	distclean

help: ## list the targets
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' Makefile | expand -t 18

demo: $(VENV)/.local $(CACHE)/wheels/.complete ## the example's pipeline here; YES=1, DATASET=wine WINE_CSV=path-or-URL
	@AGENT_TOOLSDIRECTORY=$(abspath $(CACHE))/tools $(BIN)/python examples/wine-quality/demo.py --dataset $(DATASET) \
		$(if $(WINE_CSV),--wine-csv '$(WINE_CSV)') $(if $(YES),--yes) $(if $(RESULTS),--output '$(RESULTS)')

demo-report: $(VENV)/.local ## show the report of the last run in the browser
	$(BIN)/modelyard local report --open

demo-stop: $(VENV)/.local ## stop the local cloud that `make demo` leaves up
	$(BIN)/modelyard local down

test: lint $(TESTS) ## everything

test-unit: $(VENV)/.development ## two minutes; no sockets
	$(BIN)/pytest tests/unit -q -n $(JOBS)

test-contract: $(VENV)/.development $(NODE_TOOLS) ## declarations, generated files, official validators
	$(BIN)/pytest tests/contract -q -n $(JOBS) --dist loadfile

test-launcher: $(VENV)/.development ## the launcher of tasks and actions, with real environments
	$(BIN)/pytest tests/launcher -q -n $(JOBS)

test-release: $(VENV)/.development $(NODE_TOOLS) $(CACHE)/wheels/.complete ## packages: whole, reproducible, accepted by the official tool
	$(BIN)/pytest tests/release -q

test-parity: $(VENV)/.development $(CACHE)/wheels/.complete $(CACHE)/azureml/.complete $(CACHE)/azureml-v1/.complete ## every operation as command, action and task
	$(BIN)/pytest tests/parity -q -n $(CLOUD_JOBS) --dist loadfile

test-local: $(VENV)/.development $(CACHE)/wheels/.complete $(CACHE)/azureml/.complete $(CACHE)/azureml-v1/.complete ## real clients against the local cloud
	$(BIN)/pytest tests/local -q -n $(CLOUD_JOBS) --dist loadfile

test-acceptance: $(VENV)/.development $(CACHE)/wheels/.complete ## the example: `make demo`, from a checkout, by act
	$(BIN)/pytest tests/acceptance -q -n $(JOBS) --dist loadfile

lint: $(VENV)/.development ## style, types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

format: $(VENV)/.development ## make the style right
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

generate: $(VENV)/.development ## write what is made from the declarations
	$(BIN)/modelyard generate

package: $(VENV)/.development $(NODE_TOOLS) ## dist/: the extension (PUBLISHER=yours) and the wheel
	$(BIN)/python -m release.package $(if $(PUBLISHER),--publisher $(PUBLISHER))

release-check: $(VENV)/.development $(NODE_TOOLS) ## what a release would do, and what is missing for it; minutes
	$(BIN)/python -m release.check $(if $(PUBLISHER),--publisher $(PUBLISHER)) $(VERSION)

bench: $(VENV)/.development ## measurements beside the peers, in one run
	set -e; for one in benchmarks/*.py; do $(BIN)/python $$one; done

lock: $(VENV)/.development ## renew the lock files from setup.cfg
	$(BIN)/pip install --quiet 'uv>=0.5,<1'
	upgrade=--upgrade; for set in development local core images setup; do \
		case $$set in \
			core) extras=;; \
			images) extras='--extra images';; \
			setup) extras='--extra setup';; \
			local) extras='requirements/build.in --extra local';; \
			development) extras='requirements/build.in --extra local --extra setup --extra test';; \
		esac; \
		$(BIN)/uv pip compile setup.cfg $$extras --universal --python-version 3.10 \
			--generate-hashes --no-emit-index-url --no-emit-find-links --no-header --no-annotate --quiet $$upgrade \
			-o requirements/$$set.txt; \
		upgrade='--constraint requirements/development.txt'; \
	done
	for set in azureml-sdk azureml-v1-sdk azureml-scoring; do \
		$(BIN)/uv pip compile requirements/$$set.in --universal --python-version 3.10 --upgrade \
			--generate-hashes --no-emit-index-url --no-emit-find-links --no-header --no-annotate --quiet \
			-o requirements/$$set.txt; \
	done

clean: ## remove what was made here; what was downloaded stays (.cache, tests/node/node_modules)
	rm -rf $(VENV) build dist .modelyard .mypy_cache .pytest_cache .ruff_cache .hypothesis

distclean: clean ## remove what was downloaded, too
	rm -rf $(CACHE) tests/node/node_modules

$(BIN)/python:
	@test -n "$(PYTHON)" || { echo "no python3 on PATH: install Python 3.10 to 3.13" >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 10) <= sys.version_info[:2] <= (3, 13))' || \
		{ echo "$(PYTHON) is $$($(PYTHON) --version); Modelyard needs Python 3.10 to 3.13: make PYTHON=python3.X" >&2; exit 1; }
	@$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); echo "on Debian and Ubuntu: apt-get install python3-venv" >&2; exit 1; }

# What scoring images are made of: downloaded once, since the local cloud reaches no package index.
$(CACHE)/wheels/.complete: .ci/wheels requirements/local.txt $(VENV)/.local
	@echo "downloading the packages of scoring images into $(CACHE)/wheels; the first time that takes a minute"
	@$(BIN)/python .ci/wheels $(CACHE)/wheels
	@touch $@

# The SDK of Azure ML (v2) pins older packages than the rest has, so the tests run it in an
# environment of its own; beside it the wheels of Azure's scoring server.
$(CACHE)/azureml/.complete: requirements/azureml-sdk.txt requirements/azureml-scoring.txt $(VENV)/.local
	@echo "installing the SDK of Azure ML for the tests; the first time that takes half a minute"
	@rm -rf $(CACHE)/azureml
	@$(BIN)/python -m venv --without-pip $(CACHE)/azureml
	@$(BIN)/python -m pip --python $(CACHE)/azureml/bin/python install --quiet --require-hashes \
		--requirement requirements/azureml-sdk.txt
	@$(BIN)/python -m pip download --quiet --only-binary=:all: --require-hashes \
		--requirement requirements/azureml-scoring.txt --dest $(CACHE)/azureml/wheels
	@touch $@

# Version 1 of that SDK: another environment, as large as all others together, and for Python 3.10 and
# 3.11 only. Where there is neither, its tests are skipped.
$(CACHE)/azureml-v1/.complete: requirements/azureml-v1-sdk.txt $(VENV)/.local
	@rm -rf $(CACHE)/azureml-v1
	@mkdir -p $(CACHE)/azureml-v1
	@if test -n "$(PYTHON_V1)"; then \
		echo "installing SDK v1 of Azure ML for the tests; the first time that takes a minute, and 600 MB"; \
		$(PYTHON_V1) -m venv --without-pip $(CACHE)/azureml-v1; \
		$(BIN)/python -m pip --python $(CACHE)/azureml-v1/bin/python install --quiet --require-hashes \
			--requirement requirements/azureml-v1-sdk.txt; \
	else \
		echo "no Python 3.10 or 3.11 here: what needs SDK v1 of Azure ML is not tested" >&2; \
	fi
	@touch $@

# What the tests and the packaging use of npm; nothing that is shipped needs it.
$(NODE_TOOLS): tests/node/package-lock.json
	@command -v npm >/dev/null || { echo "npm isn't on PATH: install Node.js 20 or newer" >&2; exit 1; }
	npm --prefix tests/node ci --no-audit --no-fund --silent
	@touch $@

# A stamp for each set: the lock file, and this package in place.
$(VENV)/.%: requirements/%.txt setup.cfg $(BIN)/python
	@echo "installing the packages of requirements/$*.txt into $(VENV); the first time that takes a minute or two"
	@$(BIN)/pip install --quiet --require-hashes --requirement requirements/$*.txt
	@$(BIN)/pip install --quiet --no-deps --no-build-isolation --editable .
	@touch $@
