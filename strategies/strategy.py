"""The base class of every strategy: built from a context, asked, told, saved."""

from __future__ import annotations

import copy
from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np

from nasbench.benchmark import Evaluation
from nasbench.errors import NasbenchError
from nasbench.search import Proposal, SearchContext
from nasbench.spaces import Architecture
from strategies.settings import checks_settings

_GIVEN = ("context", "space")


class Strategy(ABC):
    """A search algorithm: `ask` says what to train next, `tell` brings the outcome.

    A subclass writes `ask`, and `tell` where it learns. It draws every random number
    from `self.rng` and keeps what it has learned in attributes, which `state` and
    `restore` then save and load. A runner may ask several times before it tells, and
    tell in another order, since trainings run in parallel; it checks that a proposal
    is told once, stops at the budget and adds up the cost, so none of this stands in
    a strategy.

    Settings are keyword arguments of the constructor. What they are given is checked
    against their annotations before the constructor runs, ranges included
    (`strategies.settings`), so that it checks only how settings go together.

    Attributes:
        several_objectives: Whether the class can optimise several objectives at once.
        deterministic: Whether the seed does not matter, as of a fixed enumeration; the
            contract then asks for equal trajectories from all seeds, and otherwise
            for different ones. Where it depends on the settings, an attribute of the
            object says so.
        slow: Whether a run of some hundred evaluations takes many seconds of its own,
            as of a class that trains networks, refits forests or calls another
            library; boards of all strategies leave such classes out unless asked.
        recorded: Whether it replays what was recorded on certain benchmarks and refuses
            all others; boards of all strategies leave it out there.
        several_fidelities: Whether it decides itself for how many epochs to train.
        context: All that the strategy was given.
        space: What to search; the context's.
        rng: The only source of randomness, from the context's seed.
    """

    several_objectives: ClassVar[bool] = False
    deterministic: bool = False
    slow: ClassVar[bool] = False
    recorded: ClassVar[bool] = False
    several_fidelities: ClassVar[bool] = False

    def __init_subclass__(cls, **named: Any) -> None:
        """Let a constructor check its settings against their annotations first."""
        super().__init_subclass__(**named)
        if "__init__" in vars(cls):
            checked = checks_settings(cls.__init__)
            setattr(cls, "__init__", checked)  # noqa: B010 - mypy knows no such change

    def __init__(self, context: SearchContext) -> None:
        if len(context.objectives) != 1 and not self.several_objectives:
            columns = [objective.column for objective in context.objectives]
            raise NasbenchError(
                f"{type(self).__name__} optimises one objective, not {columns}"
            )
        self.context = context
        self.space = context.space
        self.rng = np.random.default_rng(context.seed)

    @classmethod
    def inputs(cls, context: SearchContext, **settings: Any) -> Mapping[str, str]:
        """Return the SHA-256 of all that a run reads besides its benchmark, by name.

        Boards pin them: recorded searches, tables to learn from. By default nothing.

        Args:
            context: What would be searched.
            settings: As the constructor takes them.

        Raises:
            NasbenchError: Something is not there, or does not fit the context.
        """
        del context, settings
        return {}

    @abstractmethod
    def ask(self) -> Proposal:
        """Return what to evaluate next.

        Raises:
            SearchExhausted: Nothing is left to propose.
        """

    def tell(  # noqa: B027 - what learns nothing has nothing to write here
        self, proposal: Proposal, evaluation: Evaluation
    ) -> None:
        """Learn from the outcome of an earlier proposal; by default, learn nothing."""

    def score(self, evaluation: Evaluation) -> float:
        """Return the sole objective, larger better.

        It is -inf for a failed training, and where a constraint is broken.
        """
        if self.context.violation(evaluation):
            return float("-inf")
        return self.context.objectives[0].score(evaluation)

    def propose(self, architecture: Architecture) -> Proposal:
        """Return the proposal to train `architecture` for the full budget."""
        return Proposal(architecture, self.context.epochs)

    def state(self) -> dict[str, Any]:
        """Return a copy of everything but the context; it can be pickled.

        A strategy of the same class and settings, built from an equal context, goes
        on from it as this one would have.
        """
        learned = {name: v for name, v in vars(self).items() if name not in _GIVEN}
        return copy.deepcopy({**learned, "rng": self.rng.bit_generator.state})

    def restore(self, state: dict[str, Any]) -> None:
        """Continue from what `state` returned; `state` itself is left as it is."""
        learned = copy.deepcopy(state)
        self.rng.bit_generator.state = learned.pop("rng")
        vars(self).update(learned)
