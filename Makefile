# GNU Make 3.81 (what macOS ships) understands every line here.
SHELL := /bin/sh
VENV ?= .venv
PY := $(VENV)/bin/python
READY := $(VENV)/.ready
PYTHON_CODE := toolkit tests $(wildcard lambda)

# What a caller may set: make failover CONFIG=failover.yaml GROUP=db TO=db-2 YES=1
# On the command line only: a YES left in the environment moves nothing.
CONFIG =
GROUP =
TO =
YES =
DIGEST =
TARGET =
TESTED =
REQUIRED =
FAILOVER := $(VENV)/bin/failover
WHICH = $(if $(CONFIG),--config '$(CONFIG)') $(if $(GROUP),--group '$(GROUP)')

# The same for the tests: make test TESTS=tests/unit ARGS="-k eip"
WORKERS ?= auto
TESTS ?= tests
ARGS ?=
PYTEST := $(PY) -m pytest --numprocesses $(WORKERS)

# Without terraform `make check` says that it leaves its part out; in CI that would be a red build.
TF_CHECK := $(if $(shell command -v terraform 2>/dev/null)$(filter true,$(CI)),tf-check)

.DEFAULT_GOAL := help
.PHONY: help demo test check lint types floors tf-check tf-scan tf-cost iam covered bench faults lambda audit sbom plan failover verify status watch reclaim clean

help: ## This list
	@awk 'BEGIN { FS = ":.*## " } /^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: $(READY) ## The main job on the embedded lab: a server dies, its addresses move, the proof
	$(PY) -m toolkit.lab.demo

test: $(READY) ## Every test, in parallel and in random order (TESTS= ARGS= WORKERS=)
	$(PYTEST) $(TESTS) $(ARGS)

check: lint types floors $(TF_CHECK) tf-scan audit sbom $(if $(TESTED),,covered) ## All that CI runs, and the coverage gate: format, lint, types, floors, Terraform, audit, bill of materials, tests
	@$(if $(TF_CHECK),,echo "tf-check was left out: the program terraform is missing")

lint: $(READY) ## Format and lint rules
	$(PY) -m ruff format --check .
	$(PY) -m ruff check .

types: $(READY) ## mypy, strict, over code and tests
	$(PY) -m mypy $(PYTHON_CODE)

floors: $(READY) ## The floors of the design: who may import whom
	$(VENV)/bin/lint-imports --no-logo

tf-check: $(READY) ## Terraform format, validation and tests of every module and example (TARGET=modules/dns)
	@command -v terraform >/dev/null || { echo "tf-check needs the program terraform, 1.11 or newer, on PATH" >&2; exit 1; }
	PYTHONPATH=tests $(PY) -m terraform.tf_check $(TARGET)

tf-scan: $(READY) ## checkov over the Terraform code, in an environment of its own
	PYTHONPATH=tests $(PY) -m terraform.scan

tf-cost: $(READY) ## The month's price of each example, counted anew into docs/cost.md
	PYTHONPATH=tests $(PY) -m terraform.cost

iam: $(READY) ## The actions that Terraform grants, written anew from those that the moves declare
	PYTHONPATH=tests $(PY) -m terraform.actions

covered: $(READY) ## The tests with branch coverage and its gate
	$(PYTEST) --cov --cov-report=term tests $(ARGS)

bench: $(READY) ## The promised figures, measured; fails when one is broken
	PYTHONPATH=tests $(PY) -m bench $(ARGS)

faults: $(READY) ## The fault matrix on the lab, some minutes: docs/reliability.md (ARGS="--group eip")
	PYTHONPATH=tests $(PY) -m faults $(ARGS)

lambda: $(READY) ## dist/failover-lambda.zip: the function for Terraform, the same to the byte wherever it is built
	$(PY) lambda/build.py

audit: $(READY) ## Known weaknesses of the pinned packages; says so where no index tells (REQUIRED=1: then fails)
	PYTHONPATH=tests $(PY) -m security.audit $(if $(REQUIRED),--required)

sbom: $(READY) ## dist/failover-sbom.json: what users get, as CycloneDX, checked against its schema
	PYTHONPATH=tests $(PY) -m security.sbom

plan: $(READY) ## What a move would do, changing nothing (GROUP= TO= CONFIG=)
	$(FAILOVER) plan $(WHICH) $(if $(TO),--to '$(TO)')

failover: $(READY) ## The move itself, with YES=1; without it the plan (GROUP= TO= CONFIG= YES= DIGEST=)
	$(FAILOVER) run $(WHICH) $(if $(TO),--to '$(TO)') $(if $(YES),--yes) $(if $(DIGEST),--digest '$(DIGEST)')

verify: $(READY) ## The proof on the API, in DNS and through the address (GROUP= CONFIG=)
	$(FAILOVER) verify $(WHICH)

status: $(READY) ## Who holds what, the lease, the last run (GROUP= CONFIG=)
	$(FAILOVER) status $(WHICH)

watch: $(READY) ## The watcher in the foreground (GROUP= CONFIG=)
	$(FAILOVER) watch $(WHICH)

reclaim: $(READY) ## What a node does at boot: take its addresses if nobody healthy holds them (GROUP= CONFIG=)
	$(FAILOVER) reclaim $(WHICH)

clean: ## Removes what the other targets made, the virtual environment included
	rm -rf $(VENV) dist build .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis .coverage .coverage.*
	find toolkit tests -name __pycache__ -type d -prune -exec rm -rf {} +

$(READY): .ci/requirements.txt .ci/venv pyproject.toml
	@.ci/venv $(VENV)
