"""``nasbench compare``: run strategies on benchmarks and rank them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import numpy as np
from cyclopts import Parameter

from leaderboards import RunSettings, compare, rank_board
from leaderboards.report import BenchmarkFacts, write_report
from leaderboards.settings import Noise, Repeats
from nasbench.atomic import why_not_writable
from nasbench.benchmark import Benchmark, benchmark_ids
from nasbench.cli.options import OptionalWhole, Whole, open_known
from nasbench.cli.terminal import output, print_columns, progress_bar
from nasbench.errors import NasbenchError
from nasbench.search import Budget, StrategyFactory
from strategies import find_strategy, strategy_names
from tabular import Table
from tabular.importers import PublishedTable

if TYPE_CHECKING:
    import pandas

DEFAULT_EVALUATIONS = 100
RANKING_SEED = 0


@Parameter(name="*")
@dataclass(frozen=True)
class CompareOptions:
    """What is compared, for how long, and where the board goes.

    Attributes:
        strategy: Names of strategies, or FILE.py:CLASS for one of your own; may be
            repeated.
        all: Take all installed strategies, as without --strategy.
        seeds: Runs of every strategy on every benchmark.
        evaluations: Budget of a run in evaluations; 100 where no budget is given.
        epochs: Budget of a run in epochs of training instead.
        seconds: Budget of a run in simulated CPU seconds instead.
        noise: Answer with the mean over the table's seeds, or with one trial.
        repeats: Whether evaluating a known architecture again is charged or free.
        out: Folder for board.csv, ranking.csv, regret.png and index.html.
    """

    strategy: Annotated[tuple[str, ...], Parameter(negative=())] = ()
    all: Annotated[bool, Parameter(negative=())] = False
    seeds: Whole = 20
    evaluations: OptionalWhole = None
    epochs: OptionalWhole = None
    seconds: float | None = None
    noise: Noise = "mean"
    repeats: Repeats = "charged"
    out: Path | None = None

    def settings(self) -> RunSettings:
        """Return the rules of the runs.

        Raises:
            NasbenchError: More than one budget is given.
        """
        budgets = {
            "evaluations": self.evaluations,
            "epochs": self.epochs,
            "seconds": self.seconds,
        }
        given = [
            Budget(amount, unit)  # type: ignore[arg-type]
            for unit, amount in budgets.items()
            if amount is not None
        ]
        if len(given) > 1:
            raise NasbenchError("give one budget: --evaluations, --epochs or --seconds")
        budget = given[0] if given else Budget(DEFAULT_EVALUATIONS)
        return RunSettings(budget, repeats=self.repeats, noise=self.noise)

    def factories(self) -> Mapping[str, StrategyFactory]:
        """Return the strategies by the name that the board shows.

        Raises:
            NasbenchError: A name is not known, or is given twice.
        """
        if self.all and self.strategy:
            raise NasbenchError("give --strategy or --all, not both")
        names = self.strategy or tuple(strategy_names())
        if len(set(names)) != len(names):
            raise NasbenchError(f"a strategy is given twice: {', '.join(names)}")
        short = [name.rpartition(":")[2] for name in names]
        return {
            # Classes of one name in several files go by file and name.
            one if short.count(one) == 1 else name: find_strategy(name)
            for one, name in zip(short, names, strict=True)
        }


def compare_command(*benchmark: str, options: CompareOptions | None = None) -> None:
    """Run search strategies on benchmarks, rank them, write tables, figures, a page.

    Args:
        benchmark: Ids of benchmarks, or paths of tables and surrogates; all
            installed ones where none is given.
        options: What is compared.
    """
    chosen = options or CompareOptions()
    settings, factories = chosen.settings(), chosen.factories()
    if chosen.out is not None:
        # The parser makes "." of an empty word as well; a board needs its own folder.
        if chosen.out == Path():
            raise NasbenchError("--out is the current folder; give one for the board")
        reason = why_not_writable(chosen.out)
        if reason is not None:
            raise NasbenchError(f"cannot write the board to {chosen.out}: {reason}")
    names = benchmark or tuple(benchmark_ids())
    if len(set(names)) != len(names):
        raise NasbenchError(f"a benchmark is given twice: {', '.join(names)}")
    benchmarks = [open_benchmark(name) for name in names]
    with progress_bar("runs") as step:
        board = compare(
            factories,
            benchmarks,
            settings,
            chosen.seeds,
            lambda done, total: step(done, total, ""),
        )
    if chosen.out is not None:
        facts = [BenchmarkFacts.of(one) for one in benchmarks]
        paths = write_report(board, chosen.out, settings, facts)
    _print_ranking(rank_board(board, np.random.default_rng(RANKING_SEED)), benchmarks)
    if chosen.out is not None:
        output.print("wrote " + ", ".join(str(path) for path in paths))


def open_benchmark(name: str) -> Benchmark:
    """Return the benchmark with an id, or the table or surrogate at a path.

    Raises:
        NasbenchError: There is neither, or the table is partial.
    """
    held = open_known(name)
    if isinstance(held, PublishedTable):
        held.check_searchable()
    elif isinstance(held, Table) and not held.is_complete:
        raise NasbenchError(
            f"{name} is a partial table of {held.trials[0]} of "
            f"{held.trials[1]} trials; strategies need a whole one"
        )
    return held


def _share(value: object) -> str:
    """Return a probability; the baseline itself has none."""
    return "-" if value != value else f"{value:.2f}"


def _print_ranking(ranking: pandas.DataFrame, benchmarks: Sequence[Benchmark]) -> None:
    for benchmark in benchmarks:
        rows = ranking[ranking["benchmark"] == benchmark.name]
        output.print(f"{benchmark.name}: {rows['seeds'].iloc[0]} seeds, 95 % intervals")
        print_columns(
            ("strategy", "rank", "test regret, points", "better than random"),
            (
                (
                    str(row.strategy),
                    f"{row.rank:g} [{row.rank_low:g}, {row.rank_high:g}]",
                    f"{row.test_regret_points_mean:.3f} "
                    f"[{row.test_regret_points_mean_low:.3f}, "
                    f"{row.test_regret_points_mean_high:.3f}]",
                    _share(row.improvement),
                )
                for row in rows.itertuples()
            ),
        )
