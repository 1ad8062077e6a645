"""What a run may spend and how its spending is counted."""

from __future__ import annotations

from dataclasses import dataclass
from math import inf
from typing import Literal, TypeAlias, get_args

from nasbench.errors import NasbenchError, unknown
from nasbench.given import is_number, shown, whole_number
from nasbench.search import VALIDATION_ACCURACY, Budget, Constraint, Objective

Repeats: TypeAlias = Literal["charged", "free"]
Fidelity: TypeAlias = Literal["resume", "restart"]
Noise: TypeAlias = Literal["mean", "trial"]

MOST_WORKERS = 2**16
"""Each takes memory; more are surely a slip of the hand."""


@dataclass(frozen=True)
class RunSettings:
    """The rules of a run; one board has the same rules for all its strategies.

    "Known" below is a matter of equivalence classes: an architecture is known when
    one with the same `SearchSpace.canonical` was trained earlier in the same run, and
    that training has ended.

    Attributes:
        budget: No training starts once it is reached; what is under way then is
            finished and counts. A run of one worker may so overshoot by less than one
            evaluation, and the curves show it at the cost that it really had. A
            budget in seconds is one of simulated time, whatever the workers; one in
            evaluations or epochs counts those of all workers.
        repeats: What a proposal costs that asks for no more epochs than are known.
            ``"charged"``: as much as the first time. ``"free"``: nothing, and it is
            answered with what is known; after `run.IDLE_LIMIT` free answers in
            a row the run ends.
        fidelity: What a proposal costs that asks for more epochs than are known.
            ``"resume"``: the further epochs, as from a checkpoint; a failed training
            leaves none. ``"restart"``: all its epochs.
        noise: ``"mean"`` evaluates to the mean over the benchmark's seeds;
            ``"trial"`` to a single one of them, drawn once per class and seed of the
            run, so that all strategies see the same.
        workers: How many trainings run at the same time, each on its own worker.
        speeds: One number per worker: a worker of speed 2 takes half the seconds that
            the benchmark states. Empty: all have speed 1.
        overhead: Seconds that the strategy itself takes per proposal, added to the
            clock; ``"measured"`` adds the CPU seconds that its `ask` and `tell` really
            took, which differ from run to run, so such a run cannot be repeated to
            the same bits.
        objectives: What strategies are asked to optimise; those that take one only
            refuse several.
        constraints: Limits that an evaluation must keep to become the incumbent.
    """

    budget: Budget
    repeats: Repeats = "charged"
    fidelity: Fidelity = "resume"
    noise: Noise = "mean"
    workers: int = 1
    speeds: tuple[float, ...] = ()
    overhead: float | Literal["measured"] = 0.0
    objectives: tuple[Objective, ...] = (VALIDATION_ACCURACY,)
    constraints: tuple[Constraint, ...] = ()

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
        if not isinstance(self.budget, Budget):
            raise NasbenchError(
                f"the budget of a run is a Budget, as in Budget(100), not "
                f"{shown(self.budget)}"
            )
        for several in ("speeds", "objectives", "constraints"):
            if isinstance(getattr(self, several), list):
                object.__setattr__(self, several, tuple(getattr(self, several)))
        self._check_workers()
        self._check_kinds("objectives", Objective)
        self._check_kinds("constraints", Constraint)
        if not self.objectives:
            raise NasbenchError("a run needs at least one objective")
        columns = [objective.column for objective in self.objectives]
        if len(set(columns)) < len(columns):
            raise NasbenchError(f"an objective is given twice: {', '.join(columns)}")

    def _check_kinds(self, setting: str, kind: type[Objective | Constraint]) -> None:
        given = getattr(self, setting)
        if not isinstance(given, tuple) or not all(isinstance(g, kind) for g in given):
            raise NasbenchError(
                f"{setting} of a run are a tuple of {kind.__name__}, not {shown(given)}"
            )

    def _check_workers(self) -> None:
        workers = whole_number("a run needs at least 1 worker", self.workers, 1)
        if workers > MOST_WORKERS:
            raise NasbenchError(
                f"a run simulates at most {MOST_WORKERS} workers, not {workers}"
            )
        object.__setattr__(self, "workers", workers)
        if not isinstance(self.speeds, tuple):
            raise NasbenchError(
                f"speeds are a tuple, one number per worker, not {shown(self.speeds)}"
            )
        if self.speeds and len(self.speeds) != self.workers:
            raise NasbenchError(
                f"{len(self.speeds)} speeds are given for {self.workers} workers; give "
                "one per worker, or none"
            )
        for speed in self.speeds:
            if not is_number(speed) or not 0 < speed < inf:
                raise NasbenchError(
                    f"a worker's speed is positive and finite, not {shown(speed)}"
                )
        if self.overhead == "measured":
            return
        if not is_number(self.overhead) or not 0 <= self.overhead < inf:
            raise NasbenchError(
                f"overhead is 'measured' or seconds per proposal, 0 or more, not "
                f"{shown(self.overhead)}"
            )
