"""What ``nasbench compare`` says of runs that replay fewer recordings than they are."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from leaderboards import RunSettings
from leaderboards.chosen_strategy import ChosenStrategy
from leaderboards.runner.handed_out import context_for
from nasbench.benchmark import Benchmark
from nasbench.search import StrategyFactory


def repeated_recordings(
    factories: Mapping[str, StrategyFactory],
    benchmarks: Sequence[Benchmark],
    settings: RunSettings,
    seeds: int,
) -> Iterator[str]:
    """Yield a sentence for every strategy whose runs repeat recorded searches."""
    for name, factory in factories.items():
        if not isinstance(factory, ChosenStrategy) or not factory.recorded:
            continue
        for benchmark in benchmarks:
            context = context_for(benchmark, settings, seed=0)
            # What is `recorded` replays; only the class knows out of what.
            recordings = getattr(factory.strategy, "recordings", None)
            if recordings is None:
                continue
            count = len(recordings(context, **factory.settings))
            if count < seeds:
                yield (
                    f"{name} on {benchmark.name}: {seeds} runs replay {count} recorded "
                    f"search{'' if count == 1 else 'es'}; its interval is that of "
                    "repeats, and too narrow"
                )
