# What a newcomer and CI run. It needs Python 3.11 or newer, nothing else; README.md says the same in plain commands.
# Another Python than python3: make PYTHON=python3.12 demo

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/installed
SHELL := /bin/sh

.PHONY: help demo test drill bench wheel lock clean

help:
	@echo "make demo    see it all work on this machine, without any config"
	@echo "make test    lint, types and all tests"
	@echo "make drill   the stories in full: hundreds of mails, dozens of kills"
	@echo "make bench   milliseconds of CPU for each mail, of each look at a case among a million, and a simulated year"
	@echo "make wheel   the package, in dist/"
	@echo "make lock    requirements.lock anew, from pyproject.toml"
	@echo "make clean   remove what the others made, except mailcase-demo/"

demo: $(INSTALLED)
	@$(BIN)/mailcase demo

test: $(INSTALLED)
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/pytest -n auto

drill: $(INSTALLED)
	MAILCASE_SCALE=1 $(BIN)/pytest -n auto tests/stories tests/guarantees

bench: $(INSTALLED)
	$(BIN)/python -m bench

wheel: $(INSTALLED)
	$(BIN)/python -m build --wheel --no-isolation

# The stamp is written last, so that an installation that broke off is begun anew.
$(INSTALLED): pyproject.toml requirements.lock
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "mailcase needs Python 3.11 or newer; if it has another name here: make PYTHON=python3.12 demo" >&2; exit 1; }
	@echo "Installing the locked versions into $(VENV), once; this takes about a minute ..."
	@$(PYTHON) -m venv --clear $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

# Keeps what is pinned as far as pyproject.toml allows; for the newest of everything remove requirements.lock before.
# To be run with the oldest Python that we support, which may need a backport that the others do not.
lock:
	@tools=$$(mktemp -d) && trap 'rm -rf "$$tools"' EXIT && $(PYTHON) -m venv "$$tools" && \
	"$$tools/bin/pip" install --quiet --disable-pip-version-check pip-tools && \
	"$$tools/bin/python" -c 'import tomllib; print(*tomllib.load(open("pyproject.toml", "rb"))["dependency-groups"]["dev"], sep="\n")' | \
	CUSTOM_COMPILE_COMMAND="make lock" "$$tools/bin/pip-compile" --quiet --generate-hashes --allow-unsafe --strip-extras \
		--no-emit-options --no-emit-index-url --no-emit-trusted-host --no-emit-find-links \
		--output-file requirements.lock pyproject.toml -

clean:
	rm -rf $(VENV) dist build .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find src tests bench migrations -name __pycache__ -prune -exec rm -rf {} +
