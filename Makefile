# The names that people and CI use; CONTRIBUTING.md says what each leaves behind.
.PHONY: setup dev demo test lint format bench faults lock clean
VENV := .venv
PY := $(VENV)/bin/python
PYTHON ?= python3
UV := $(shell command -v uv 2>/dev/null)

setup: $(VENV)/.ready
dev: $(VENV)/.dev-ready

$(VENV)/.ready: pyproject.toml requirements.lock
ifdef UV
	$(UV) venv --quiet --allow-existing --python $(PYTHON) $(VENV)
	$(UV) pip install --quiet --python $(PY) --require-hashes -r requirements.lock
	$(UV) pip install --quiet --python $(PY) --no-deps -e .
else
	$(PYTHON) -m venv $(VENV)
	$(PY) -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(PY) -m pip install --quiet --disable-pip-version-check --no-deps -e .
endif
	@touch $@

$(VENV)/.dev-ready: $(VENV)/.ready requirements-dev.lock
ifdef UV
	$(UV) pip install --quiet --python $(PY) --require-hashes -r requirements-dev.lock
else
	$(PY) -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
endif
	@touch $@

demo: setup
	@$(PY) -m service.demo

test: dev
	@sh tests/install_tools.sh
	$(PY) -m pytest --numprocesses auto --dist loadfile --no-loadscope-reorder --quiet

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
	uv pip compile --quiet --universal --no-header --no-annotate --generate-hashes --extra works pyproject.toml -o requirements.lock
	uv pip compile --quiet --universal --no-header --no-annotate --generate-hashes -c requirements.lock --group dev --extra works pyproject.toml -o requirements-dev.lock

clean:
	rm -rf $(VENV) variorum-demo build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis
