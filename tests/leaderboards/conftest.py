"""A space, a benchmark and strategies that are small enough to compute by hand."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pytest

from nasbench.benchmark import Evaluation, StaticCosts, Status
from nasbench.search import Proposal, SearchExhausted
from nasbench.spaces import SearchSpace


class Line(SearchSpace):
    """One decision; options ``a`` and ``a'`` are the same function."""

    def __init__(self, options):
        super().__init__("line", [options])

    def parse(self, text):
        return (self.choices[0].index(text),)

    def format(self, architecture):
        return self.choices[0][self.check(architecture)[0]]

    def canonical(self, architecture):
        return self.format(architecture).rstrip("'")


@dataclass
class Table:
    """Answers from a dictionary: after e epochs, the e-th part of the accuracy.

    Trial seed s adds s / 1000 to the accuracy, so the mean over the seeds 0 and 2 is
    that of seed 1. An epoch costs `seconds`.
    """

    accuracies: dict
    epochs: int = 4
    seconds: dict = field(default_factory=dict)
    failing: frozenset = frozenset()
    name: str = "toy"
    seeds: tuple = (0, 2)
    calls: list = field(default_factory=list)

    def __post_init__(self):
        self.space = Line(list(self.accuracies))

    @property
    def cost_model(self):
        return lambda architecture: StaticCosts(1, 2, 3)

    def evaluate(self, architecture, *, epochs=None, seed=None):
        epochs = epochs or self.epochs
        self.calls.append((architecture, epochs, seed))
        text = self.space.format(architecture)
        offset = (1 if seed is None else seed) / 1000
        curve = [
            (self.accuracies[text] + offset) * e / self.epochs
            for e in range(1, epochs + 1)
        ]
        failed = text in self.failing
        return Evaluation(
            validation_accuracy=None if failed else curve[-1],
            curve=tuple(curve),
            cost_seconds=self.seconds.get(text, 1.0) * epochs,
            epochs=epochs,
            seed=seed,
            status=Status.FAILED if failed else Status.COMPLETE,
            parameters=1,
            flops=2,
        )


class RefereedTable(Table):
    """A table that also judges; test accuracy is what is left to 1."""

    def mean_accuracy(self, architecture, split):
        accuracy = self.accuracies[self.space.format(architecture)]
        return accuracy if split == "validation" else 1 - accuracy

    def best_accuracy(self, split):
        values = [a for t, a in self.accuracies.items() if t not in self.failing]
        return max(values) if split == "validation" else 1 - min(values)


class Stateless:
    """A strategy has these two; the tests here do not need them."""

    def state(self):
        return {}

    def restore(self, state):
        pass


class Scripted(Stateless):
    """Proposes what its script says, as ``b`` or ``(b, epochs)``; then it ends."""

    def __init__(self, context, script):
        self.context = context
        self.script = iter(script)
        self.told = []
        self.open = None

    def ask(self):
        for item in self.script:
            text, epochs = (
                item if isinstance(item, tuple) else (item, self.context.epochs)
            )
            self.open = Proposal(self.context.space.parse(text), epochs)
            return self.open
        raise SearchExhausted("the script is over")

    def tell(self, proposal, evaluation):
        self.told.append((proposal, evaluation))


class UniformSearch(Stateless):
    """Draws architectures with replacement."""

    def __init__(self, context):
        self.context = context
        self.rng = np.random.default_rng(context.seed)

    def ask(self):
        return Proposal(self.context.space.sample(self.rng), self.context.epochs)

    def tell(self, proposal, evaluation):
        pass


class IndexOrder(Stateless):
    """Proposes the architectures in the order of their indices."""

    def __init__(self, context):
        self.context = context
        self.iterator = iter(context.space)

    def ask(self):
        for architecture in self.iterator:
            return Proposal(architecture, self.context.epochs)
        raise SearchExhausted("every architecture was proposed")

    def tell(self, proposal, evaluation):
        pass


@pytest.fixture
def table():
    """The class `Table`."""
    return Table


@pytest.fixture
def refereed_table():
    """The class `RefereedTable`."""
    return RefereedTable


@pytest.fixture
def scripted():
    """Return a function: script -> (factory, list that will hold the strategies)."""

    def make(*script):
        made = []

        def factory(context):
            made.append(Scripted(context, script))
            return made[-1]

        return factory, made

    return make


@pytest.fixture
def uniform_search():
    """The class `UniformSearch`."""
    return UniformSearch


@pytest.fixture
def index_order():
    """The class `IndexOrder`."""
    return IndexOrder


@pytest.fixture
def landscape():
    """A refereed table of 40 architectures with distinct accuracies."""
    values = np.random.default_rng(0).permutation(40) / 100 + 0.5
    return RefereedTable({f"o{i}": float(v) for i, v in enumerate(values)})
