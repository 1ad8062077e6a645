"""``nasbench build``: train every class of a space into a table."""

from __future__ import annotations

import dataclasses
import os
import shlex
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from nasbench.cli.options import OptionalWhole, Whole
from nasbench.cli.terminal import duration, output, progress_bar
from nasbench.spaces import make_space
from nasbench.training.recipe import Augmentation, Recipe, default_recipe
from tabular.build import BuildRequest, Progress, build


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
        task: Name of an embedded task, or the path of image data.
        seeds: Trainings per architecture class.
        workers: Processes, one thread each; default: one per core.
        limit: Train only so many classes, a fixed random sample.
        image_size: Resize all images to this height and width.
    """

    out: Path
    space: str = "cell201-mini"
    task: str = "digits"
    seeds: Whole = 1
    workers: OptionalWhole = None
    limit: OptionalWhole = None
    image_size: OptionalWhole = None


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

    make_space(options.space)  # an unknown space is said before any data is read
    request = BuildRequest(
        space=options.space,
        task=load_task(options.task, image_size=options.image_size),
        recipe=(recipe or RecipeOptions()).recipe(options.space),
        seeds=options.seeds,
        limit=options.limit,
    )
    with progress_bar("trainings") as step:

        def report(progress: Progress) -> None:
            note = (
                f"{progress.rate:.2f}/s, {duration(progress.seconds_left)} left"
                if progress.rate
                else ""
            )
            step(progress.done, progress.total, note)

        table = build(
            request,
            options.out,
            workers=_cores() if options.workers is None else options.workers,
            command=shlex.join(["nasbench", *sys.argv[1:]]),
            report=report,
        )
    output.print(
        f"{table.path}: {len(table)} classes, {len(table.seeds)} seeds, "
        f"{table.epochs} epochs"
    )
    output.print(f"digest {table.digest}")


def _cores() -> int:
    """Return how many cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
