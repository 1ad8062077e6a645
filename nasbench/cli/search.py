"""``nasbench search``: train a supernet, and record what the search finds."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from math import isnan
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from nasbench.benchmark import Status
from nasbench.cli.build import RecipeOptions
from nasbench.cli.options import OptionalWhole, Whole
from nasbench.cli.search_problem import ProblemOptions
from nasbench.cli.terminal import output, print_facts, progress_bar
from nasbench.errors import NasbenchError
from nasbench.spaces import make_space
from strategies.weight_sharing.judgement import judge
from strategies.weight_sharing.named_methods import make_settings, method_names
from strategies.weight_sharing.problem import SearchProblem
from strategies.weight_sharing.search_request import SearchRequest
from strategies.weight_sharing.trace import Trace
from strategies.weight_sharing.trace_file import add_trace, read_traces
from strategies.weight_sharing.training_settings import TrainingSettings
from tabular import Table

MOST_SAMPLES = 1_000_000


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


def search_command(
    *method: str,
    problem: ProblemOptions,
    samples: Whole = 200,
    training: Annotated[TrainingOptions | None, Parameter(show_default=False)] = None,
    recipe: Annotated[RecipeOptions | None, Parameter(show_default=False)] = None,
) -> None:
    """Search with shared weights, and write what every epoch found to a trace file.

    Args:
        method: Names of methods, such as darts, gdas, enas or single-path.
        problem: What is searched.
        samples: Random architectures that the trained supernet estimates at the end,
            for its rank correlation with a table; none by morphisms, whose weights fit
            no other networks.
        training: How the shared weights are trained.
        recipe: The recipe, where no table gives it.
    """
    settings = problem.settings()
    if not method:
        raise NasbenchError(f"name a method: {', '.join(method_names())}")
    for name in method:
        make_settings(name, settings)  # said before any data is read
    problem.check_out()
    if not 0 <= samples <= MOST_SAMPLES:
        raise NasbenchError(f"--samples is 0 to {MOST_SAMPLES:,}, not {samples}")
    seeds = problem.chosen_seeds()
    shared = (training or TrainingOptions()).settings()
    table = problem.opened_table()
    first = problem.problem(recipe, table)
    for name in method:
        request = SearchRequest(name, shared, settings, samples)
        for seed in seeds:
            one = dataclasses.replace(first, seed=seed)
            _search_once(request, one, problem.out, table)
    output.print(f"{problem.out}: {len(read_traces(problem.out))} searches")


def _search_once(
    request: SearchRequest, problem: SearchProblem, out: Path, table: Table | None
) -> None:
    """Search and add to the file, where the same search is not in it."""
    from strategies.weight_sharing.supernet_search import (
        identity_of,
        samples_of,
        search,
    )

    traces = read_traces(out) if out.exists() else []
    known = [t for t in traces if t.identity == identity_of(request, problem)]
    if known and len(known[-1].sampled) >= samples_of(request) * (not known[-1].failed):
        output.print(f"{known[-1].name}: is in {out}")
        return
    with progress_bar(f"{request.method}, seed {problem.seed}, epochs") as step:
        trace = search(request, problem, step)
    add_trace(trace, out)
    _print(trace, table)


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
