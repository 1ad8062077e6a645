# Two commands set everything up: `make demo` and `make test`.
PYTHON ?= python3
VENV ?= .venv
BIN = $(VENV)/bin
WORKERS ?= $(shell $(PYTHON) -c "import os; print(os.cpu_count())")

STRATEGIES = random local evolution genetic reinforce tpe gp

.PHONY: demo test test-slow benchmark check notebooks clean

# Build a whole small table from real images, verify it, compare seven strategies on it.
demo: $(VENV)/installed
	$(BIN)/nasbench build --space cell201-mini --task digits --seeds 3 --workers $(WORKERS) --out results/mini.h5
	$(BIN)/nasbench verify results/mini.h5 --retrain 3
	$(BIN)/nasbench compare results/mini.h5 $(foreach name,$(STRATEGIES),--strategy $(name)) --seeds 50 --evaluations 50 --out results/board
	@echo "open results/board/index.html"

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
