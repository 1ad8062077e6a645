"""``nasbench build``: train every class of a space into a table."""

from __future__ import annotations

import dataclasses
import os
import shlex
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from nasbench.cli.options import OptionalWhole, Whole
from nasbench.cli.terminal import Step, duration, errors, output, progress_bar
from nasbench.errors import NasbenchError
from nasbench.spaces import make_space
from nasbench.training.engine import EngineChoice
from nasbench.training.recipe import Augmentation, Recipe, default_recipe
from tabular.build import BuildRequest, Progress, build, check_amount
from tabular.executors import Crew
from tabular.outputs import check_writable
from tabular.plan import WHOLE, Part


@dataclass(frozen=True)
class RecipeOptions:
    """Settings that differ from the space's default recipe.

    Attributes:
        epochs: Passes over the training images.
        batch_size: Images per step.
        learning_rate: At the first step; falls to 0 along a cosine.
        momentum: Nesterov momentum.
        weight_decay: L2 penalty.
        channels: Channels of the first stage.
        cells_per_stage: Cells in each of the three stages.
        augmentation: none, or crop-flip.
        train_images: Use at most so many training images; 0 for all.
        valid_images: The same for the validation images.
        test_images: The same for the test images.
    """

    epochs: OptionalWhole = None
    batch_size: OptionalWhole = None
    learning_rate: float | None = None
    momentum: float | None = None
    weight_decay: float | None = None
    channels: OptionalWhole = None
    cells_per_stage: OptionalWhole = None
    augmentation: Augmentation | None = None
    train_images: OptionalWhole = None
    valid_images: OptionalWhole = None
    test_images: OptionalWhole = None

    def recipe(self, space: str) -> Recipe:
        """Return the default recipe of `space` with these settings put in."""
        given = {k: v for k, v in dataclasses.asdict(self).items() if v is not None}
        return dataclasses.replace(default_recipe(space), **given)


@Parameter(name="*")
@dataclass(frozen=True)
class BuildOptions:
    """What to build, where, and with how many processes.

    Attributes:
        out: The table file. Finished shards wait in OUT.build until it is whole.
        space: Name of the search space; `nasbench list` shows them.
        task: Name of an embedded or prepared task, or the path of image data.
        data: The folder with the original files of a prepared task.
        seeds: Trainings per architecture class.
        workers: Processes, one thread each; default: one per core.
        scheduler: Train on a Dask cluster: the address or the file of its scheduler;
            local for one of --workers processes.
        shard: Train only part I of N, as in 3/10; `nasbench merge` joins the tables.
        engine: What trains; auto: what has trained OUT so far, else fused where it
            can, else torch.
        limit: Train only so many classes, a fixed random sample.
        image_size: Resize all images to this height and width.
    """

    out: Path
    space: str = "cell201-mini"
    task: str = "digits"
    data: str | None = None
    seeds: Whole = 1
    workers: OptionalWhole = None
    scheduler: str | None = None
    shard: str | None = None
    engine: EngineChoice = "auto"
    limit: OptionalWhole = None
    image_size: OptionalWhole = None

    def crew(self) -> int | Crew:
        """Return the workers: processes, or those of a cluster.

        Raises:
            NasbenchError: Workers are given for a cluster that has its own.
        """
        workers = available_cores() if self.workers is None else self.workers
        if self.scheduler is None:
            return workers
        if self.scheduler != "local" and self.workers is not None:
            raise NasbenchError(
                "--workers is for this machine; the cluster of --scheduler "
                f"{self.scheduler} has its own"
            )
        from tabular.executors.dask_cluster import crew_called

        return crew_called(self.scheduler, workers)


def build_command(
    *,
    options: BuildOptions,
    recipe: Annotated[RecipeOptions | None, Parameter(show_default=False)] = None,
) -> None:
    """Train every architecture of a space on a task, into one HDF5 table.

    The same command goes on where an interrupted one ended. On a finished table, more
    seeds or a larger limit train only what is missing.
    """
    from nasbench.tasks import load_task

    # Whatever is wrong in these words is said before any data is read.
    part = WHOLE if options.shard is None else Part.parse(options.shard)
    classes = len(make_space(options.space).classes)
    check_amount(classes, options.seeds, options.limit, part)
    chosen = (recipe or RecipeOptions()).recipe(options.space)
    check_writable(options.out)
    crew = options.crew()
    request = BuildRequest(
        space=options.space,
        task=load_task(options.task, options.image_size, options.data),
        recipe=chosen,
        seeds=options.seeds,
        limit=options.limit,
        engine=options.engine,
        part=part,
    )
    if options.scheduler is not None:
        errors.print(f"waiting for a worker of Dask scheduler {options.scheduler}")
    with progress_bar("trainings") as step:
        table = build(
            request,
            options.out,
            workers=crew,
            command=shlex.join(["nasbench", *sys.argv[1:]]),
            report=_reporter(step),
        )
    output.print(
        f"{table.path}: {len(table)} classes, {len(table.seeds)} seeds, "
        f"{table.epochs} epochs"
    )
    output.print(f"digest {table.digest}")


def _reporter(step: Step) -> Callable[[Progress], None]:
    """Return what shows the progress, after a line on the engine that it may need."""
    said = False

    def report(progress: Progress) -> None:
        nonlocal said
        if not said and progress.engine.reason and progress.done < progress.total:
            errors.print(
                f"engine: {progress.engine.name}, because {progress.engine.reason}"
            )
        said = True
        note = (
            f"{progress.rate:.2f}/s, {duration(progress.seconds_left)} left"
            if progress.rate
            else ""
        )
        step(progress.done, progress.total, note)

    return report


def available_cores() -> int:
    """Return how many cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
