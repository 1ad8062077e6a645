"""Gather trained architectures of a large space: random ones, and those of searches."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path

from leaderboards.runner.settings import RunSettings
from leaderboards.runner.simulate import simulate
from nasbench.errors import NasbenchError
from nasbench.search import Budget
from nasbench.spaces import Architectures, make_space
from nasbench.tasks import Task
from nasbench.training.engine import EngineChoice, make_engine
from nasbench.training.live import LiveBenchmark
from nasbench.training.recipe import Recipe
from nasbench.training.trial_log import LoggedTrial, TrialLog
from strategies import find_strategy
from surrogates.sample import Sample
from tabular.identity import TableIdentity
from tabular.provenance import now, this_run

RANDOM = "random"
TRIAL_SEED = 0
"""Seed of every training; the runs differ in what they ask for."""

REPEAT_SEED = 1
"""Seed of the second trainings of some of them."""

REPEAT_JOBS = 8
"""Into so many jobs, with a log each, the second trainings are divided."""


@dataclass(frozen=True)
class CollectRequest:
    """What to gather: the design of NAS-Bench-301 (Zela et al., ICLR 2022), smaller.

    Attributes:
        space: Name of the space.
        task: The task, before the recipe cuts it.
        recipe: How networks are trained.
        random_runs: Runs of random search, the bulk of the sample.
        strategies: Names of searches whose good regions the sample must know too.
        seeds: Runs of every such strategy.
        evaluations: Trainings of one run.
        engine: What trains.
        repeats: Architectures that are trained again from another seed, so that the
            noise is measured; they are spread evenly over the ranks of accuracy.
    """

    space: str
    task: Task
    recipe: Recipe
    random_runs: int
    strategies: tuple[str, ...] = ()
    seeds: int = 1
    evaluations: int = 50
    engine: EngineChoice = "auto"
    repeats: int = 0

    def __post_init__(self) -> None:
        """Check the numbers.

        Raises:
            NasbenchError: There is nothing to train, or a number is negative.
        """
        if min(self.random_runs, self.seeds, self.repeats) < 0 or self.evaluations < 1:
            raise NasbenchError(
                "a collection has 0 or more runs of 1 or more evaluations, not "
                f"{self.random_runs} random runs, {self.seeds} seeds, "
                f"{self.evaluations} evaluations, {self.repeats} repeats"
            )
        if RANDOM in self.strategies or len(set(self.strategies)) < len(
            self.strategies
        ):
            raise NasbenchError(
                "name every strategy once, and random search by --random-runs; given "
                f"are {', '.join(self.strategies)}"
            )
        if not self.runs():
            raise NasbenchError("a collection of no runs; give --random-runs")

    def runs(self) -> list[tuple[str, int]]:
        """Return strategy and seed of every run, in the order in which they begin."""
        searches = [
            (name, seed) for seed in range(self.seeds) for name in self.strategies
        ]
        return searches + [(RANDOM, seed) for seed in range(self.random_runs)]


def collect(
    request: CollectRequest,
    out: Path,
    *,
    workers: int = 1,
    command: str = "",
    report: Callable[[int, int], None] | None = None,
) -> Sample:
    """Run the searches on live trainings, then write all that was trained in one step.

    Every training is kept in ``OUT.build/STRATEGY-SEED.jsonl`` as soon as it is done;
    the same call goes on where an earlier one ended. A run depends on its strategy and
    seed alone, so the sample does not depend on the workers.

    Args:
        request: What to gather.
        out: The file of the sample.
        workers: Processes, one thread each.
        command: What to write into the sample as the way it was made.
        report: Is told the trainings asked for in the finished runs, and in all.

    Raises:
        NasbenchError: Something in the request does not fit, or a file cannot be
            written.
    """
    if workers < 1:
        raise NasbenchError(f"a collection needs at least 1 worker, not {workers}")
    for name in request.strategies:
        find_strategy(name)
    folder = out.with_name(out.name + ".build")
    space = make_space(request.space)
    task = request.recipe.cut(request.task)
    engine = make_engine(space, task, request.recipe, request.engine).identity
    facts = this_run(command)
    total = len(request.runs()) * request.evaluations + request.repeats
    # Fresh interpreters: torch's thread pools do not survive a fork.
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        crew = _Crew(pool, folder, total, report)
        kept = crew.run_all(request)
        identity = TableIdentity.of(request.space, task, request.recipe, engine)
        sample = Sample.of(identity, kept, {**facts, "finished": now()})
        again = sample.architectures[sample.spread(request.repeats)]
        sample = sample.with_repeats(crew.repeat(request, again))
    sample.save(out)
    shutil.rmtree(folder)
    return sample


class _Crew:
    """Processes that train, the folder of their logs, and how far they are."""

    def __init__(
        self,
        pool: ProcessPoolExecutor,
        folder: Path,
        total: int,
        report: Callable[[int, int], None] | None,
    ) -> None:
        self._pool, self._folder, self._report = pool, folder, report
        self._done, self._total = 0, total

    def run_all(self, request: CollectRequest) -> dict[str, list[LoggedTrial]]:
        """Return the trials of every run, by the run's name."""
        runs = request.runs()
        self._wait(
            {
                self._pool.submit(_run, request, self._folder, *run): (
                    request.evaluations
                )
                for run in runs
            }
        )
        return {
            _named(run): list(TrialLog.read(_log_of(self._folder, _named(run))))
            for run in sorted(runs)
        }

    def repeat(
        self, request: CollectRequest, architectures: Architectures
    ) -> list[LoggedTrial]:
        """Return a second trial of every architecture."""
        jobs = {
            _log_of(self._folder, f"repeats-{first}"): architectures[first::REPEAT_JOBS]
            for first in range(min(REPEAT_JOBS, len(architectures)))
        }
        self._wait(
            {
                self._pool.submit(_repeat, request, log, job): len(job)
                for log, job in jobs.items()
            }
        )
        return [trial for log in jobs for trial in TrialLog.read(log)]

    def _wait(self, trainings: Mapping[Future[None], int]) -> None:
        """Wait for jobs, each worth some trainings; give up on the first error."""
        try:
            for finished in as_completed(trainings):
                finished.result()
                self._done += trainings[finished]
                if self._report is not None:
                    self._report(self._done, self._total)
        except BaseException:
            self._pool.shutdown(wait=False, cancel_futures=True)
            raise


