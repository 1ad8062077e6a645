"""The runs of a strategy on all benchmarks of a board, as rows of its files."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from leaderboards.boards.entrants import Entrant
from leaderboards.boards.manifest import Manifest
from leaderboards.boards.rows import (
    FRONT_COLUMNS,
    RUN_COLUMNS,
    WALK_COLUMNS,
    Field,
    Row,
    as_csv,
    run_row,
    walk_row,
)
from leaderboards.chosen_strategy import ChosenStrategy
from leaderboards.fronts.pareto import ExactFront
from leaderboards.runner.experiment_grid import ExperimentGrid
from leaderboards.runner.one_thread import one_thread
from leaderboards.runner.run import Run
from leaderboards.runner.run_processes import runs_in_processes
from leaderboards.runner.simulation import Simulation, run_whole
from nasbench.benchmark import Benchmark
from nasbench.errors import NasbenchError
from surrogates.proxies.sources import proxy_source


@dataclass(frozen=True, eq=False)
class StrategyFiles:
    """The rows of one strategy.

    Attributes:
        runs: One per benchmark and seed.
        walks: One per benchmark and seed that is kept whole.
    """

    runs: list[Row]
    walks: list[Row]

    def contents(self, name: str) -> dict[str, bytes]:
        """Return the files by their paths in the results folder."""
        fronts = self.runs and "front" in self.runs[0]
        columns = (*RUN_COLUMNS, *FRONT_COLUMNS) if fronts else RUN_COLUMNS
        return {
            f"runs/{name}.csv": as_csv(columns, self.runs),
            f"walks/{name}.csv": as_csv(WALK_COLUMNS, self.walks),
        }


class Arena:
    """The benchmarks of a board with its rules; what runs in it is judged alike.

    Args:
        manifest: What fixes the board.
        benchmarks: Its benchmarks.
    """

    def __init__(self, manifest: Manifest, benchmarks: Sequence[Benchmark]) -> None:
        self.manifest = manifest
        self.benchmarks = list(benchmarks)
        settings = manifest.settings
        self.fields = {
            one.name: Field(
                one,
                ExactFront.of(one, settings.objectives, settings.constraints)
                if manifest.has_fronts
                else None,
            )
            for one in benchmarks
        }
        self._proxies = [
            proxy_source(one) if manifest.proxies else None for one in benchmarks
        ]

    def check(self, entrants: Sequence[Entrant]) -> None:
        """Refuse what cannot be run under the rules, before anything is run.

        Raises:
            NasbenchError: A strategy does not take the rules.
        """
        for one in entrants:
            grid = self._grid(one, 1)
            for number in range(len(grid)):
                try:
                    Simulation(grid[number])
                except NasbenchError as error:
                    raise NasbenchError(f"strategy {one.name}: {error}") from error

    def run(
        self,
        entrant: Entrant,
        seeds: int,
        jobs: int,
        step: Callable[[int], None] | None = None,
    ) -> StrategyFiles:
        """Run a strategy from the seeds 0 to `seeds` - 1; any jobs give the same rows.

        Args:
            entrant: The strategy.
            seeds: How many.
            jobs: Processes that share the runs.
            step: Is told how many runs have ended.

        Raises:
            NasbenchError: A run fails, or proposes nothing.
        """
        grid = self._grid(entrant, seeds)
        runs: dict[int, Run] = {}
        with one_thread():
            for found in _in_some_order(grid, jobs):
                runs.update(found)
                if step is not None:
                    step(len(runs))
            walks = self.manifest.walks
            ordered = [runs[number] for number in range(len(grid))]
            return StrategyFiles(
                [run_row(run, self._field(run)) for run in ordered],
                [walk_row(r, self._field(r)) for r in ordered if r.seed < walks],
            )

    def _grid(self, entrant: Entrant, seeds: int) -> ExperimentGrid:
        return ExperimentGrid(
            {entrant.name: _built_once(entrant)},
            self.benchmarks,
            self.manifest.settings,
            seeds,
            self._proxies,
        )

    def _field(self, run: Run) -> Field:
        if not len(run):
            raise NasbenchError(run.without_evaluation)
        return self.fields[run.benchmark]


def _built_once(entrant: Entrant) -> ChosenStrategy:
    factory = entrant.factory()
    # Found here, so that forked processes need not run a strategy's file again.
    _ = factory.strategy
    return factory


def _in_some_order(grid: ExperimentGrid, jobs: int) -> Iterator[Mapping[int, Run]]:
    if min(jobs, len(grid)) > 1:
        yield from runs_in_processes(grid, jobs)
    else:
        for number in grid.order():
            yield {number: run_whole(grid[number])}
