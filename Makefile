# Two commands set everything up: `make demo` and `make test`.
PYTHON ?= python3
VENV ?= .venv
BIN = $(VENV)/bin
WORKERS ?= $(shell $(PYTHON) -c "import os; print(os.cpu_count())")

.PHONY: demo test test-slow benchmark check notebooks clean

# Compare nine strategies on the tables that ship, and write the page.
demo: $(VENV)/installed
	$(BIN)/nasbench board run tour --jobs $(WORKERS) --out results/tour
	$(BIN)/nasbench report results/tour --out results/site
	@echo "open results/site/index.html"

test: $(VENV)/installed
	$(BIN)/python -m pytest -m "not slow" --benchmark-disable -n auto

# Full-size laws and published numbers; minutes.
test-slow: $(VENV)/installed
	$(BIN)/python -m pytest -m slow --benchmark-disable -n auto

# Timings, each as a ratio to its baseline in the same run.
benchmark: $(VENV)/installed
	$(BIN)/python -m pytest tests/benchmarks --benchmark-only

# Style and types, as the pre-commit hooks check them.
check: $(VENV)/installed
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy

$(VENV)/installed: pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e ".[train,cluster,surrogates,report,adapters,export,latency,teach,test,dev]"
	touch $@

# The lessons of examples/ as notebooks, in notebooks/.
notebooks: $(VENV)/installed
	mkdir -p notebooks
	cd examples && for lesson in *.py; do ../$(BIN)/jupytext --quiet --to notebook --output ../notebooks/$${lesson%.py}.ipynb $$lesson; done

clean:
	rm -rf $(VENV) results
