# One word per task. `make setup` needs Python 3.11 or later with pip and venv; everything else comes from there.
SHELL := /bin/bash
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed

.PHONY: help setup native demo test check format bench attack-full attack-curve lock migration openapi law-page clean

help: ## this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /  \1\t/' | expand -t 12

setup: $(STAMP) ## install into .venv; the command is .venv/bin/sealink

$(STAMP): requirements-dev.txt pyproject.toml
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check uv || true
	$(BIN)/uv pip install --quiet --python $(BIN)/python --require-hashes -r requirements-dev.txt || \
		$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.txt
	$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation -e . || \
		$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	touch $(STAMP)

native: ## install what tests need of the distribution and lack: softhsm2, for the tests of PKCS#11 tokens
	@tests/install_softhsm.sh $(if $(CI),,|| echo "going on without: the tests of PKCS#11 tokens will be skipped" >&2)

demo: setup ## link FEBRL4 and a generated city, then serve three agencies until Ctrl-C (ONCE=1: end after the story)
	$(BIN)/sealink demo --out demo-out $(if $(ONCE),--once)

test: setup native check ## lint, types, import contracts, then all tests
	$(BIN)/pytest

check: setup ## ruff, mypy, import contracts
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: setup ## let ruff rewrite the layout of the code
	$(BIN)/ruff check --fix . ; $(BIN)/ruff format .

bench: setup ## print quality and speed beside peers (minutes; peers go into .venv-peers)
	$(BIN)/python -m bench

attack-full: setup ## run every attack at full size beside its limits (an hour; goes on where it stopped)
	$(BIN)/python -m bench.attack_full

attack-curve: setup ## draw F1 against population and the table of attacks by scheme, into docs/attacks.md
	$(BIN)/python -m bench.curve

lock: ## write the hashed requirements anew, without registry addresses
	$(BIN)/uv pip compile pyproject.toml --all-extras --universal --python-version 3.11 --generate-hashes \
		--no-emit-index-url --no-emit-find-links --no-header -q -o requirements-dev.txt
	$(BIN)/uv pip compile pyproject.toml --universal --python-version 3.11 --generate-hashes \
		--no-emit-index-url --no-emit-find-links --no-header -q -c requirements-dev.txt -o requirements.txt

migration: setup ## draw the first migrations anew from the declared tables (until the first release)
	$(BIN)/python -m api.migrations.drawing

openapi: setup ## write docs/openapi.json anew; look at the difference before you keep it
	$(BIN)/python -m api.linkage.describing > docs/openapi.json

law-page: setup ## write docs/law.md anew from the rule files
	$(BIN)/sealink law table > docs/law.md

clean: ## remove what the other targets made
	rm -rf $(VENV) .venv-peers* demo-out bench/out .mypy_cache .ruff_cache .pytest_cache .hypothesis
