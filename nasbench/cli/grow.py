"""``nasbench grow``: grow an ensemble, and record what it reaches round by round."""

from __future__ import annotations

import dataclasses
from typing import Annotated

from cyclopts import Parameter

from nasbench.cli.build import RecipeOptions
from nasbench.cli.search_problem import ProblemOptions
from nasbench.cli.terminal import output, print_facts, progress_bar
from nasbench.errors import NasbenchError
from nasbench.spaces import make_space
from strategies.growth.growth import Growth
from strategies.growth.growth_file import add_growth, read_growths
from strategies.weight_sharing.named_methods import settings_of

ENDINGS = {
    "rounds": "as many as the setting rounds allows",
    "gain": "another one would not pay",
}


def grow_command(
    *,
    problem: ProblemOptions,
    recipe: Annotated[RecipeOptions | None, Parameter(show_default=False)] = None,
) -> None:
    """Grow an ensemble of networks by AdaNet, and record every round.

    Its accuracy is that of several networks together: no entry of a table.

    Args:
        problem: What it is grown on; a setting is one of rounds, epochs, candidates,
            complexity, price, least_gain.
        recipe: The recipe, where no table gives it.
    """
    try:
        from strategies.growth.adanet import AdaNetSettings, grow, identity_of
    except ModuleNotFoundError as error:
        if error.name != "torch":
            raise
        raise NasbenchError(
            'growing needs torch: pip install "nasbench-suite[train]"'
        ) from error
    given = problem.settings()
    settings: AdaNetSettings = settings_of("adanet", AdaNetSettings, given)
    problem.check_out()
    seeds = problem.chosen_seeds()
    table = problem.opened_table()
    first = problem.problem(recipe, table)
    for seed in seeds:
        one = dataclasses.replace(first, seed=seed)
        growths = read_growths(problem.out) if problem.out.exists() else []
        if any(g.identity == identity_of(one, settings) for g in growths):
            output.print(f"adanet, seed {seed}: is in {problem.out}")
            continue
        with progress_bar(f"adanet, seed {seed}, rounds") as step:
            growth = grow(one, settings, step)
        add_growth(growth, problem.out)
        _print(growth)
    output.print(f"{problem.out}: {len(read_growths(problem.out))} growths")


def _print(growth: Growth) -> None:
    facts: list[tuple[str, object]] = [("growth", growth.name)]
    if growth.failed:
        reason = f"in round {len(growth.rounds) + 1}: no candidate kept a finite loss"
        print_facts([*facts, ("failed", reason)])
        return
    last = growth.rounds[-1]
    space = make_space(growth.identity.space)
    names = [space.format(one.architecture) for one in growth.rounds]
    facts += [
        ("networks", f"{len(growth.rounds)}: {ENDINGS[growth.ended]}"),
        ("weights", ", ".join(f"{weight:.2f}" for weight in last.weights)),
        *((f"network {n}", name) for n, name in enumerate(names, start=1)),
        ("ensemble", f"{last.test_accuracy:.4f} by test, no entry of a table"),
        ("first alone", f"{growth.rounds[0].test_accuracy:.4f} by test"),
        ("CPU seconds", f"{last.seconds:.1f}"),
    ]
    print_facts(facts)
