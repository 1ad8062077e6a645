"""Whether a strategy plays fair: it knows what it was told, and goes on searching."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import zip_longest

from nasbench.benchmark import Evaluation, Split
from nasbench.search import Proposal, SearchExhausted, StrategyFactory
from nasbench.spaces import Architecture
from nasbench.testing.play import context_of, evaluate
from nasbench.testing.toy_benchmark import ToyBenchmark
from nasbench.testing.toy_spaces import ToySpace

RADICES = (3, 4, 2, 3)
PROPOSALS = 40
FEW = 3
"""Distinct architectures that any search comes across; a climber may stay near one."""

PATIENCE = 1000
"""Proposals that it may take; the runner ends a run after so many free repeats."""


class WatchedBenchmark(ToyBenchmark):
    """Shows the trials of its first seed, and counts every question.

    Args:
        secrets: What is not shown, the other trials and the test accuracies, is the
            same for equal numbers only.

    Attributes:
        evaluated: How many evaluations were asked for, by whomever.
        judged: How often the referee was asked.
    """

    def __init__(self, secrets: int) -> None:
        super().__init__(ToySpace(RADICES), noise=0.05)
        self.evaluated = 0
        self.judged = 0
        if secrets:
            self._validation[:, 1:] = self._validation[::-1, 1:]
            self._test = self._test[::-1].copy()

    def evaluate(
        self,
        architecture: Architecture,
        *,
        epochs: int | None = None,
        seed: int | None = None,
    ) -> Evaluation:
        """Return what the trial of the first seed shows, unless another is asked."""
        self.evaluated += 1
        shown = self.seeds[0] if seed is None else seed
        return super().evaluate(architecture, epochs=epochs, seed=shown)

    def mean_accuracy(self, architecture: Architecture, split: Split) -> float:
        """Return the referee's opinion, which is not for strategies."""
        self.judged += 1
        return super().mean_accuracy(architecture, split)


def no_peeking(factory: StrategyFactory) -> Iterator[str]:
    """Nothing is known of test accuracies, nor of trials that were not told.

    Two benchmarks tell the same and differ in all else. There is no wall in Python: a
    strategy that searches the memory of the process, or reads the files of the table
    it is judged by, is found out where it does so here, and not elsewhere.
    """
    asked: list[list[Proposal]] = []
    for secrets in (0, 1):
        benchmark = WatchedBenchmark(secrets)
        strategy = factory(context_of(benchmark))
        proposals: list[Proposal] = []
        for _ in range(PROPOSALS):
            try:
                proposals.append(strategy.ask())
            except SearchExhausted:
                break
            strategy.tell(proposals[-1], evaluate(benchmark, proposals[-1]))
        asked.append(proposals)
        if benchmark.judged:
            yield "The strategy asks the referee, who alone may see test accuracies."
        if benchmark.evaluated > len(proposals):
            yield (
                f"The strategy evaluates by itself: {benchmark.evaluated} evaluations "
                f"for {len(proposals)} proposals. Only the runner trains, and charges."
            )
    for number, (one, other) in enumerate(zip_longest(*asked), start=1):
        if one != other:
            yield (
                f"Proposal {number} changes with test accuracies or trials that were "
                "not told: the strategy reads what it must not know."
            )
            return


def finds_new(factory: StrategyFactory) -> Iterator[str]:
    """Not all proposals are repeats while most of the space is unknown."""
    benchmark = ToyBenchmark(ToySpace(RADICES))
    strategy = factory(context_of(benchmark))
    known: set[Architecture] = set()
    for _ in range(PATIENCE):
        try:
            proposal = strategy.ask()
        except SearchExhausted:
            return
        known.add(proposal.architecture)
        if len(known) >= FEW:
            return
        strategy.tell(proposal, evaluate(benchmark, proposal))
    yield (
        f"Of {PATIENCE} proposals only {len(known)} are distinct, in a space of "
        f"{benchmark.space.size}: under free repeats the search would never end."
    )
