"""The runs of a board, numbered."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from leaderboards.runner.experiment import Experiment
from leaderboards.runner.settings import RunSettings
from nasbench.benchmark import Benchmark
from nasbench.proxy_source import ProxySource
from nasbench.search import StrategyFactory


@dataclass(frozen=True)
class ExperimentGrid:
    """Every strategy against every benchmark from every seed, in this order of numbers.

    The slowest number is that of the benchmark, the fastest the seed.

    Attributes:
        strategies: By the name that the board shows.
        benchmarks: What they are run on.
        settings: Budget and rules.
        seeds: How many; they are 0 to `seeds` - 1.
        proxies: Of every benchmark the scores that its table stores, if any.
    """

    strategies: Mapping[str, StrategyFactory]
    benchmarks: Sequence[Benchmark]
    settings: RunSettings
    seeds: int
    proxies: Sequence[ProxySource | None]

    def __len__(self) -> int:
        """Return the number of experiments."""
        return len(self.benchmarks) * len(self.strategies) * self.seeds

    def __getitem__(self, number: int) -> Experiment:
        """Return the experiment of a number, 0 to ``len(self) - 1``."""
        pair, seed = divmod(number, self.seeds)
        benchmark, strategy = divmod(pair, len(self.strategies))
        name = list(self.strategies)[strategy]
        return Experiment(
            self.strategies[name],
            self.benchmarks[benchmark],
            self.settings,
            seed,
            name,
            self.proxies[benchmark],
        )

    def order(self) -> Iterator[int]:
        """Yield the numbers in the order in which the runs begin.

        Seed by seed: what is wrong with any strategy shows in the first round, and
        slow ones are spread over the processes.
        """
        for seed in range(self.seeds):
            yield from range(seed, len(self), self.seeds)
