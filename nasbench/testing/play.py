"""The smallest runner: ask, evaluate, tell, and check what was asked."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeAlias

from nasbench.benchmark import Benchmark, Evaluation
from nasbench.search import (
    VALIDATION_ACCURACY,
    AskTell,
    Budget,
    Constraint,
    Objective,
    Proposal,
    SearchContext,
    SearchExhausted,
)
from nasbench.testing.violations import ContractViolation

Told: TypeAlias = list[tuple[Proposal, Evaluation]]
"""What was proposed and what came of it, in the order of the tells."""

EVALUATIONS = 60


def context_of(
    benchmark: Benchmark,
    seed: int = 0,
    objectives: tuple[Objective, ...] = (VALIDATION_ACCURACY,),
    constraints: tuple[Constraint, ...] = (),
) -> SearchContext:
    """Return the context of a search on `benchmark`, without a way back to it."""
    return SearchContext(
        space=benchmark.space,
        epochs=benchmark.epochs,
        budget=Budget(EVALUATIONS),
        costs=benchmark.cost_model,
        seed=seed,
        objectives=objectives,
        constraints=constraints,
    )


def play(
    strategy: AskTell, benchmark: Benchmark, evaluations: int = EVALUATIONS
) -> Told:
    """Run `strategy` for some evaluations, or until it has nothing left to propose.

    Raises:
        ContractViolation: A proposal is not one that can be evaluated.
    """
    told: Told = []
    for _ in range(evaluations):
        try:
            proposal = strategy.ask()
        except SearchExhausted:
            break
        told.append((proposal, evaluate(benchmark, proposal)))
        strategy.tell(*told[-1])
    return told


def evaluate(benchmark: Benchmark, proposal: Proposal) -> Evaluation:
    """Return the outcome of a proposal, mean over the seeds.

    Raises:
        ContractViolation: The proposal is not one that can be evaluated.
    """
    for sentence in outside(proposal, benchmark):
        raise ContractViolation(sentence)
    return benchmark.evaluate(proposal.architecture, epochs=proposal.epochs)


def outside(proposal: Proposal, benchmark: Benchmark) -> Iterator[str]:
    """Yield a sentence for everything that is wrong with a proposal."""
    architecture, epochs = proposal.architecture, proposal.epochs
    plain = isinstance(architecture, tuple) and all(
        type(o) is int for o in architecture
    )
    if architecture not in benchmark.space:
        yield f"The proposal {architecture!r} is not in {benchmark.space!r}."
    elif not plain:
        yield f"The proposal {architecture!r} is not a tuple of Python ints."
    if type(epochs) is not int or not 1 <= epochs <= benchmark.epochs:
        yield f"The proposal is for {epochs!r} epochs, not for 1 to {benchmark.epochs}."
