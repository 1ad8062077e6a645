"""Workers that train the shards of one job."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, TypeAlias

from nasbench.spaces import SearchSpace
from nasbench.training.engine import (
    Engine,
    EngineChoice,
    EngineIdentity,
    EngineSelection,
)
from nasbench.training.recipe import Recipe
from nasbench.training.trial import Trial
from tabular.plan import Shard

if TYPE_CHECKING:
    from nasbench.tasks import Task

TrainedShards: TypeAlias = Generator[tuple[Shard, dict[int, Trial]], None, None]
"""Shards with their trials by class, as they are finished, in any order."""


@dataclass(frozen=True, eq=False)
class Job:
    """What every worker of a build must know.

    Attributes:
        space: Name of the space.
        task: The images, as the recipe has cut them.
        recipe: How networks are trained.
        engine: What is to train.
    """

    space: str
    task: Task
    recipe: Recipe
    engine: EngineChoice


class OpenCrew(Protocol):
    """Workers that are ready for a job."""

    @property
    def selection(self) -> EngineSelection:
        """The engine of all workers, and why it is not the fused one."""

    @property
    def engine(self) -> EngineIdentity:
        """What decides the last bit of their trials."""

    @property
    def description(self) -> str:
        """What they are, for a table's provenance."""

    def train(self, shards: Sequence[Shard], local: Path) -> TrainedShards:
        """Yield every shard with its trials.

        Closing the iterator, or an exception in whoever reads it, ends the work.

        Args:
            shards: What to train.
            local: A folder for files of this machine.

        Raises:
            BuildError: Workers were lost for good.
        """


class Crew(Protocol):
    """Workers that may be had."""

    def open(self, job: Job) -> AbstractContextManager[OpenCrew]:
        """Get the workers ready; let them go at the end.

        Raises:
            NasbenchError: They are not to be had, or cannot do the job.
        """


def train_shard(engine: Engine, space: SearchSpace, shard: Shard) -> dict[int, Trial]:
    """Train every class of a shard by its first architecture."""
    first = space.classes.representatives
    return {
        number: engine.train(
            space, space.architecture_at(int(first[number])), shard.seed
        )
        for number in shard.classes
    }


def as_finished(
    submit: Callable[[Shard], Future[dict[int, Trial]]],
    shards: Iterable[Shard],
    ahead: int,
) -> TrainedShards:
    """Yield shards as any `concurrent.futures` executor finishes them.

    Args:
        submit: Hands a shard to the executor.
        shards: What to train.
        ahead: How many shards to have there at a time.
    """
    waiting = iter(shards)
    running: dict[Future[dict[int, Trial]], Shard] = {}
    while True:
        while len(running) < ahead and (shard := next(waiting, None)):
            running[submit(shard)] = shard
        if not running:
            return
        for future in wait(running, return_when=FIRST_COMPLETED).done:
            yield running.pop(future), future.result()
