"""What a Dask worker does; this module is imported there, and needs Dask."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

from distributed import Worker, WorkerPlugin, get_worker

from nasbench.errors import NasbenchError
from nasbench.spaces import SearchSpace, make_space
from nasbench.training.engine import (
    Engine,
    EngineIdentity,
    EngineSelection,
    make_engine,
    select_engine,
)
from nasbench.training.trial import Trial
from tabular.executors.crew import Job, train_shard
from tabular.plan import Shard
from tabular.shard_files import BuildError


@dataclass(frozen=True)
class Offer:
    """What a worker can do for a job.

    Attributes:
        selection: The engine that it takes.
        engine: What decides the last bit of its trials.
    """

    selection: EngineSelection
    engine: EngineIdentity


class JobOnWorker(WorkerPlugin):
    """A job, on every worker and on those that join later.

    The images cross the network once per worker, and stay when others are lost.

    Attributes:
        name: By what name the tasks find it.
    """

    def __init__(self, job: Job, name: str) -> None:
        self.name = name
        self._job = job
        self._trains: tuple[SearchSpace, Engine] | None = None

    def setup(self, worker: Worker) -> None:
        """Do nothing yet: an engine takes a second, and the worker must answer."""

    def offer(self) -> Offer:
        """Return what this worker can do.

        Raises:
            NasbenchError: It cannot train this.
        """
        job = self._job
        space, engine = self._ready()
        selection = select_engine(space, job.task, job.recipe, job.engine)
        return Offer(selection, engine.identity)

    def train(
        self, shard: Shard, address: str, build: EngineIdentity
    ) -> dict[int, Trial]:
        """Train a shard, if this worker trains as the build does.

        Raises:
            BuildError: It is not.
        """
        space, engine = self._ready()
        if engine.identity != build:
            raise BuildError(
                f"Dask worker {address} trains with {described(engine.identity)}, but "
                f"this build with {described(build)}; their numbers never mix: "
                "take such workers away, and run the same command again"
            )
        return train_shard(engine, space, shard)

    def _ready(self) -> tuple[SearchSpace, Engine]:
        if self._trains is None:
            job = self._job
            space = make_space(job.space)
            engine = make_engine(space, job.task, job.recipe, job.engine)
            self._trains = (space, engine)
        return self._trains


def described(engine: EngineIdentity) -> str:
    """Return an engine as text, such as ``torch 2.6.0 (AVX2)``."""
    return f"{engine.engine} {engine.version} ({engine.instruction_set})"


def check_threads(address: str, threads: int) -> None:
    """Check that a worker trains one network at a time.

    Raises:
        BuildError: It has several threads.
    """
    if threads != 1:
        raise BuildError(
            f"Dask worker {address} has {threads} threads; a training takes a process "
            "of its own: start workers with one thread each, as with "
            "`dask worker --nthreads 1`"
        )


def offer_of_worker(name: str, dask_worker: Worker) -> Offer | str:
    """Return what a worker can do for a job, or why it can do nothing."""
    plugin = cast(JobOnWorker, dask_worker.plugins[name])
    try:
        check_threads(dask_worker.address, dask_worker.state.nthreads)
        return plugin.offer()
    except NasbenchError as error:
        return str(error)


def train_on_worker(name: str, shard: Shard, build: EngineIdentity) -> dict[int, Trial]:
    """Train a shard in a task.

    Raises:
        BuildError: The worker does not train as the build does.
    """
    worker = get_worker()
    check_threads(worker.address, worker.state.nthreads)
    plugin = cast(JobOnWorker, worker.plugins[name])
    return plugin.train(shard, worker.address, build)
