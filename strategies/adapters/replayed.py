"""What adapters have in common: a foreign search whose state is its history."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from nasbench.benchmark import Evaluation
from nasbench.errors import NasbenchError
from nasbench.search import Proposal, SearchContext
from nasbench.spaces import Architecture
from strategies.strategy import Strategy

INVALID_IN_A_ROW = 100
"""After so many invalid suggestions the adapter draws a valid one from the space."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a library is told of an architecture.

    Attributes:
        scores: One per objective, larger better; -inf where the training failed.
        violation: Sum of the relative excesses over all limits; 0: all are kept.
    """

    scores: tuple[float, ...]
    violation: float

    @property
    def failed(self) -> bool:
        """Whether there is nothing to learn from but the failure."""
        return not np.isfinite([*self.scores, self.violation]).all()


class LibraryStrategy(Strategy):
    """A search of another library, asked and told in its own way.

    A library knows no validity rule like ours. What it suggests outside of the space
    is told back to it as failed at once; it is neither proposed nor charged. After 100
    such suggestions in a row a valid architecture is drawn from the space instead.

    `state` holds no object of the library, whose pickles break from version to
    version, but the history: what was suggested and what was told, in order.
    `restore` starts anew from the seed and plays it back, which takes the library as
    long as the first time, and is refused if another suggestion comes out.
    """

    slow: ClassVar[bool] = True

    def __init__(self, context: SearchContext) -> None:
        super().__init__(context)
        self.history: list[tuple[Architecture, Outcome | None]] = []
        self.started = False

    @abstractmethod
    def start(self) -> None:
        """Make the library's objects, seeded from `self.rng`."""

    @abstractmethod
    def suggest(self) -> Architecture:
        """Return the library's next valid suggestion.

        Raises:
            SearchExhausted: The library has nothing left to suggest.
        """

    @abstractmethod
    def learn(self, architecture: Architecture, outcome: Outcome) -> None:
        """Tell the library what came of an earlier suggestion."""

    def ask(self) -> Proposal:
        """Return the library's next suggestion.

        Raises:
            SearchExhausted: The library has nothing left to suggest.
        """
        architecture = self._suggest()
        self.history.append((architecture, None))
        return self.propose(architecture)

    def tell(self, proposal: Proposal, evaluation: Evaluation) -> None:
        """Tell the library the outcome, and write it into the history."""
        outcome = Outcome(
            tuple(one.score(evaluation) for one in self.context.objectives),
            self.context.violation(evaluation),
        )
        self.history.append((proposal.architecture, outcome))
        self.learn(proposal.architecture, outcome)

    def state(self) -> dict[str, Any]:
        """Return the history, from which `restore` makes everything else."""
        return {"history": list(self.history)}

    def restore(self, state: dict[str, Any]) -> None:
        """Play the history back.

        Raises:
            NasbenchError: Other suggestions came out than were saved: another
                version of the library, or another context.
        """
        self.rng = np.random.default_rng(self.context.seed)
        self.started = False
        for number, (architecture, outcome) in enumerate(state["history"], start=1):
            if outcome is not None:
                self.learn(architecture, outcome)
            elif (again := self._suggest()) != architecture:
                raise NasbenchError(
                    f"{type(self).__name__} cannot go on from the saved state: step "
                    f"{number} was {architecture}, and is now {again}; continue with "
                    "the versions of the libraries that it was saved with"
                )
        self.history = list(state["history"])

    def _suggest(self) -> Architecture:
        if not self.started:
            self.start()
            self.started = True
        return self.suggest()

    def _seed(self) -> int:
        """Draw a seed that every library takes, in [0, 2**31)."""
        return int(self.rng.integers(2**31))
