"""``nasbench search``: train a supernet, and record what the search finds."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from math import isnan
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from nasbench.atomic import why_not_writable
from nasbench.benchmark import Status
from nasbench.cli.build import RecipeOptions
from nasbench.cli.options import OptionalWhole, Whole, table_path
from nasbench.cli.terminal import output, print_facts, progress_bar
from nasbench.errors import NasbenchError
from nasbench.spaces import make_space
from nasbench.training.recipe import Recipe
from strategies.weight_sharing.judgement import judge
from strategies.weight_sharing.named_methods import make_settings, method_names
from strategies.weight_sharing.problem import SearchProblem
from strategies.weight_sharing.search_request import SearchRequest
from strategies.weight_sharing.trace import Setting, Trace
from strategies.weight_sharing.trace_file import read_traces, write_traces
from strategies.weight_sharing.training_settings import TrainingSettings
from tabular import Table

if TYPE_CHECKING:
    from nasbench.tasks import Task


@dataclass(frozen=True)
class TrainingOptions:
    """Settings of the supernet's training that differ from the defaults.

    Attributes:
        epochs: Passes over the training images.
        learning_rate: Of the shared weights, at the first step.
        final_learning_rate: At the last step, along a cosine.
        momentum: Nesterov momentum.
        weight_decay: L2 penalty.
        clip: Largest norm of a gradient.
        estimate_images: Validation images of an estimate.
    """

    epochs: OptionalWhole = None
    learning_rate: float | None = None
    final_learning_rate: float | None = None
    momentum: float | None = None
    weight_decay: float | None = None
    clip: float | None = None
    estimate_images: OptionalWhole = None

    def settings(self) -> TrainingSettings:
        """Return the defaults with these settings put in."""
        given = {k: v for k, v in dataclasses.asdict(self).items() if v is not None}
        return TrainingSettings(**given)


@Parameter(name="*")
@dataclass(frozen=True)
class SearchOptions:
    """What is searched, on what, and where the trace goes.

    Attributes:
        out: The trace file; .gz compresses it. Searches that are there stay, and are
            not done again: a run that was interrupted goes on.
        table: Id or path of a table: gives space and recipe, and judges the result.
        space: Name of the search space.
        task: Name of an embedded or prepared task, or the path of image data; default:
            the table's, or digits.
        data: The folder with the original files of a prepared task.
        image_size: Resize all images to this height and width.
        seed: Of the first search.
        seeds: How many searches, of consecutive seeds; or which, as in 0-9.
        samples: Random architectures that the trained supernet estimates at the end,
            for its rank correlation with a table.
        set: A setting of the method, as in "candidates=50"; may be repeated.
    """

    out: Path
    table: str | None = None
    space: str = "cell201"
    task: str | None = None
    data: str | None = None
    image_size: OptionalWhole = None
    seed: Whole = 0
    seeds: str = "1"
    samples: Whole = 200
    set: Annotated[tuple[str, ...], Parameter(negative=())] = ()

    def chosen_seeds(self) -> range:
        """Return the seeds of the searches.

        Raises:
            NasbenchError: They are neither a number nor a range.
        """
        first, dash, last = self.seeds.partition("-")
        numbers = [first, last] if dash else [first]
        if all(n.isascii() and n.isdecimal() and len(n) < 19 for n in numbers):
            if not dash and int(first):
                return range(self.seed, self.seed + int(first))
            if dash and int(first) <= int(last) and not self.seed:
                return range(int(first), int(last) + 1)
        raise NasbenchError(
            f"--seeds is 1 or more, counted from --seed, or a range as 0-9 without "
            f"--seed, not {self.seeds!r}"
        )


def search_command(
    *method: str,
    options: SearchOptions,
    training: Annotated[TrainingOptions | None, Parameter(show_default=False)] = None,
    recipe: Annotated[RecipeOptions | None, Parameter(show_default=False)] = None,
) -> None:
    """Search with shared weights, and write what every epoch found to a trace file.

    Args:
        method: Names of methods, such as darts, gdas, enas or single-path.
        options: What is searched.
        training: How the shared weights are trained.
        recipe: The recipe, where no table gives it.
    """
    settings = _settings(options.set)
    if not method:
        raise NasbenchError(f"name a method: {', '.join(method_names())}")
    for name in method:
        make_settings(name, settings)  # said before any data is read
    reason = why_not_writable(options.out.parent)
    if reason is not None:
        raise NasbenchError(f"cannot write the trace to {options.out}: {reason}")
    if options.samples < 0:
        raise NasbenchError(f"--samples is 0 or more, not {options.samples}")
    seeds = options.chosen_seeds()
    table = None if options.table is None else Table.open(table_path(options.table))
    chosen = _recipe(options, recipe, table)
    space = make_space(options.space if table is None else table.identity.space)
    task = _task(options, chosen, table)
    shared = (training or TrainingOptions()).settings()
    for name in method:
        request = SearchRequest(name, shared, settings, options.samples)
        for seed in seeds:
            problem = SearchProblem(space, task, chosen, seed)
            _search_once(request, problem, options.out, table)
    output.print(f"{options.out}: {len(read_traces(options.out))} searches")


def _search_once(
    request: SearchRequest, problem: SearchProblem, out: Path, table: Table | None
) -> None:
    """Search and append to the file, where the same search is not in it."""
    from strategies.weight_sharing.supernet_search import identity_of, search

    traces = read_traces(out) if out.exists() else []
    known = [t for t in traces if t.identity == identity_of(request, problem)]
    if known and len(known[-1].sampled) >= request.samples * (not known[-1].failed):
        output.print(f"{known[-1].name}: is in {out}")
        return
    with progress_bar(f"{request.method}, seed {problem.seed}, epochs") as step:
        trace = search(request, problem, step)
    # Another run may have added to the file meanwhile.
    traces = read_traces(out) if out.exists() else []
    traces = [one for one in traces if one.identity != trace.identity] + [trace]
    write_traces(traces, out)
    _print(trace, table)


def _settings(texts: tuple[str, ...]) -> Mapping[str, Setting]:
    pairs = [text.partition("=") for text in texts]
    for (name, equals, _), text in zip(pairs, texts, strict=True):
        if not name or not equals:
            raise NasbenchError(f"--set {text!r} is not of the form NAME=VALUE")
    return {name.strip(): value.strip() for name, _, value in pairs}


def _recipe(
    options: SearchOptions, given: RecipeOptions | None, table: Table | None
) -> Recipe:
    if table is None:
        return (given or RecipeOptions()).recipe(options.space)
    if given is not None and given != RecipeOptions():
        raise NasbenchError("give --table or --recipe, not both: a table has a recipe")
    return table.identity.recipe


def _task(options: SearchOptions, recipe: Recipe, table: Table | None) -> Task:
    """Return the task, cut by the recipe.

    Raises:
        NasbenchError: It is not the table's.
    """
    from nasbench.tasks import load_task

    name = options.task or ("digits" if table is None else table.identity.task)
    task = recipe.cut(load_task(name, options.image_size, options.data))
    if table is not None and task.fingerprint != table.identity.task_fingerprint:
        raise NasbenchError(
            f"{table.name} was trained on {table.identity.task} with fingerprint "
            f"{table.identity.task_fingerprint[:12]}; --task {name} has "
            f"{task.fingerprint[:12]}"
        )
    return task


def _print(trace: Trace, table: Table | None) -> None:
    print_facts([("search", trace.name)])
    if trace.status is Status.FAILED:
        print_facts([("failed", f"in epoch {trace.epochs + 1}: a value is not finite")])
        return
    space = make_space(trace.identity.space)
    facts: list[tuple[str, object]] = [
        ("found", space.format(trace.found)),
        ("supernet says", f"{trace.estimates[-1]:.4f}"),
        ("CPU seconds", f"{trace.cost_seconds:.1f}"),
    ]
    if table is not None:
        judged = judge(trace, table)
        facts += [
            ("table says", f"{judged.test_accuracy[-1]:.4f} by test"),
            ("test regret", f"{100 * judged.test_regret[-1]:.2f} points"),
            ("rank", f"{judged.rank[-1]:,} of {space.size:,}"),
        ]
        if not isnan(judged.tau):
            facts.append(("Kendall's tau", f"{judged.tau:.2f}"))
    print_facts(facts)
