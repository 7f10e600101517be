# `make up` and `make test` set up what they need the first time, and are quick the second.
.PHONY: up docker-up unit coverage system test e2e check docs wheel format render words lock bench chaos help clean
.NOTPARALLEL:  # each uses all processors by itself
FILE ?= models.yaml
PYTEST_PARALLEL = .venv/bin/pytest -n auto --maxprocesses 4 --dist worksteal
PYTEST_ENGINES = .venv/bin/pytest -n 2 tests/e2e

up: .venv/installed  ## run every model of $(FILE) and the gateway
	@.venv/bin/passerelle up --file $(FILE)

docker-up:  ## build and run every model and the gateway in containers; needs Docker alone
	@python3 scripts/docker_up.py

unit: .venv/installed  ## run the unit tests, in seconds
	.venv/bin/pytest tests/unit

coverage: .venv/installed  ## run the unit tests, and tell which lines they leave out; too many are an error
	$(PYTEST_PARALLEL) tests/unit --cov --cov-report=term

system: .venv/installed  ## run the system tests: real processes, real models
	$(PYTEST_PARALLEL) tests/system

test: coverage system  ## run all tests; those of containers only where a Docker engine answers
	$(PYTEST_ENGINES)

e2e: .venv/installed  ## run the tests of images and containers, which need a Docker engine
	PASSERELLE_E2E=required $(PYTEST_ENGINES)

check: .venv/installed  ## lint, types, generated files, and the documentation
	.venv/bin/ruff format --check .
	.venv/bin/ruff check .
	.venv/bin/mypy
	.venv/bin/lint-imports
	.venv/bin/passerelle schema --check
	.venv/bin/passerelle render compose --check
	@$(MAKE) --no-print-directory docs

docs: .venv/installed  ## build the documentation's site in build/docs; a broken link is an error
	.venv/bin/sphinx-build -q -W --keep-going -n -b html -c docs . build/docs

wheel: .venv/installed  ## build the wheel in dist
	@rm -rf build/lib build/bdist.*
	.venv/bin/pip --quiet wheel --no-deps --wheel-dir dist .

format: .venv/installed  ## format the code, write generated files
	.venv/bin/ruff format .
	.venv/bin/passerelle schema

render: .venv/installed  ## write docker-compose.yaml from models.yaml
	.venv/bin/passerelle render compose

bench: .venv/installed  ## measure beside other servers, the JPEGs of $(PICTURES); see bench/README.md
	.venv/bin/python -m bench.compare $(if $(PICTURES),--pictures $(PICTURES))

chaos: .venv/installed  ## have one thing after the other break under load, in three minutes; prints a table
	.venv/bin/python -m tests.chaos

words: .venv/installed  ## gather the page's strings into its catalogues, and compile them
	@mkdir -p .passerelle
	.venv/bin/pybabel -q extract -F pyproject.toml -k lazy_gettext --no-location --sort-output -o .passerelle/page.pot services/frontend
	.venv/bin/pybabel -q update -i .passerelle/page.pot -d services/frontend/translations --no-fuzzy-matching --ignore-pot-creation-date -w 100
	.venv/bin/pybabel -q compile -d services/frontend/translations

lock: .venv/installed  ## pin what is installed now
	(echo "# What the packages in pyproject.toml bring along, pinned. Written by: make lock"; \
	.venv/bin/pip freeze --exclude-editable | grep -v -i -E '^(torch|torchvision)==') > constraints.txt

help:  ## print this list
	@sed -nE 's/^([a-z0-9-]+):.*## (.*)/\1\t\2/p' Makefile | expand -t 12

clean:  ## forget everything that was made here
	rm -rf .venv .passerelle

.venv/installed: pyproject.toml constraints.txt scripts/setup scripts/install scripts/requirements.py scripts/torch_index.py
	@scripts/setup
