"""Benchmarks out of arrays, and the numbers of all architectures to compare with."""

from __future__ import annotations

import csv
import gzip
from pathlib import Path

import numpy as np
import pytest

from nasbench.benchmark import Evaluation, StaticCosts, Status
from nasbench.search import Budget, SearchContext
from nasbench.spaces import make_space
from nasbench.testing import ToySpace
from strategies import find_strategy

REFERENCE = Path(__file__).resolve().parents[3] / "shared" / "reference"

SHIPPED = ["evolution", "genetic", "local", "random", "random-replacement", "reinforce"]


class ArrayBenchmark:
    """Accuracies in an array over the indices of a space."""

    name = "array"
    epochs = 1
    seeds = ()

    def __init__(self, space, accuracies):
        self.space = space
        self.accuracies = np.asarray(accuracies, dtype=float)

    @staticmethod
    def cost_model(architecture):
        return StaticCosts(1, 2, 1)

    def evaluate(self, architecture, *, epochs=None, seed=None):
        index = sum(
            o * s for o, s in zip(architecture, self.space.strides, strict=True)
        )
        return evaluation_of(float(self.accuracies[index]))


def evaluation_of(accuracy):
    status = Status.FAILED if accuracy is None else Status.COMPLETE
    return Evaluation(accuracy, (), 1.0, 1, None, status, 1, 2)


@pytest.fixture(scope="session")
def evaluation():
    """Make the outcome of a training from its accuracy; None for a failure."""
    return evaluation_of


@pytest.fixture(scope="session")
def array_benchmark():
    return ArrayBenchmark


@pytest.fixture(scope="session")
def context():
    """Make a context of a space and a seed."""

    def make(space, seed=0):
        costs = ArrayBenchmark.cost_model
        return SearchContext(space, 1, Budget(100), costs, seed)

    return make


@pytest.fixture(scope="session")
def best_so_far(context):
    """Return ``(runs, evaluations)`` of the best accuracy so far, one seed per run."""

    def run(factory, benchmark, evaluations, runs):
        curves = np.empty((runs, evaluations))
        for seed in range(runs):
            strategy = factory(context(benchmark.space, seed))
            for i in range(evaluations):
                proposal = strategy.ask()
                outcome = benchmark.evaluate(proposal.architecture)
                strategy.tell(proposal, outcome)
                curves[seed, i] = outcome.validation_accuracy
        return np.maximum.accumulate(curves, axis=1)

    return run


@pytest.fixture(scope="session")
def cell201():
    return make_space("cell201")


@pytest.fixture(scope="session")
def nb201(cell201):
    """NAS-Bench-201, CIFAR-10, validation accuracy in % of one training each."""
    path = REFERENCE / "nb201.csv.gz"
    if not path.exists():
        pytest.skip(f"needs the published table shared/reference/{path.name}")
    accuracies = np.full(cell201.size, np.nan)
    with gzip.open(path, "rt") as file:
        for row in csv.DictReader(file):
            index = cell201.index(cell201.parse(row["arch"]))
            accuracies[index] = float(row["c10_val200_1seed"])
    assert not np.isnan(accuracies).any()
    return ArrayBenchmark(cell201, accuracies)


@pytest.fixture
def options_of_seven():
    """A space of one decision, in which the laws of selection can be written down."""
    return ToySpace((7,))


@pytest.fixture(
    params=[
        "random",
        "random-replacement",
        "local",
        "evolution",
        "genetic",
        "reinforce",
    ]
)
def any_strategy(request):
    """Every strategy that ships, with its defaults."""
    return find_strategy(request.param)
