"""Build a table: plan, train, keep finished shards, write the table once."""

from __future__ import annotations

import platform
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nasbench.atomic import why_not_writable
from nasbench.networks import count_costs
from nasbench.spaces import SearchSpace, make_space
from nasbench.tasks import Task
from nasbench.training.engine import make_engine
from nasbench.training.recipe import Recipe
from nasbench.training.trial import Trial
from tabular.identity import TableIdentity
from tabular.plan import Shard, plan_shards, training_order
from tabular.pool import train_shards_here, train_shards_in_processes
from tabular.schema import TableContents, write_table
from tabular.shards import BuildError, ShardFolder
from tabular.stored_trials import stored_trials, trial_arrays
from tabular.table import Table

Trials = dict[tuple[int, int], Trial]
"""Trials by (class, seed)."""


@dataclass(frozen=True)
class BuildRequest:
    """What to build.

    Attributes:
        space: Name of the space.
        task: The task, before the recipe cuts it.
        recipe: How networks are trained.
        seeds: How many trials per class; their seeds are 0, 1, ...
        limit: How many classes to train, a fixed random sample; None for all.
    """

    space: str
    task: Task
    recipe: Recipe
    seeds: int = 1
    limit: int | None = None

    def __post_init__(self) -> None:
        """Check the number of seeds.

        Raises:
            BuildError: There is none.
        """
        if self.seeds < 1:
            raise BuildError(f"a build needs at least 1 seed, not {self.seeds}")


@dataclass(frozen=True)
class Progress:
    """How far a build is.

    Attributes:
        done: Trainings finished, those of earlier runs included.
        total: Trainings that the finished table holds.
        seconds: Since this run began to train.
        rate: Trainings per second of this run; 0 before the first.
        seconds_left: At this rate; infinite before the first.
    """

    done: int
    total: int
    seconds: float
    rate: float
    seconds_left: float


class BuildInterrupted(BuildError):  # noqa: N818 - not a mistake of anyone's
    """Say that a build was stopped, what is kept, and how to go on."""


def build(
    request: BuildRequest,
    out: Path,
    *,
    workers: int = 1,
    command: str = "",
    report: Callable[[Progress], None] | None = None,
) -> Table:
    """Train what is missing, then write the table in one step.

    Finished shards lie in ``OUT.build`` until the table is whole. The same call goes
    on where an earlier one ended, by whatever cause, and with more seeds or a larger
    limit adds only what is missing to a finished table. The digest does not depend on
    the number of workers, on the order of training, or on interruptions.

    Args:
        request: What to build.
        out: The table file.
        workers: Processes that train, one thread each.
        command: What to write into the table as the way it was made.
        report: Called after every shard.

    Returns:
        The table.

    Raises:
        BuildError: `out` holds something else, is being built, or cannot be written.
        BuildInterrupted: Ctrl-C, or a KeyboardInterrupt raised by a signal handler.
        NasbenchError: Space, task or recipe do not fit together.
    """
    if workers < 1:
        raise BuildError(f"a build needs at least 1 worker, not {workers}")
    space = make_space(request.space)
    task = request.recipe.cut(request.task)
    engine = make_engine(task, request.recipe)
    identity = TableIdentity.of(request.space, task, request.recipe, engine.identity)
    order = training_order(len(space.classes), request.limit)
    seeds = range(request.seeds)
    trials: Trials = {}
    _check_writable(out)
    if out.is_symlink():
        out = out.resolve()  # the table is written there, the link stays
    with ShardFolder(out, identity) as folder:
        if out.exists():
            trials |= _finished_trials(out, identity)
        trials |= folder.read()
        shards = plan_shards(order, seeds, trials)
        progress = _ProgressClock(shards, trials, report)
        if workers == 1 or not shards:
            results = train_shards_here(shards, space, engine)
        else:
            settings = folder.keep_settings(task, request.recipe)
            results = train_shards_in_processes(
                shards, request.space, settings, workers
            )
        try:
            with closing(results):
                for shard, finished in results:
                    folder.write(shard, finished)
                    trials |= {(c, shard.seed): t for c, t in finished.items()}
                    progress.advance(len(finished))
        except KeyboardInterrupt:
            raise BuildInterrupted(
                f"interrupted: {progress.done} of {progress.total} trainings are kept "
                f"in {folder.path}; the same command goes on from there"
            ) from None
        if shards or not out.exists():
            contents = _contents(space, identity, trials, _provenance(command, workers))
            # In the folder first, so that a kill leaves nothing beside the table.
            write_table(contents, out, folder.path)
        folder.remove()
    return Table.open(out)


class _ProgressClock:
    """Counts trainings and foretells the end."""

    def __init__(
        self,
        shards: list[Shard],
        trials: Trials,
        report: Callable[[Progress], None] | None,
    ) -> None:
        self.before = self.done = len(trials)
        self.total = self.done + sum(len(shard.classes) for shard in shards)
        self._report = report
        self._start = time.monotonic()
        self._tell()

    def advance(self, trainings: int) -> None:
        self.done += trainings
        self._tell()

    def _tell(self) -> None:
        seconds = time.monotonic() - self._start
        rate = (self.done - self.before) / seconds if self.done > self.before else 0.0
        left = (self.total - self.done) / rate if rate else float("inf")
        if self._report is not None:
            self._report(Progress(self.done, self.total, seconds, rate, left))


def _check_writable(out: Path) -> None:
    try:
        if out.is_dir():
            raise BuildError(f"--out {out} is a folder; give the name of a file")
        if out.exists() and not out.is_file():
            raise BuildError(f"--out {out} is no ordinary file")
        reason = why_not_writable(out.parent)
    except OSError as error:
        reason = error.strerror
    if reason is not None:
        raise BuildError(f"cannot write {out}: {reason}")


def _finished_trials(out: Path, identity: TableIdentity) -> Trials:
    """Read the trials of the table that already stands at `out`."""
    table = Table.open(out)
    if table.identity != identity:
        raise BuildError(
            f"{out} is a table with other settings "
            f"({identity.difference(table.identity)}); choose another --out, or "
            "remove the file"
        )
    return stored_trials(table)


def _contents(
    space: SearchSpace,
    identity: TableIdentity,
    trials: Trials,
    provenance: dict[str, str],
) -> TableContents:
    classes = space.classes
    skeleton = identity.recipe.skeleton(identity.image_shape, identity.classes)
    costs = [
        count_costs(space, space.architecture_at(int(index)), skeleton)
        for index in classes.representatives
    ]
    seeds = tuple(sorted({seed for _, seed in trials}))
    arrays: dict[str, NDArray[Any]] = {
        "classes/class_of": classes.class_of,
        "classes/representative": classes.representatives,
        **{
            f"costs/{name}": np.array([getattr(cost, name) for cost in costs], np.int64)
            for name in ("parameters", "flops", "depth")
        },
        **trial_arrays(trials, len(classes), seeds, identity.recipe.epochs),
    }
    return TableContents(identity, seeds, arrays, provenance)


def _provenance(command: str, workers: int) -> dict[str, str]:
    return {
        "command": command,
        "finished": datetime.now(UTC).isoformat(timespec="seconds"),
        "workers": str(workers),
        "python": platform.python_version(),
        "numpy": np.__version__,
        "system": platform.platform(),
        "processor": platform.processor() or platform.machine(),
    }