def _named(run: tuple[str, int]) -> str:
    return f"{run[0]}-{run[1]}"


def _log_of(folder: Path, name: str) -> Path:
    return folder / f"{name}.jsonl"


def _run(request: CollectRequest, folder: Path, strategy: str, seed: int) -> None:
    """Run one search to its end; what its log holds already is not trained again."""
    log = _log_of(folder, _named((strategy, seed)))
    settings = RunSettings(Budget(request.evaluations), repeats="free")
    simulate(
        find_strategy(strategy),
        _live(request, TRIAL_SEED, log),
        settings,
        _seed_of(strategy, seed),
    )


def _repeat(request: CollectRequest, log: Path, architectures: Architectures) -> None:
    """Train some architectures again, those that the log does not hold."""
    benchmark = _live(request, REPEAT_SEED, log)
    for architecture in architectures.tolist():
        benchmark.evaluate(tuple(architecture), seed=REPEAT_SEED)


def _live(request: CollectRequest, seed: int, log: Path) -> LiveBenchmark:
    return LiveBenchmark(
        make_space(request.space),
        request.task,
        request.recipe,
        seeds=(seed,),
        engine=request.engine,
        log=log,
    )


def _seed_of(strategy: str, seed: int) -> int:
    """Return the seed of a run, another for every strategy.

    On a board, strategies share their seeds and many their first random proposals; a
    sample would pay for the same architectures again.
    """
    digest = hashlib.sha256(_named((strategy, seed)).encode()).digest()
    return int.from_bytes(digest[:4], "big")
