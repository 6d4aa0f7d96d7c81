# The names that people and CI use; CONTRIBUTING.md says what each leaves behind.
.PHONY: setup dev demo test lint format bench faults lock clean
VENV := .venv
PY := $(VENV)/bin/python
PYTHON ?= python3
# Tests and the demo start many processes: none of them is to compile every module again.
COMPILED := PYTHONDONTWRITEBYTECODE=
# One more than there are cores: tests wait, too, for servers, for browsers and for politeness.
TESTERS ?= $(shell expr `getconf _NPROCESSORS_ONLN` + 1)
UV := $(shell command -v uv 2>/dev/null)

setup: $(VENV)/.ready
dev: $(VENV)/.dev-ready

$(VENV)/.ready: pyproject.toml requirements.lock
	@echo "Setting up $(VENV); it takes a minute or two."
ifdef UV
	$(UV) venv --quiet --allow-existing --python $(PYTHON) $(VENV)
	$(UV) pip install --quiet --compile-bytecode --python $(PY) --require-hashes -r requirements.lock
	$(UV) pip install --quiet --python $(PY) --no-deps -e .
else
	$(PYTHON) -m venv $(VENV)
	$(PY) -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(PY) -m pip install --quiet --disable-pip-version-check --no-deps -e .
endif
	@touch $@

$(VENV)/.dev-ready: $(VENV)/.ready requirements-dev.lock
ifdef UV
	$(UV) pip install --quiet --compile-bytecode --python $(PY) --require-hashes -r requirements-dev.lock
else
	$(PY) -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
endif
	@touch $@

demo: setup
	@$(COMPILED) $(PY) -m service.demo

test: dev
	@sh tests/install_tools.sh
	$(COMPILED) $(PY) -m pytest --numprocesses $(TESTERS) --dist loadfile --no-loadscope-reorder --quiet

lint: dev
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/mypy

format: dev
	$(VENV)/bin/ruff check --fix .
	$(VENV)/bin/ruff format .

bench: dev
	$(PY) -m benchmarks

faults: dev  # half an hour; wants strace, and root for the small disk
	$(PY) -m benchmarks.faults

# Names, versions and hashes only: a lock file must not say where packages were fetched.
lock:
	uv pip compile --quiet --universal --no-header --no-annotate --generate-hashes --extra works --extra dictionary pyproject.toml -o requirements.lock
	uv pip compile --quiet --universal --no-header --no-annotate --generate-hashes -c requirements.lock --group dev --extra works --extra dictionary pyproject.toml -o requirements-dev.lock

clean:
	rm -rf $(VENV) variorum-demo build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis
