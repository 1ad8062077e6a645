"""``nasbench collect``: train a sample of a space that is too large for a table."""

from __future__ import annotations

import shlex
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from nasbench.atomic import why_not_writable
from nasbench.cli.build import RecipeOptions, available_cores
from nasbench.cli.options import OptionalWhole, Whole
from nasbench.cli.terminal import output, progress_bar
from nasbench.errors import NasbenchError
from nasbench.spaces import make_space
from nasbench.training.engine import EngineChoice


@Parameter(name="*")
@dataclass(frozen=True)
class CollectOptions:
    """What to train, on what, and with how many processes.

    Attributes:
        out: The file to write, FILE.npz. Trainings wait in OUT.build until then.
        space: Name of the search space.
        task: Name of an embedded or prepared task, or the path of image data.
        data: The folder with the original files of a prepared task.
        image_size: Resize all images to this height and width.
        random_runs: Runs of random search, the bulk of the sample.
        strategy: A search whose good regions the sample must know; may be repeated.
        seeds: Runs of every such search.
        evaluations: Trainings of one run.
        repeats: Architectures that are trained again from another seed, to measure
            the noise.
        workers: Processes, one thread each; default: one per core.
        engine: What trains; auto: fused where it can, else torch.
    """

    out: Path
    space: str
    task: str = "digits"
    data: str | None = None
    image_size: OptionalWhole = None
    random_runs: Whole = 18
    strategy: Annotated[tuple[str, ...], Parameter(negative=())] = ()
    seeds: Whole = 4
    evaluations: Whole = 50
    repeats: Whole = 0
    workers: OptionalWhole = None
    engine: EngineChoice = "auto"


def collect_command(
    *,
    options: CollectOptions,
    recipe: Annotated[RecipeOptions | None, Parameter(show_default=False)] = None,
) -> None:
    """Train random architectures and those that searches ask for, into one file.

    The same command goes on where an interrupted one ended. `nasbench surrogate fit`
    makes a benchmark of the file.
    """
    from leaderboards.collect import CollectRequest, collect
    from nasbench.tasks import load_task

    # Whatever is wrong in these words is said before any data is read.
    make_space(options.space)
    _check_out(options.out)
    workers = available_cores() if options.workers is None else options.workers
    if workers < 1:
        raise NasbenchError(f"--workers is 1 or more, not {workers}")
    settings = (recipe or RecipeOptions()).recipe(options.space)
    request = CollectRequest(
        space=options.space,
        task=load_task(options.task, options.image_size, options.data),
        recipe=settings,
        random_runs=options.random_runs,
        strategies=options.strategy,
        seeds=options.seeds,
        evaluations=options.evaluations,
        engine=options.engine,
        repeats=options.repeats,
    )
    with progress_bar("trainings") as step:
        sample = collect(
            request,
            options.out,
            workers=workers,
            command=shlex.join(["nasbench", *sys.argv[1:]]),
            report=lambda done, total: step(done, total, ""),
        )
    good = len(sample) - int(sample.failed.sum())
    output.print(f"{options.out}: {good} architectures trained, {len(sample)} tried")


def _check_out(out: Path) -> None:
    reason = why_not_writable(out.parent)
    if out.suffix != ".npz":
        reason = "its name has to end in .npz"
    elif out.exists():
        reason = "it is there already; remove it, or give another --out"
    if reason is not None:
        raise NasbenchError(f"cannot write the sample to {out}: {reason}")
