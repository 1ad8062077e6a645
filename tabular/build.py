"""Build a table: plan, train, keep finished shards, write the table once."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import get_args

from nasbench.spaces import make_space
from nasbench.tasks import Task
from nasbench.training.engine import EngineChoice, EngineName, EngineSelection
from nasbench.training.recipe import Recipe
from tabular.assembly import Trials, table_contents
from tabular.executors import Crew, Job, LocalProcesses, OpenCrew
from tabular.identity import TableIdentity
from tabular.outputs import check_writable
from tabular.plan import (
    LARGEST_SHARD,
    WHOLE,
    Part,
    Shard,
    deal,
    plan_shards,
    training_order,
)
from tabular.progress import Progress, ProgressClock
from tabular.provenance import Run, now, runs, this_run, with_earlier
from tabular.schema import TableFile, write_table
from tabular.shard_files import BuildError, read_identity
from tabular.shards import ShardFolder, shard_folder_of
from tabular.stored_trials import stored_trials
from tabular.table import Table

__all__ = [
    "BuildError",
    "BuildInterrupted",
    "BuildRequest",
    "Progress",
    "build",
    "check_amount",
]

MOST_SEEDS = 1000
"""Far more than anyone trains; a slip of the hand beyond would fill the memory."""


@dataclass(frozen=True)
class BuildRequest:
    """What to build.

    Attributes:
        space: Name of the space.
        task: The task, before the recipe cuts it.
        recipe: How networks are trained.
        seeds: How many trials per class; their seeds are 0, 1, ...
        limit: How many classes to train, a fixed random sample; None for all.
        engine: What trains. With ``auto``, what trained the trials that are there
            already; else the fused engine where it can, else torch.
        part: Which part of the trainings to do here, where builds share them.
    """

    space: str
    task: Task
    recipe: Recipe
    seeds: int = 1
    limit: int | None = None
    engine: EngineChoice = "auto"
    part: Part = WHOLE

    def __post_init__(self) -> None:
        """Check the number of seeds.

        Raises:
            BuildError: There is none, or there are too many.
        """
        check_seeds(self.seeds)


def check_seeds(seeds: int) -> None:
    """Check the number of seeds of a build.

    Raises:
        BuildError: There is none, or there are more than `MOST_SEEDS`.
    """
    if seeds < 1:
        raise BuildError(f"a build needs at least 1 seed, not {seeds}")
    if seeds > MOST_SEEDS:
        raise BuildError(f"a build has at most {MOST_SEEDS:,} seeds, not {seeds:,}")


def check_amount(classes: int, seeds: int, limit: int | None, part: Part) -> None:
    """Check that there is something to train, before any data is read for it.

    Args:
        classes: Classes of the space.
        seeds: How many seeds.
        limit: How many classes; None for all.
        part: Whose share.

    Raises:
        NasbenchError: A number is out of range, or the part is empty.
    """
    check_seeds(seeds)
    deal(training_order(classes, limit), range(seeds), part)


class BuildInterrupted(BuildError):  # noqa: N818 - not a mistake of anyone's
    """Say that a build was stopped, what is kept, and how to go on."""


def build(
    request: BuildRequest,
    out: Path,
    *,
    workers: int | Crew = 1,
    command: str = "",
    report: Callable[[Progress], None] | None = None,
) -> Table:
    """Train what is missing, then write the table in one step.

    Finished shards lie in ``OUT.build`` until the table is whole. The same call goes
    on where an earlier one ended, by whatever cause, and with more seeds or a larger
    limit adds only what is missing to a finished table. The digest does not depend on
    the workers, on the order of training, or on interruptions.

    Args:
        request: What to build.
        out: The table file.
        workers: Processes of this machine, one thread each; or workers elsewhere.
        command: What to write into the table as the way it was made.
        report: Called before the first shard and after every one.

    Returns:
        The table.

    Raises:
        BuildError: `out` holds something else, is being built, or cannot be written.
        BuildInterrupted: Ctrl-C, or a KeyboardInterrupt raised by a signal handler.
        NasbenchError: Space, task or recipe do not fit together, or no engine can
            train them.
    """
    crew = LocalProcesses(workers) if isinstance(workers, int) else workers
    space = make_space(request.space)
    order = training_order(len(space.classes), request.limit)
    hands = deal(order, range(request.seeds), request.part)
    task = request.recipe.cut(request.task)
    check_writable(out)
    if out.is_symlink():
        out = out.resolve()  # the table is written there, the link stays
    stated = _stated_engine(out) if request.engine == "auto" else None
    job = Job(request.space, task, request.recipe, stated or request.engine)
    with crew.open(job) as ready:
        identity = TableIdentity.of(request.space, task, request.recipe, ready.engine)
        with ShardFolder(out, identity) as folder:
            old, earlier = _finished(out, identity)
            trials = old | folder.read()
            earlier += folder.runs()
            run = {**this_run(command), "workers": ready.description}
            shards = plan_shards(hands, trials, LARGEST_SHARD[ready.selection.name])
            missing = sum(len(shard.classes) for shard in shards)
            selection = _said(ready.selection, stated, out)
            clock = ProgressClock(len(trials), missing, selection, report)
            if shards:
                folder.write_run(run)
                trials |= _train(ready, shards, folder, clock)
            if len(trials) > len(old):
                provenance = with_earlier({**run, "finished": now()}, earlier)
                contents = table_contents(space, identity, trials, provenance)
                if out.exists():
                    kept = TableFile(out)
                    contents = replace(
                        contents, proxies=kept.proxies(), latencies=kept.latencies()
                    )
                # In the folder first, so that a kill leaves nothing beside the table.
                write_table(contents, out, folder.local)
            folder.remove()
    return Table.open(out)


def _train(
    crew: OpenCrew, shards: list[Shard], folder: ShardFolder, clock: ProgressClock
) -> Trials:
    trials: Trials = {}
    try:
        with closing(crew.train(shards, folder.local)) as results:
            for shard, finished in results:
                folder.write(shard, finished)
                trials |= {(c, shard.seed): t for c, t in finished.items()}
                clock.advance(len(finished))
    except KeyboardInterrupt:
        raise BuildInterrupted(
            f"interrupted: {clock.done} of {clock.total} trainings are kept "
            f"in {folder.path}; the same command goes on from there"
        ) from None
    return trials


def _stated_engine(out: Path) -> EngineName | None:
    """Return the engine of the trials that are there; None where there are none."""
    identity = read_identity(shard_folder_of(out))
    if identity is None and out.exists():
        identity = Table.open(out).identity
    names: tuple[EngineName, ...] = get_args(EngineName)
    stated = None if identity is None else identity.engine.engine
    return next((name for name in names if name == stated), None)


def _said(
    selection: EngineSelection, stated: EngineName | None, out: Path
) -> EngineSelection:
    """Return the selection with the reason why it is not the fused engine."""
    if stated is None or stated == "fused":
        return selection
    return replace(selection, reason=f"{out} was begun with it")


def _finished(out: Path, identity: TableIdentity) -> tuple[Trials, list[Run]]:
    """Read the table that is there: its trials, and the runs that made them."""
    if not out.exists():
        return {}, []
    table = Table.open(out)
    if table.identity != identity:
        raise BuildError(
            f"{out} is a table with other settings "
            f"({identity.difference(table.identity)}); choose another --out, or "
            "remove the file"
        )
    return stored_trials(table), runs(table.provenance)
