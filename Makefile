# Two commands are all a newcomer needs: make demo, make test. The rest is for those who work here.
PYTHON ?= $(shell command -v python3.11 || command -v python3.12 || echo python3)
VENV   ?= .venv
BIN    := $(VENV)/bin
PROTO  := proto/medreward/v1/reward.proto

.PHONY: demo test lint unit serve bench proto clean help

help:  ## this list
	@sed -n 's/^\([a-z]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 10

demo: $(VENV)/.ready  ## start the cluster, score example rollouts of both papers, print why they scored so, stop
	$(BIN)/medreward demo

test: lint unit  ## everything that must hold: style, types, tests (real Ray Serve included)

lint: $(VENV)/.ready  ## ruff and mypy
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

unit: $(VENV)/.ready  ## the tests alone
	$(BIN)/python -m pytest

serve: $(VENV)/.ready  ## the reward cluster on this machine, until Ctrl-C
	$(BIN)/medreward serve

bench: $(VENV)/.ready  ## speed, side by side in one run; writes bench.json
	$(BIN)/python -m tests.bench.run --out bench.json

proto: $(VENV)/.ready  ## regenerate the checked-in code from proto/
	$(BIN)/python -m tests.contract.generate

clean:  ## remove what these targets made
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .hypothesis bench.json

# the virtual environment, made anew when the dependencies change
$(VENV)/.ready: pyproject.toml .ci/constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c .ci/constraints.txt -e '.[serve,dev]'
	touch $@
