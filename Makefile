# `make up` and `make test` set up what they need the first time, and are quick the second.
.PHONY: up test check format lock bench clean
FILE ?= models.yaml

up: .venv/installed  ## run every model of $(FILE) and the gateway
	@.venv/bin/passerelle up --file $(FILE)

test: .venv/installed  ## run all tests
	.venv/bin/pytest

check: .venv/installed  ## lint, types, and generated files
	.venv/bin/ruff format --check .
	.venv/bin/ruff check .
	.venv/bin/mypy
	.venv/bin/passerelle schema --check

format: .venv/installed  ## format the code, write generated files
	.venv/bin/ruff format .
	.venv/bin/passerelle schema

bench: .venv/installed  ## measure beside other servers, the JPEGs of $(PICTURES); see bench/README.md
	.venv/bin/python -m bench.compare $(if $(PICTURES),--pictures $(PICTURES))

lock: .venv/installed  ## pin what is installed now
	(echo "# What the packages in pyproject.toml bring along, pinned. Written by: make lock"; \
	.venv/bin/pip freeze --exclude-editable | grep -v -i -E '^(torch|torchvision)==') > constraints.txt

clean:  ## forget everything that was made here
	rm -rf .venv .passerelle

.venv/installed: pyproject.toml constraints.txt scripts/setup scripts/torch_index.py
	@scripts/setup
