# Everything there is to run. Each target does its own set-up, so on a bare Debian, after
# `apt install python3-venv make`, `make demo` and `make test` work as they are.

SHELL       := /bin/bash
.SHELLFLAGS := -euo pipefail -c
PYTHON      ?= python3
BIN         := .venv/bin
TSC         := tests/node/node_modules/.bin/tsc
PIP         := $(BIN)/pip -qq --disable-pip-version-check
DEBIAN      := plasma-workspace-wallpapers sound-theme-freedesktop nginx-light openssl golang-go \
               chromium firefox-esr

# Folders are listed too: their times tell that a file was added or removed. The target
# `vectors` is not the folder, which is therefore written `vectors/.`.
SOURCES := pyproject.toml README.md hatch_build.py \
           $(shell find src vectors/. -name __pycache__ -prune -o -print)

# A missing tool is told in one line and the tests that need it skip; in CI it is an error.
MISSING = { echo "make: cannot install $(1): tests that need it skip, or fail with CI=true" && \
            test "$${CI:-}" != true; }
INSTALL = { test "$$(id -u)" = 0 && command -v apt-get && apt-get update && \
            DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends $(1); } \
          >/dev/null 2>&1

.NOTPARALLEL:
.PHONY: demo test lowest lint coverage bench lock vectors docs debian clean

demo: .venv/installed
	@$(BIN)/python tests/helpers/demo.py

test: lint debian tests/node/node_modules .venv/cwt
	@$(BIN)/pytest

# With the oldest versions that pyproject.toml allows of what the program itself needs.
lowest: .venv/lowest
	@$</bin/pytest

.venv/lowest: pyproject.toml
	@rm -rf $@ && $(PYTHON) -m venv $@
	@$(PYTHON) -c "$$LOWEST" > $@/constraints.txt
	@$@/bin/pip -qq --disable-pip-version-check install -c $@/constraints.txt '.[card,gate,parquet,test]'

define LOWEST
import re, tomllib
with open("pyproject.toml", "rb") as file:
    project = tomllib.load(file)["project"]
extras = project["optional-dependencies"]
for each in project["dependencies"] + extras["card"] + extras["gate"] + extras["parquet"]:
    print(re.split("[,;]", each)[0].replace(">=", "=="))
endef
export LOWEST

lint: .venv/dev tests/node/node_modules
	@$(BIN)/ruff check
	@$(BIN)/ruff format --check
	@$(BIN)/mypy
	@test ! -x $(TSC) || $(TSC) -p tests/web

coverage: .venv/dev debian tests/node/node_modules .venv/cwt
	@$(BIN)/coverage run -m pytest
	@$(BIN)/coverage combine --quiet
	@$(BIN)/coverage report

# All of it takes half an hour on an idle machine and writes benchmarks/RESULTS.md.
bench: .venv/bench
	@$</bin/python benchmarks/run.py

# Apart from the tests' own, since two of the libraries compared with need an older cbor2.
.venv/bench: benchmarks/requirements.txt $(SOURCES)
	@test -d $@ || $(PYTHON) -m venv $@
	@$@/bin/pip -qq --disable-pip-version-check install . -r $<
	@touch $@

# One version and its hashes for everything that development needs, for each system and Python.
lock: .venv/uv
	@$</bin/uv pip compile pyproject.toml --all-extras --universal --python-version 3.11 \
	  --generate-hashes --no-header --upgrade --quiet --output-file requirements-dev.lock

.venv/uv:
	@$(PYTHON) -m venv $@ && $@/bin/pip -qq --disable-pip-version-check install uv

vectors: .venv/dev
	@$(BIN)/python vectors/generator/generate.py

docs: .venv/dev
	@$(BIN)/python -m sphinx -q -n -W --keep-going docs docs/_build
	@echo docs/_build/index.html

# The installed package is what runs, not the sources: what ships is what is tested.
.venv/installed: $(SOURCES) | $(BIN)/pip
	@$(PIP) install .
	@touch $@

.venv/dev: $(SOURCES) | $(BIN)/pip
	@$(PIP) install '.[dev]'
	@touch $@ .venv/installed

$(BIN)/pip:
	@$(PYTHON) -m venv .venv

# Real pictures and sounds, a web server for what is published, a browser, other people's tools.
debian:
	@dpkg -s $(DEBIAN) >/dev/null 2>&1 || $(call INSTALL,$(DEBIAN)) || $(call MISSING,$(DEBIAN))

# Other people's readers of our formats.
tests/node/node_modules: tests/node/package-lock.json
	@command -v npm >/dev/null || $(call INSTALL,nodejs npm) || true
	@if npm --prefix tests/node ci --silent; then touch $@; \
	 else $(call MISSING,the npm packages of tests/node); fi

# python-cwt, another COSE reader, needs an older cbor2 than the tests do, so it lives apart.
.venv/cwt: | $(BIN)/pip
	@if $(PYTHON) -m venv $@ && $@/bin/pip -qq --disable-pip-version-check install cwt==3.3.0; \
	 then touch $@; else rm -rf $@; $(call MISSING,python-cwt); fi

clean:
	@rm -rf .venv dist .coverage* .hypothesis .mypy_cache .pytest_cache .ruff_cache
	@rm -rf tests/node/node_modules docs/_build docs/_pictures
	@find . -name __pycache__ -prune -exec rm -rf {} +
