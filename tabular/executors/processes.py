"""Processes of this machine: one thread each, gone when the build is gone."""

from __future__ import annotations

import multiprocessing
import os
import pickle
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import Executor, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cache
from multiprocessing.connection import wait as wait_for_end
from pathlib import Path

from nasbench.atomic import atomic_path
from nasbench.spaces import SearchSpace, make_space
from nasbench.training.engine import (
    Engine,
    EngineIdentity,
    EngineSelection,
    make_engine,
    select_engine,
)
from nasbench.training.trial import Trial
from tabular.executors.crew import Job, TrainedShards, as_finished, train_shard
from tabular.executors.signals import signals_held_back
from tabular.plan import Shard
from tabular.shard_files import BuildError

_engine: Engine | None = None
"""The engine of this worker process, made once when the process starts."""


@dataclass(frozen=True)
class LocalProcesses:
    """So many processes of this machine; a single one is this process.

    Attributes:
        workers: How many.
    """

    workers: int = 1

    def __post_init__(self) -> None:
        """Check the number.

        Raises:
            BuildError: There is none.
        """
        if self.workers < 1:
            raise BuildError(f"a build needs at least 1 worker, not {self.workers}")

    @contextmanager
    def open(self, job: Job) -> Iterator[_OpenProcesses]:
        """Choose the engine; processes start when there is something to train."""
        yield _OpenProcesses(job, self.workers)


class _OpenProcesses:
    def __init__(self, job: Job, workers: int) -> None:
        space = _space_called(job.space)
        self.selection: EngineSelection = select_engine(
            space, job.task, job.recipe, job.engine
        )
        self.description = str(workers)
        self._engine = make_engine(space, job.task, job.recipe, self.selection.name)
        self._job = job
        self._workers = workers

    @property
    def engine(self) -> EngineIdentity:
        return self._engine.identity

    def train(self, shards: Sequence[Shard], local: Path) -> TrainedShards:
        if self._workers == 1 or not shards:
            space = _space_called(self._job.space)
            return (
                (shard, train_shard(self._engine, space, shard)) for shard in shards
            )
        return self._train_in_processes(shards, local)

    def _train_in_processes(
        self, shards: Sequence[Shard], local: Path
    ) -> TrainedShards:
        # A file, which workers read for themselves: through a pipe, they would have
        # to start one by one.
        settings = local / "settings.pickle"
        with atomic_path(settings) as temporary:
            temporary.write_bytes(
                pickle.dumps(replace(self._job, engine=self.selection.name))
            )
        space = self._job.space
        with _process_pool(settings, self._workers) as executor:
            try:
                # Twice as many as run: a worker never waits for the next shard.
                yield from as_finished(
                    lambda shard: executor.submit(_train_in_worker, space, shard),
                    shards,
                    ahead=2 * self._workers,
                )
            except BrokenProcessPool as error:
                raise BuildError(
                    "a worker process died, perhaps for want of memory; finished "
                    "shards are kept: run the same command again, with fewer --workers"
                ) from error


def _start_worker(settings: Path) -> None:
    global _engine
    threading.Thread(target=_end_with_parent, daemon=True).start()
    job: Job = pickle.loads(settings.read_bytes())
    _engine = make_engine(_space_called(job.space), job.task, job.recipe, job.engine)


def _end_with_parent() -> None:
    """End this process when the build is killed; no signal would tell it."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        wait_for_end([parent.sentinel])
        os._exit(1)


@cache
def _space_called(name: str) -> SearchSpace:
    """Return the space; its classes take seconds to find, so once per process."""
    return make_space(name)


def _train_in_worker(space_name: str, shard: Shard) -> dict[int, Trial]:
    if _engine is None:
        raise RuntimeError("the worker was not started by a pool")
    return train_shard(_engine, _space_called(space_name), shard)


@contextmanager
def _process_pool(settings: Path, workers: int) -> Iterator[Executor]:
    """Start the workers; kill them, busy or not, at the end."""
    before = set(multiprocessing.active_children())
    executor = ProcessPoolExecutor(
        workers,
        # Fresh interpreters: torch's thread pools do not survive a fork.
        mp_context=multiprocessing.get_context("spawn"),
        initializer=_start_worker,
        initargs=(settings,),
    )
    try:
        with signals_held_back():
            executor.submit(os.getpid)  # the processes start with the first call
        yield executor
    finally:
        executor.shutdown(wait=False, cancel_futures=True)
        for process in set(multiprocessing.active_children()) - before:
            process.kill()
