"""What a run may spend and how its spending is counted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias, get_args

from nasbench.errors import NasbenchError, unknown
from nasbench.search import Budget, BudgetUnit

Repeats: TypeAlias = Literal["charged", "free"]
Fidelity: TypeAlias = Literal["resume", "restart"]
Noise: TypeAlias = Literal["mean", "trial"]


@dataclass(frozen=True)
class RunSettings:
    """The rules of a run; one board has the same rules for all its strategies.

    "Known" below is a matter of equivalence classes: an architecture is known when
    one with the same `SearchSpace.canonical` was trained earlier in the same run.

    Attributes:
        budget: The run ends with the evaluation that reaches it. That evaluation
            counts, so a run may overshoot by less than one evaluation; the curves
            show it at the cost that it really had.
        repeats: What a proposal costs that asks for no more epochs than are known.
            ``"charged"``: as much as the first time. ``"free"``: nothing, and it is
            answered with what is known; after `simulate.IDLE_LIMIT` free answers in
            a row the run ends.
        fidelity: What a proposal costs that asks for more epochs than are known.
            ``"resume"``: the further epochs, as from a checkpoint; a failed training
            leaves none. ``"restart"``: all its epochs.
        noise: ``"mean"`` evaluates to the mean over the benchmark's seeds;
            ``"trial"`` to a single one of them, drawn once per class and run.
    """

    budget: Budget
    repeats: Repeats = "charged"
    fidelity: Fidelity = "resume"
    noise: Noise = "mean"

    def __post_init__(self) -> None:
        """Check every choice.

        Raises:
            NasbenchError: A setting has a value that is not among its choices.
        """
        choices = {"repeats": Repeats, "fidelity": Fidelity, "noise": Noise}
        for setting, allowed in choices.items():
            if getattr(self, setting) not in get_args(allowed):
                given = str(getattr(self, setting))
                raise NasbenchError(unknown(setting, given, get_args(allowed)))
        if self.budget.unit not in get_args(BudgetUnit):
            raise NasbenchError(
                unknown("budget unit", self.budget.unit, get_args(BudgetUnit))
            )
