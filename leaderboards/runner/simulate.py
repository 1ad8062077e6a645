"""Run a strategy against a benchmark until its budget is spent."""

from __future__ import annotations

from leaderboards.runner.one_thread import one_thread
from leaderboards.runner.run import Run
from leaderboards.runner.settings import RunSettings
from leaderboards.runner.simulation import IDLE_LIMIT, Experiment, run_whole
from nasbench.benchmark import Benchmark
from nasbench.proxy_source import ProxySource
from nasbench.search import StrategyFactory

__all__ = ["IDLE_LIMIT", "simulate"]


def simulate(
    factory: StrategyFactory,
    benchmark: Benchmark,
    settings: RunSettings,
    seed: int,
    name: str | None = None,
    proxies: ProxySource | None = None,
) -> Run:
    """Return what a strategy does against a benchmark until its budget is spent.

    The strategy gets a `SearchContext` and the evaluations, and no more. Equal
    arguments give equal runs, unless `RunSettings.overhead` is measured.

    Args:
        factory: Builds the strategy from its context.
        benchmark: What answers.
        settings: The budget, and how it is spent.
        seed: Any integer that is not negative.
        name: What the strategy is called; None takes the factory's name.
        proxies: Scores of untrained networks that the strategy may buy.

    Raises:
        NasbenchError: A proposal is not valid, a setting does not fit the benchmark,
            or the strategy or the benchmark raised an error.
    """
    with one_thread():
        return run_whole(
            Experiment(factory, benchmark, settings, seed, name or "", proxies)
        )
