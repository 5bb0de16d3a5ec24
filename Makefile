# Everything here works on a machine that has only Python 3.11+ with venv, and make.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check
QUIET := --quiet --no-input
# Tests commit thousands of times, and a disk takes milliseconds to say that it kept each: they work in memory where
# 4 GB of that are to be had for it, and programs may be run there. What Python compiles is kept, whatever the environment says.
MEMORY := $(shell grep -q ' /dev/shm .*noexec' /proc/mounts 2>/dev/null || \
  df -Pk /dev/shm 2>/dev/null | awk 'NR == 2 && $$4 > 4000000 { print "TMPDIR=/dev/shm" }')
TESTS := PYTHONDONTWRITEBYTECODE= $(MEMORY) $(BIN)/python -m pytest -q --durations=10
# A file stays whole; the order is that of tests/conftest.py, which puts what takes long first.
SIDE_BY_SIDE := -n 2 --dist loadfile --no-loadscope-reorder -m "not alone"
ALONE := -m alone $(shell grep -lE 'mark\.alone' tests/test_*.py)

.PHONY: help demo demo-history test test-peers check format lint types lock faults audit-sim console-access screenshots train clean bench

help:  ## Show what there is to make.
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-14s %s\n", $$1, $$2}'

demo: $(VENV)/.ready  ## Set up, then open the demo on http://127.0.0.1:8000 (three phones, a post room).
	$(BIN)/listened demo --history

test: $(VENV)/.ready-dev tests/axe/node_modules/.ready  ## Set up, then run every check and test, and those of the database on PostgreSQL too.
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(TESTS) $(SIDE_BY_SIDE)
	$(TESTS) $(ALONE)
	$(TESTS) --postgresql $(SIDE_BY_SIDE)
	$(TESTS) --postgresql $(ALONE)

# axe-core comes from npm. Where there is none, the test of every page says that it did not look for what shuts people out.
tests/axe/node_modules/.ready: tests/axe/package.json
	@if command -v npm >/dev/null && npm install --prefix tests/axe --no-save --no-package-lock --ignore-scripts \
	  --no-audit --no-fund --loglevel=error >/dev/null; then touch $@; else echo "axe-core: npm could not install it."; fi

test-peers: $(VENV)/.ready-dev  ## Run the flows against servers that we did not write (where Node is).
	@tests/peers/run $(abspath $(BIN))/python

format: $(VENV)/.ready-dev  ## Put the code in shape.
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

faults: $(VENV)/.ready-dev  ## Kill the process at every failpoint, 20 times each, and count the damage (about 25 minutes).
	PYTHONPATH=.:tests $(BIN)/python tests/faults.py

console-access: $(VENV)/.ready-dev  ## Write docs/console-access.md anew, from the console's table of routes.
	$(BIN)/python -m bot.console.routes > docs/console-access.md

bench: $(VENV)/.ready-dev  ## Measure turns a second beside peers and floor; benchmarks/peers/install brings the peers.
	$(BIN)/python benchmarks/turns/run.py

audit-sim: $(VENV)/.ready-dev  ## Attack a year of releases of 200 landlords with a full solver (about 10 minutes).
	PYTHONPATH=.:tests $(BIN)/python benchmarks/audit.py
	PYTHONPATH=.:tests $(BIN)/python benchmarks/digests.py

screenshots: $(VENV)/.ready-dev  ## Take the pictures in docs/images again (needs Chromium).
	$(BIN)/python tests/screenshots.py

train: $(VENV)/.ready-dev  ## Learn the weights in bot/understanding/weights again (training/README.md).
	@$(PIP) install $(QUIET) -e '.[training]'
	PYTHONPATH=. $(BIN)/python training/train.py

lock: $(VENV)/.ready-dev  ## Choose dependency versions again, within pyproject.toml's ranges.
	$(BIN)/uv pip compile pyproject.toml --extra demo --extra postgres --universal --python-version 3.11 \
	  --generate-hashes --no-header --no-annotate --no-emit-index-url --upgrade --quiet -o requirements.lock
	$(BIN)/uv pip compile pyproject.toml --extra demo --extra postgres --extra pdf --extra sso --extra observability --extra ner \
	  --extra dev --universal --python-version 3.11 \
	  --generate-hashes --no-header --no-annotate --no-emit-index-url --upgrade --quiet -c requirements.lock \
	  -o requirements-dev.lock

clean:  ## Remove what was set up and what was made.
	rm -rf $(VENV) var .pytest_cache .mypy_cache .ruff_cache

# Of what people run, the bytecode is made now: a service may not write it, and without it each start takes 2 seconds more.
# uv installs in a quarter of pip's time. Where it can't reach the packages that pip can reach (it does not
# read pip's configuration), pip does the same work from the same locked hashes.
define install
	@$(PIP) install $(QUIET) --require-hashes -r requirements-setup.lock
	@$(BIN)/uv pip install --quiet $(2) --python $(BIN)/python --require-hashes -r $(1) 2>$(VENV)/uv.log || \
	  $(PIP) install $(QUIET) --require-hashes -r $(1)
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps -e . 2>>$(VENV)/uv.log || \
	  $(PIP) install $(QUIET) --no-deps -e .
	@touch $@
endef

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Listened needs Python 3.11 or newer. Say which: make PYTHON=python3.11 ..."; exit 1; }
	@$(PYTHON) -m venv $(VENV) || \
	  { echo "Python has no venv here. On Debian or Ubuntu: apt install python3-venv"; exit 1; }

$(VENV)/.ready: requirements.lock requirements-setup.lock pyproject.toml | $(VENV)/bin/python
	@echo "Setting up (less than a minute the first time) ..."
	$(call install,requirements.lock,--compile-bytecode)
	@$(BIN)/python -m compileall -q bot handlers models

$(VENV)/.ready-dev: requirements-dev.lock requirements-setup.lock pyproject.toml | $(VENV)/bin/python
	@echo "Setting up for development (about a minute the first time) ..."
	$(call install,requirements-dev.lock)
