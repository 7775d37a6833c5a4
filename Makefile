# make demo    set up, and print the statements of an example dispatch, found by the shipped model
# make test    set up, lint, check types, run the tests
# make format  let ruff lay out the code
# make test-oldest  run the tests with the oldest transformers that pyproject.toml allows
# make wheel-test   build a wheel, install it with no network into a bare environment, predict there
# make sbom         list what that environment holds, as CycloneDX; make audit: ask PyPI's advisories about it
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
OLDEST := $(VENV)-oldest

.PHONY: demo test test-oldest wheel-test sbom audit format clean

demo: $(VENV)/.run
	$(BIN)/porteparole predict examples/depeche.txt --view

test: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/python -m pytest -m "not slow and not gpu and not hub"

test-oldest: $(OLDEST)/.dev
	$(OLDEST)/bin/python -m pytest -m "not slow and not gpu and not hub"

wheel-test:
	rm -rf dist
	$(PYTHON) -m pip wheel --quiet --no-deps --wheel-dir dist .
	$(PYTHON) -m pip wheel --quiet --constraint constraints.txt --wheel-dir dist/wheelhouse dist/*.whl
	$(PYTHON) -m venv dist/bare
	dist/bare/bin/python -m pip install --quiet --no-index --find-links dist/wheelhouse porteparole
	cd dist && bare/bin/porteparole predict "Selon Kiev, la trêve n'a pas tenu." --json --target "la trêve"

sbom: $(VENV)/.supply
	$(BIN)/cyclonedx-py environment dist/bare/bin/python --output-reproducible --output-file dist/sbom.json

audit: $(VENV)/.supply
	$(BIN)/pip-audit --path $$(dist/bare/bin/python -c "import sysconfig; print(sysconfig.get_path('purelib'))")

format: $(VENV)/.dev
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

$(BIN)/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/.run: $(BIN)/python pyproject.toml constraints.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable .
	touch $@

$(VENV)/.dev: $(BIN)/python pyproject.toml constraints.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable ".[dev]"
	touch $@ $(VENV)/.run

$(OLDEST)/.dev: pyproject.toml constraints.txt
	$(PYTHON) -m venv $(OLDEST)
	grep -v -E '^(transformers|tokenizers)=' constraints.txt > $(OLDEST)/constraints.txt
	$(OLDEST)/bin/python -m pip install --quiet --constraint $(OLDEST)/constraints.txt --editable ".[dev]" transformers==5.0.0
	touch $@

$(VENV)/.supply: $(BIN)/python
	test -x dist/bare/bin/python || $(MAKE) wheel-test
	$(BIN)/python -m pip install --quiet --disable-pip-version-check cyclonedx-bom pip-audit
	touch $@

clean:
	rm -rf $(VENV) $(OLDEST) build dist .hypothesis .mypy_cache .pytest_cache .ruff_cache
