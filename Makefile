# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# "make" alone explains the targets. Everything they make lies in .venv and build/.

SHELL := bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
# The runners of "make test" each use both cores where that helps; their order is meant.
.NOTPARALLEL:

ROOT := $(CURDIR)
export VENV ?= $(ROOT)/.venv
PYTHON_IN_VENV := $(VENV)/bin/python
READY := $(VENV)/.ready
FULL_NAME := certops.sap_cloud_integration
PACKAGE := ansible_collections.$(FULL_NAME)
VERSION := $(shell sed -n 's/^version: //p' galaxy.yml)
TARBALL := build/certops-sap_cloud_integration-$(VERSION).tar.gz
# The checkout under its full name.
LINK := build/collections/ansible_collections/certops/sap_cloud_integration
# The collection as a user has it: built, then installed from the tarball.
INSTALLED := $(ROOT)/build/installed
# A copy of what Git knows, for tools that should not see .venv and build.
COPY := build/copy/ansible_collections/certops/sap_cloud_integration

export PATH := $(VENV)/bin:$(PATH)
export PYTHONPATH := $(ROOT)/build/collections
export ANSIBLE_COLLECTIONS_PATH := $(ROOT)/build/collections
# ansible writes nothing into the user's home.
export ANSIBLE_HOME := $(ROOT)/build/ansible
export ANSIBLE_REMOTE_TEMP := $(ROOT)/build/ansible/tmp

# For tools that write into the home whatever they are told: antsibull's log, ansible-test's environments.
TOOL_HOME := $(ROOT)/build/home
ANTSIBULL := HOME=$(TOOL_HOME)

PYTEST := $(PYTHON_IN_VENV) -m pytest -q
# Options for one run: make unit ARGS="-k pem -x"
ARGS ?=
WORKERS ?= 2
# A disturbed run waits for half of its time, so one process more than there are cores.
FAULT_WORKERS ?= 3
FROM_INSTALLED := PYTHONPATH=$(INSTALLED) ANSIBLE_COLLECTIONS_PATH=$(INSTALLED) $(PYTHON_IN_VENV) -m $(PACKAGE)

# $(call DEBIAN,command,package): install the package where the command is missing and this user may; tests skip what is not
# there, and say so.
DEBIAN = PATH="$$PATH:/usr/sbin" command -v $(1) >/dev/null || { [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null && { apt-get update -qq; \
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $(2) >/dev/null; }; } || echo "$(1) is missing: install the package $(2)" >&2

.PHONY: help
help: ## explain the targets
	@echo "certops.sap_cloud_integration $(VERSION): make TARGET"
	@sed -n 's/^\([a-z-]*\):[^#]*## \(.*\)/\1\t\2/p' Makefile | while IFS=$$'\t' read -r name text; do printf '  %-18s %s\n' "$$name" "$$text"; done

# ---- See it work ------------------------------------------------------------------------------------------------------

.PHONY: demo
demo: installed ## renew a receiver's certificate on a running landscape; leaves build/demo/report.html
	$(FROM_INSTALLED).tests.demo $(ARGS)

.PHONY: demo-wrong-order
demo-wrong-order: installed ## the control: the certificate is exchanged too early and messages fail
	$(FROM_INSTALLED).tests.demo --wrong-order $(ARGS)

.PHONY: demo-key-pair
demo-key-pair: installed ## renew a tenant's client certificate, seen at a receiver that demands it
	$(FROM_INSTALLED).tests.demo.key_pair $(ARGS)

.PHONY: tenant
tenant: environment ## start the local tenant and print where its service key and CA lie (ARGS=--help explains more)
	@exec $(PYTHON_IN_VENV) -m $(PACKAGE).tests.tenant $(ARGS)

.PHONY: benchmark
benchmark: environment ## requests, connections and times, beside the same work done with ansible.builtin.uri
	$(PYTHON_IN_VENV) -m $(PACKAGE).tests.benchmark $(ARGS)

# ---- Check it ---------------------------------------------------------------------------------------------------------

RUNNERS := lint sanity unit model contract integration faults

.PHONY: test
test: ## lint, sanity, unit, model, contract, integration and faults; the first that fails ends it
	@started=$$SECONDS; for runner in $(RUNNERS); do \
	  echo "==> make $$runner"; $(MAKE) --no-print-directory $$runner || { echo "make test: $$runner failed" >&2; exit 1; }; \
	done; echo "make test: $(RUNNERS) passed in $$((SECONDS - started)) s"

.PHONY: lint
lint: environment copy ## style, types, documentation, changelog, licences
	ruff check --quiet .
	ruff format --check --quiet .
	mypy -p $(PACKAGE).plugins.module_utils
	yamllint --strict .
	cd $(COPY) && ansible-lint --offline --profile production -q
	$(ANTSIBULL) antsibull-docs lint-collection-docs --plugin-docs --validate-collection-refs self --disallow-unknown-collection-refs --skip-rstcheck $(COPY)
	$(ANTSIBULL) antsibull-changelog lint
	reuse --root $(COPY) lint --quiet || { reuse --root $(COPY) lint --lines; exit 1; }
	@echo "lint: ruff, mypy, yamllint, ansible-lint, antsibull-docs, antsibull-changelog, reuse: nothing found"

.PHONY: sanity
sanity: environment ## ansible-test sanity on the Python of .venv
	@! compgen -G 'tests/sanity/ignore*' >/dev/null || { echo "sanity: no ignore files here; mend what was found" >&2; exit 1; }
	@.ci/ansible-test sanity $(ARGS) 2>&1 | tee build/sanity.log
	@echo "sanity: $$(grep -c '^Running sanity test' build/sanity.log) tests without a finding and without an ignore file," \
	  "$$($(PYTHON_IN_VENV) --version), $$(ansible-test --version | head -n 1)"

.PHONY: unit
unit: environment ## unit tests
	$(PYTEST) -n $(WORKERS) tests/unit $(ARGS)

.PHONY: model
model: environment ## the renewal's decisions over every reachable state of small landscapes
	$(PYTEST) -n $(WORKERS) tests/model $(ARGS)

.PHONY: contract
contract: environment ## client and local tenant, both against what SAP documents
	$(PYTEST) tests/contract $(ARGS)

.PHONY: integration
integration: environment ## playbooks against the local tenant
	$(PYTEST) -n $(WORKERS) --dist worksteal tests/integration $(ARGS)

.PHONY: real-servers
real-servers: environment ## nginx, HAProxy and a Java server as receivers whose certificate is exchanged under load
	@$(call DEBIAN,nginx,nginx-light); $(call DEBIAN,haproxy,haproxy); $(call DEBIAN,keytool,openjdk-17-jdk-headless)
	$(PYTEST) -rs tests/real_servers $(ARGS)

.PHONY: browser
browser: environment ## the HTML reports in headless Chromium
	@$(call DEBIAN,chromium,chromium)
	$(PYTEST) -rs tests/browser $(ARGS)

.PHONY: eda
eda: environment build/eda/.ready ## the event source and the rulebook, run by ansible-rulebook
	@$(call DEBIAN,java,openjdk-17-jre-headless)
	EDA_ENVIRONMENT=$(ROOT)/build/eda $(PYTEST) -rs tests/eda $(ARGS)

build/eda/.ready: tests/requirements-eda.txt | environment
	@"$(PYTHON_IN_VENV)" -m venv --clear build/eda
	@build/eda/bin/python -m pip install --quiet --disable-pip-version-check -r $<
	@touch $@

.PHONY: ee
ee: installed build/ee/.ready ## what an execution environment needs, and the smoke playbook on the installed collection
	@build/ee/bin/ansible-builder introspect $(INSTALLED) | tee build/ee/introspected.yml
	@for package in cryptography jmespath; do grep -q "$$package" build/ee/introspected.yml || { echo "ee: $$package is not declared" >&2; exit 1; }; done
	@cd examples/many_tenants && $(ROOT)/build/ee/bin/ansible-builder create --file execution-environment.yml --context $(ROOT)/build/ee/context
	@rm -rf build/ee/tenant
	SMOKE_DIRECTORY=$(ROOT)/build/ee/tenant PYTHONPATH=$(INSTALLED) ANSIBLE_COLLECTIONS_PATH=$(INSTALLED) \
	  ansible-playbook -i localhost, $(INSTALLED)/ansible_collections/certops/sap_cloud_integration/tests/ee/smoke.yml

build/ee/.ready: tests/ee/requirements.txt | environment
	@"$(PYTHON_IN_VENV)" -m venv --clear build/ee
	@build/ee/bin/python -m pip install --quiet --disable-pip-version-check -r $<
	@touch $@

.PHONY: faults
faults: environment ## the playbook killed at every request, every fault at every write, what others do wrong
	$(PYTEST) -n $(FAULT_WORKERS) --dist worksteal tests/faults $(ARGS)

.PHONY: ansible-test-units
ansible-test-units: environment ## the unit tests the way ansible-test runs them
	.ci/ansible-test units --num-workers $(WORKERS) $(ARGS)

.PHONY: ansible-test-integration
ansible-test-integration: environment ## the targets of ansible-test integration, each with a local tenant
	.ci/ansible-test integration $(ARGS)

.PHONY: test-all-cores
test-all-cores: environment ## everything that depends on ansible-core, on each one that a Python here can run (ARGS="2.17 sanity" for less)
	.ci/test-all-cores $(ARGS)

# ---- Hand it out ------------------------------------------------------------------------------------------------------

.PHONY: build
build: environment copy ## the tarball that ansible-galaxy installs
	@ansible-galaxy collection build --force --output-path build $(COPY) >/dev/null
	@echo "$(TARBALL): $$(tar -tzf $(TARBALL) | wc -l) files, $$(du -h $(TARBALL) | cut -f 1)"

.PHONY: importer
importer: build build/importer/.ready ## the tarball as Galaxy checks it; a warning is a failure
	@cd build/importer && PATH="$$PWD/bin:$$PATH" HOME=$(TOOL_HOME) bin/python -m galaxy_importer.main $(ROOT)/$(TARBALL) 2>&1 | tee importer.log
	@! grep -E '^(ERROR|WARNING)' build/importer/importer.log >/dev/null || { echo "importer: see ERROR and WARNING above" >&2; exit 1; }
	@grep -q 'Importer processing completed successfully' build/importer/importer.log
	@echo "importer: $(TARBALL) passed without a warning"

build/importer/.ready: tests/requirements-importer.txt | environment
	@"$(PYTHON_IN_VENV)" -m venv --clear build/importer
	@build/importer/bin/python -m pip install --quiet --disable-pip-version-check -r $<
	@touch $@

.PHONY: installed
installed: build
	@rm -rf $(INSTALLED)
	@ansible-galaxy collection install --offline --force -p $(INSTALLED) $(TARBALL) >/dev/null 2>&1 \
	  || ansible-galaxy collection install --offline --force -p $(INSTALLED) $(TARBALL)

.PHONY: docs
docs: environment ## the documentation site in build/docs/html; a warning is a failure
	@mkdir -p build/docs/rst && chmod go-w build/docs build/docs/rst
	$(ANTSIBULL) antsibull-docs --config-file docs/antsibull-docs.cfg collection --cleanup everything --fail-on-error --use-current \
	  --squash-hierarchy --dest-dir build/docs/rst $(FULL_NAME)
	sphinx-build -M html build/docs/rst build/docs -c docs --fresh-env --fail-on-warning --keep-going --quiet
	@echo "docs: build/docs/html/index.html, $$(find build/docs/html -name '*.html' | wc -l) pages without a warning"

.PHONY: clean
clean: ## remove build/ and what tools leave behind; .venv stays
	rm -rf build .ansible .hypothesis .mypy_cache .pytest_cache .ruff_cache tests/output
	find . -name __pycache__ -not -path './.venv/*' -prune -exec rm -rf {} +

# ---- The environment --------------------------------------------------------------------------------------------------

.PHONY: environment
environment: $(READY) $(LINK)
	@mkdir -p $(TOOL_HOME)

$(READY): tests/requirements.txt tests/requirements-run.txt tests/unit/requirements.txt
	@"$(PYTHON_IN_VENV)" -c '' 2>/dev/null || { python=$$(.ci/find-python); echo "Making .venv with $$python"; "$$python" -m venv --clear "$(VENV)"; }
	@echo "Installing the tools of tests/requirements.txt into .venv"
	@"$(PYTHON_IN_VENV)" -m pip install --quiet --disable-pip-version-check -r tests/requirements.txt
	@touch $@

$(LINK):
	@mkdir -p $(dir $@)
	@ln -sfn ../../../.. $@

.PHONY: copy
copy:
	@.ci/make-copy $(COPY)
