"""Copies of what a strategy is handed, so that nothing it changes outlives its run.

A table keeps its answers and gives the same objects to every run. Frozen dataclasses
stop accidents, but ``object.__setattr__`` writes into them all the same, as does code
that takes a mapping apart; a copy costs about a microsecond. The space is shared: it
holds what takes long to compute.
"""

from __future__ import annotations

from dataclasses import replace

from leaderboards.runner.settings import RunSettings
from nasbench.benchmark import (
    Benchmark,
    CostModel,
    Evaluation,
    Measurements,
    Specified,
    StaticCosts,
)
from nasbench.proxy_source import MeteredProxies
from nasbench.search import SearchContext
from nasbench.spaces import Architecture


def own_evaluation(kept: Evaluation) -> Evaluation:
    """Return an equal evaluation that shares nothing that can be changed."""
    return Evaluation(  # by position: a third faster, and done for every evaluation
        kept.validation_accuracy,
        kept.curve,
        kept.cost_seconds,
        kept.epochs,
        kept.seed,
        kept.status,
        kept.parameters,
        kept.flops,
        Measurements(kept.measured),
    )


def own_costs(model: CostModel) -> CostModel:
    """Return a cost model that answers the same with objects of its own."""

    def costs(architecture: Architecture) -> StaticCosts:
        kept = model(architecture)
        return StaticCosts(
            kept.parameters, kept.flops, kept.depth, Measurements(kept.modelled)
        )

    return costs


def context_for(
    benchmark: Benchmark,
    settings: RunSettings,
    seed: int,
    meter: MeteredProxies | None = None,
    run: int = 0,
) -> SearchContext:
    """Return the context of one run.

    Args:
        benchmark: What is searched; no way leads from the context to it.
        settings: The rules.
        seed: The strategy's own.
        meter: Proxies that can be bought.
        run: The number of the run, which is its seed before it is hashed.
    """
    spec = benchmark.spec if isinstance(benchmark, Specified) else None
    return SearchContext(
        space=benchmark.space,
        epochs=benchmark.epochs,
        budget=replace(settings.budget),
        costs=own_costs(benchmark.cost_model),
        seed=seed,
        objectives=tuple(replace(one) for one in settings.objectives),
        constraints=tuple(replace(one) for one in settings.constraints),
        proxies=meter,
        benchmark_spec=None if spec is None else replace(spec),
        run=run,
    )
