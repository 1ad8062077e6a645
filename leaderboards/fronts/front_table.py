"""The fronts that runs have found, as tidy tables, and how much of the exact one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from leaderboards.fronts.pareto import ExactFront, FoundFront
from leaderboards.measures.estimate import REPLICATES
from leaderboards.measures.resampling import mean_of_runs
from leaderboards.runner.run import Run
from leaderboards.runner.settings import RunSettings
from nasbench.benchmark import Benchmark
from nasbench.errors import NasbenchError

if TYPE_CHECKING:
    import pandas as pd


def front_table(
    runs: Sequence[Run], benchmark: Benchmark, settings: RunSettings
) -> pd.DataFrame:
    """Return the front of every run on a benchmark, one row per architecture.

    Args:
        runs: Runs with these settings; those on other benchmarks are passed over.
        benchmark: What values the architectures, mean over seeds.
        settings: What was to be optimised.

    Returns:
        The columns benchmark, strategy, seed, evaluation (which of the run, from 1),
        architecture (text form), and one per objective.
    """
    import pandas as pd

    columns = [one.column for one in settings.objectives]
    rows = []
    for run in _on(runs, benchmark):
        found = FoundFront.of(run, benchmark, settings.objectives)
        values_of = found.values.tolist()  # noqa: PD011 - no data frame
        for position, values in zip(found.positions.tolist(), values_of, strict=True):
            architecture = tuple(run.architectures[position].tolist())
            text = benchmark.space.format(architecture)
            place = (run.benchmark, run.strategy, run.seed, position + 1, text)
            rows.append((*place, *values))
    head = ["benchmark", "strategy", "seed", "evaluation", "architecture"]
    return pd.DataFrame(rows, columns=[*head, *columns])


def rank_fronts(
    runs: Sequence[Run],
    benchmark: Benchmark,
    settings: RunSettings,
    rng: np.random.Generator,
    replicates: int = REPLICATES,
) -> pd.DataFrame:
    """Return how much of the exact front each strategy found, the most first.

    Args:
        runs: Runs with these settings; those on other benchmarks are passed over.
        benchmark: A benchmark of which everything can be looked up.
        settings: What was to be optimised, and under which limits.
        rng: Draws the bootstrap replicates.
        replicates: Bootstrap replicates of every interval.

    Returns:
        One row per strategy: benchmark, strategy, seeds; the mean share of the exact
        hypervolume and the mean IGD+ over the runs, each with the bounds (``_low``,
        ``_high``) of its 95 % interval; the mean number of architectures of a front.

    Raises:
        NasbenchError: The exact front is not known, or no run is on the benchmark.
    """
    import pandas as pd

    exact = ExactFront.of(benchmark, settings.objectives, settings.constraints)
    fronts: dict[str, list[FoundFront]] = {}
    for run in _on(runs, benchmark):
        found = FoundFront.of(run, benchmark, settings.objectives)
        fronts.setdefault(run.strategy, []).append(found)
    if not fronts:
        raise NasbenchError(f"no run is on {benchmark.name}")
    rows = []
    for strategy, own in fronts.items():
        row: dict[str, object] = {
            "benchmark": benchmark.name,
            "strategy": strategy,
            "seeds": len(own),
        }
        shares = [exact.hypervolume(found.values) for found in own]
        distances = [exact.igd_plus(found.values) for found in own]
        for name, samples in (("hypervolume", shares), ("igd_plus", distances)):
            known = mean_of_runs(samples, rng, replicates)
            row[name] = float(known.value)
            row[f"{name}_low"] = float(known.low)
            row[f"{name}_high"] = float(known.high)
        row["architectures"] = float(np.mean([len(found.positions) for found in own]))
        rows.append(row)
    table = pd.DataFrame(rows)
    ordered = table.sort_values("hypervolume", ascending=False, kind="stable")
    return ordered.reset_index(drop=True)


def _on(runs: Sequence[Run], benchmark: Benchmark) -> list[Run]:
    return [run for run in runs if run.benchmark == benchmark.name]
