# One verb a task. Each makes what it needs, on a bare machine with Python 3.11 or newer.
PYTHON ?= python3
PORT ?= 8000
JOBS ?= logical
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/ready
NEWEST := .venv-newest
export PATH := $(abspath $(BIN)):$(PATH)

.PHONY: help course test test-newest serve pdf release wheel bench clean

help: ## print this list
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /  make \1\t/'

course: release ## build the site, release the exercises, grade the sample class
	$(BIN)/python book/build.py
	$(BIN)/cnncourse sample-class

test: $(READY) ## check style, run all tests (browser tests want the program chromium)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	OMP_NUM_THREADS=1 $(BIN)/pytest -n $(JOBS)

test-newest: ## run the tests that tell, with the newest versions of everything (in .venv-newest)
	$(PYTHON) -m venv $(NEWEST)
	$(NEWEST)/bin/python .ci/newest.py install
	JOBS=$(JOBS) $(NEWEST)/bin/python .ci/newest.py test

serve: $(READY) ## build the site and show it at http://localhost:8000 (PORT=... for another)
	$(BIN)/python book/build.py
	$(BIN)/python -m http.server --directory _build/html --bind 127.0.0.1 $(PORT)

pdf: $(READY) ## put the whole course on paper: _build/cnncourse.pdf (wants the program chromium)
	$(BIN)/python book/build.py
	$(BIN)/python book/pdf.py

release: $(READY) ## make the learners' notebooks in exercises/ from solutions/
	$(BIN)/cnncourse release

wheel: $(READY) ## make the package in dist/: a wheel, and the sources that it is made from
	rm -rf dist
	$(BIN)/python -m build --no-isolation

bench: $(READY) ## measure: one check, the reference code, the build, the pages
	$(BIN)/python book/build.py
	@for benchmark in $(filter-out %/lighthouse.py %/site_server.py, $(wildcard benchmarks/*.py)); do echo "== $$benchmark"; $(BIN)/python $$benchmark || exit 1; done

clean: ## remove what was built (never submissions, grades or feedback)
	rm -rf _build build dist *.egg-info $(VENV) $(VENV)-* .pytest_cache .ruff_cache .hypothesis

$(READY): requirements.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed. If you have it under another name: make PYTHON=python3.12")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.txt -e '.[test]'
	@touch $@
