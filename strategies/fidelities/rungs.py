"""Rungs: after how many epochs trainings are compared, and how many get that far."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Literal, TypeAlias, get_args

from nasbench.errors import NasbenchError, unknown
from nasbench.search import SearchContext
from strategies.settings import Within

Eta: TypeAlias = Annotated[int, Within(2, 1000)]
"""One in how many goes on, and the factor between rungs."""

Convention: TypeAlias = Literal["table", "formula"]
"""How many architectures the brackets of Hyperband begin with.

``"formula"``: ceil((s_max + 1) / (s + 1) * eta^s), as Algorithm 1 of Li et al. (JMLR
2018) prints it; 81, 34, 15, 8, 5 for 81 epochs. ``"table"``: with the fraction rounded
down first, as in Table 1 of the same paper, the authors' code and hpbandster; 81, 27,
9, 6, 5.
"""


def rung_epochs(epochs: int, eta: int, least: int = 1) -> tuple[int, ...]:
    """Return the epochs of every rung, ascending, the last being `epochs`.

    They are `epochs` divided by the powers of `eta`, rounded, down to `least`. In
    integers throughout: a floating-point logarithm finds four rungs below 243 epochs
    instead of five.

    >>> rung_epochs(81, 3)
    (1, 3, 9, 27, 81)
    >>> rung_epochs(12, 3), rung_epochs(8, 3), rung_epochs(6, 2), rung_epochs(200, 3)
    ((1, 4, 12), (3, 8), (2, 3, 6), (2, 7, 22, 67, 200))

    Args:
        epochs: The full budget of one training.
        eta: Factor between two rungs, 2 or more.
        least: Fewest epochs of a rung.

    Raises:
        NasbenchError: A number is out of range.
    """
    if eta < 2:
        raise NasbenchError(f"one in eta is kept, with eta 2 or more, not {eta}")
    if not 1 <= least <= epochs:
        raise NasbenchError(
            f"the first rung has 1 to {epochs} epochs, all that a training takes, not "
            f"{least}"
        )
    rungs = []
    divisor = 1
    while epochs >= least * divisor:
        rungs.append((2 * epochs + divisor) // (2 * divisor))
        divisor *= eta
    return tuple(reversed(rungs))


def chosen_rungs(
    context: SearchContext, eta: int, least: int, rungs: Sequence[int] | None
) -> tuple[int, ...]:
    """Return `rungs` where they are given, else `rung_epochs` of the context.

    Raises:
        NasbenchError: The rungs do not ascend to the context's epochs.
    """
    spaced = rung_epochs(context.epochs, eta, least)
    if rungs is None:
        return spaced
    given = tuple(rungs)
    if not given or given != tuple(sorted({*given, context.epochs})) or given[0] < 1:
        raise NasbenchError(
            f"rungs ascend from 1 or more to the full {context.epochs} epochs, not "
            f"{given}"
        )
    return given


def halving_sizes(start: int, rungs: int, eta: int) -> tuple[int, ...]:
    """Return how many architectures reach every rung: `start` divided, rounded down.

    >>> halving_sizes(34, 4, 3)
    (34, 11, 3, 1)
    """
    return tuple(start // eta**rung for rung in range(rungs))


def bracket_sizes(
    rungs: int, eta: int, convention: Convention = "table"
) -> tuple[int, ...]:
    """Return how many architectures every bracket of Hyperband begins with.

    >>> bracket_sizes(5, 3, "formula"), bracket_sizes(5, 3, "table")
    ((81, 34, 15, 8, 5), (81, 27, 9, 6, 5))

    Args:
        rungs: How many rungs the longest bracket has, s_max + 1.
        eta: One in how many is kept.
        convention: Which of the two published ones.

    Raises:
        NasbenchError: The convention is not known.
    """
    if convention not in get_args(Convention):
        raise NasbenchError(unknown("convention", convention, get_args(Convention)))
    sizes = []
    for s in reversed(range(rungs)):
        if convention == "table":
            sizes.append(rungs // (s + 1) * eta**s)
        else:
            sizes.append(-(-rungs * eta**s // (s + 1)))
    return tuple(sizes)


def require_budget(
    name: str,
    context: SearchContext,
    sizes: Sequence[int],
    epochs: Sequence[int],
) -> None:
    """Check that the run can pay for one bracket.

    The price is counted with trainings that resume, the least that it can be. Of
    budgets in seconds nothing can be said beforehand.

    Args:
        name: What the bracket is one of.
        context: Holds the budget.
        sizes: How many trainings reach every rung.
        epochs: The epochs of every rung.

    Raises:
        NasbenchError: It cannot.
    """
    steps = [now - before for now, before in zip(epochs, (0, *epochs), strict=False)]
    prices = {
        "evaluations": sum(sizes),
        "epochs": sum(size * step for size, step in zip(sizes, steps, strict=True)),
    }
    price = prices.get(context.budget.unit, 0)
    if price > context.budget.amount:
        raise NasbenchError(
            f"one bracket of {name} takes {price} {context.budget.unit}, more than the "
            f"budget of {context.budget.amount:g}; raise the budget or least_epochs"
        )
