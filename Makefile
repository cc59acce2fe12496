# Everything here does its own set-up on a Debian 12 machine with Python and the package registries.
# make help lists the targets.

SHELL := /bin/bash
.DEFAULT_GOAL := help
export PIP_DISABLE_PIP_VERSION_CHECK := 1
export ANSIBLE_NOCOLOR ?= 1

# The newest Python that runs; version managers may list some that do not.
PYTHON ?= $(shell for python in python3.13 python3.12 $$(ls -d $$(pyenv root 2>/dev/null)/versions/3.1[23].*/bin/python 2>/dev/null | sort -rV) \
            python3.11 python3; do "$$python" -c 'import ensurepip, venv, ssl' 2>/dev/null && echo "$$python" && break; done)
VENV := .venv
BIN := $(CURDIR)/$(VENV)/bin
COLLECTIONS := $(CURDIR)/.cache/collections
COLLECTION := $(COLLECTIONS)/ansible_collections/encrypt/httpd
export ANSIBLE_COLLECTIONS_PATH := $(COLLECTIONS)
export PATH := $(BIN):$(PATH)

help: ## This list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /  make \1\t/' | expand -t 22

test: ## Everything that CI runs
	@tests/all.sh lint types docs-lint unit unit-core sanity molecule

system: ## Debian packages that the rest needs (only those that are missing)
	@missing=$$(for package in python3-venv shellcheck git openssl curl; do \
	    dpkg-query -W -f '$${Status}' $$package 2>/dev/null | grep -q 'ok installed' || echo $$package; done); \
	[ -z "$$missing" ] || { echo "installing $$missing"; apt-get update -q && apt-get install -qy --no-install-recommends $$missing; } > /dev/null

venv: $(VENV)/.made ## The development environment in .venv
$(VENV)/.made: tests/requirements.txt | system
	@echo "making $(VENV) with $$($(or $(PYTHON),python3) --version)"
	@rm -rf $(VENV)
	@$(or $(PYTHON),python3) -m venv $(VENV)
	@$(BIN)/pip install -q -r tests/requirements.txt
	@touch $@

install: venv ## Build the artifact and install it below .cache, as ansible-galaxy does for a user
	@mkdir -p .cache && rm -rf $(COLLECTION) .cache/encrypt-httpd-*.tar.gz
	@$(BIN)/ansible-galaxy collection build --force --output-path .cache . > /dev/null
	@$(BIN)/ansible-galaxy collection install --force --offline --collections-path $(COLLECTIONS) .cache/encrypt-httpd-*.tar.gz > /dev/null

build: venv ## The Galaxy artifact
	@$(BIN)/ansible-galaxy collection build --force .

lint: install ## ruff, ansible-lint, shellcheck, the shape of the code
	@$(BIN)/ruff check --quiet .
	@$(BIN)/ruff format --quiet --check .
	@$(BIN)/python tests/shape.py
	@git ls-files -z '*.sh' .ci/run | xargs -0 shellcheck
	@$(BIN)/ansible-lint --offline -q --nocolor roles playbooks extensions meta galaxy.yml

types: dev ## mypy --strict on the core
	@cd .cache/dev && MYPYPATH=$$PWD $(BIN)/mypy --config-file $(CURDIR)/pyproject.toml \
	    ansible_collections/encrypt/httpd/plugins/module_utils ansible_collections/encrypt/httpd/plugins/plugin_utils

docs-lint: install ## antsibull-docs and antsibull-changelog
	@cd $(COLLECTION) && $(BIN)/antsibull-docs lint-collection-docs --plugin-docs --skip-rstcheck .
	@$(BIN)/antsibull-changelog lint

unit: dev pebble knot ## Unit tests, against a real Pebble and a real Knot where they need an ACME server or DNS
	@cd $(DEV) && PYTHONPATH=$(CURDIR)/.cache/dev $(BIN)/pytest -q -n 2 tests/unit

unit-core: .venv-core/.made dev ## The core's tests in an environment without Ansible
	@cd $(DEV) && PYTHONPATH=$(CURDIR)/.cache/dev $(CURDIR)/.venv-core/bin/pytest -q tests/unit/plugins/module_utils

.venv-core/.made: | venv
	@rm -rf .venv-core && $(or $(PYTHON),python3) -m venv .venv-core
	@.venv-core/bin/pip install -q pytest cryptography
	@touch $@

DEV := $(CURDIR)/.cache/dev/ansible_collections/encrypt/httpd
dev: venv
	@mkdir -p $(dir $(DEV)) && ln -sfn $(CURDIR) $(DEV)

pebble: | system
	@tests/lab/pebble.sh .cache/pebble
	@tests/lab/pebble.sh .cache/pebble-2.4 bookworm

knot: | system
	@tests/lab/knot.sh .cache/knot

sanity: venv ## ansible-test sanity on the built artifact
	@tests/sanity.sh $(VENV)

molecule: install .venv-sslyze/.made .venv-oldest/.made ## Real hosts: make molecule SCENARIO=name for one of the scenarios
	@tests/lab/molecule.sh $(SCENARIO)

# Not in the development environment, since it wants an older cryptography.
.venv-sslyze/.made: | venv
	@rm -rf .venv-sslyze && $(or $(PYTHON),python3) -m venv .venv-sslyze
	@.venv-sslyze/bin/pip install -q 'sslyze>=6.3'
	@touch $@

reliability: ## The figures of the last make molecule and make unit, written to docs/reliability.md
	@python3 tests/reliability.py

# The oldest ansible-core that is supported, for the scenario leak.
.venv-oldest/.made: | venv
	@rm -rf .venv-oldest && $(or $(PYTHON),python3) -m venv .venv-oldest
	@.venv-oldest/bin/pip install -q 'ansible-core==2.18.*' acme cryptography
	@touch $@

bench: install pebble .venv-bench/.made ## Benchmarks beside community.crypto, written to docs/benchmarks.md
	@.venv-bench/bin/python tests/bench/run.py

.venv-bench/.made: | venv
	@rm -rf .venv-bench && $(or $(PYTHON),python3) -m venv .venv-bench
	@.venv-bench/bin/pip install -q ansible acme cryptography
	@touch $@

demo: install ## The main job on three hosts of their own, before and after
	@$(BIN)/python tests/demo/run.py

demo-clean: ## Remove the demo's hosts, images and network
	@python3 tests/demo/run.py --clean

clean: ## Remove what was made here, but for hosts and images
	@rm -rf .cache $(VENV) .venv-core .venv-sslyze .venv-oldest .venv-bench

.PHONY: help test system venv install build lint types docs-lint unit unit-core dev pebble knot sanity molecule reliability bench demo demo-clean clean
