"""What ``nasbench compare`` shows and writes of several objectives."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from leaderboards import Run, RunSettings
from leaderboards.fronts.front_table import front_table, rank_fronts
from leaderboards.fronts.permitted import is_known_whole
from nasbench.atomic import atomic_path
from nasbench.benchmark import Benchmark
from nasbench.cli.terminal import output, print_columns


def print_fronts(
    runs: Sequence[Run], benchmark: Benchmark, settings: RunSettings, seed: int
) -> None:
    """Print how much of the exact front each strategy found, where that is known."""
    if not is_known_whole(benchmark):
        output.print(f"{benchmark.name}: the exact front is not known")
        return
    table = rank_fronts(runs, benchmark, settings, np.random.default_rng(seed))
    seeds = table["seeds"].iloc[0]
    output.print(f"{benchmark.name}: fronts of {seeds} seeds, 95 % intervals")
    print_columns(
        ("strategy", "hypervolume, share", "IGD+", "architectures"),
        (
            (
                str(row.strategy),
                f"{row.hypervolume:.3f} "
                f"[{row.hypervolume_low:.3f}, {row.hypervolume_high:.3f}]",
                f"{row.igd_plus:.4f} [{row.igd_plus_low:.4f}, {row.igd_plus_high:.4f}]",
                f"{row.architectures:.1f}",
            )
            for row in table.itertuples()
        ),
    )


def write_fronts(
    runs: Sequence[Run],
    benchmarks: Sequence[Benchmark],
    settings: RunSettings,
    path: Path,
) -> Path:
    """Write the fronts of all runs as CSV, and return the path."""
    import pandas

    tables = [front_table(runs, one, settings) for one in benchmarks]
    with atomic_path(path) as temporary:
        pandas.concat(tables).to_csv(temporary, index=False, lineterminator="\n")
    return path
