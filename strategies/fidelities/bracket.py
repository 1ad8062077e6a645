"""Brackets of successive halving that several workers can train at the same time."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple, TypeAlias

from nasbench.benchmark import Evaluation
from nasbench.search import Proposal, SearchContext
from nasbench.spaces import Architecture

Draw: TypeAlias = Callable[[], Architecture]


class Standing(NamedTuple):
    """How good an outcome is; the larger is better.

    Architectures that keep the constraints stand before those that do not (Deb,
    2000), so that a limit on the accuracy, which no training of one epoch may keep,
    leaves an order among the beginnings.
    """

    conformity: float
    score: float


def standing(context: SearchContext, evaluation: Evaluation) -> Standing | None:
    """Return how good an outcome is by the sole objective; None: the training failed.

    What failed is never promoted: there is nothing to train on.
    """
    if evaluation.validation_accuracy is None:
        return None
    score = context.objectives[0].score(evaluation)
    return Standing(-context.violation(evaluation), score)


@dataclass(frozen=True)
class Plan:
    """What a bracket does.

    Attributes:
        sizes: How many architectures are trained in every rung.
        epochs: For how many epochs, ascending.
    """

    sizes: tuple[int, ...]
    epochs: tuple[int, ...]


@dataclass
class Bracket:
    """One run of successive halving; a rung begins when the one before is told.

    Attributes:
        plan: The rungs.
        rung: Which rung is being trained.
        to_ask: What was promoted into the rung and not asked for yet, the best last.
        to_draw: How many new architectures the first rung still takes.
        to_hear: How many outcomes of the rung are outstanding.
        told: What the rung has shown so far, failures left out.
    """

    plan: Plan
    rung: int = 0
    to_ask: list[Architecture] = field(default_factory=list)
    to_draw: int = 0
    to_hear: int = 0
    told: list[tuple[Standing, Architecture]] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Begin with the first rung."""
        self.to_draw = self.to_hear = self.plan.sizes[0]

    @property
    def is_over(self) -> bool:
        """Whether nothing is left to ask, now or later."""
        return self.rung == len(self.plan.sizes)

    @property
    def is_ready(self) -> bool:
        """Whether there is something to ask now."""
        return bool(self.to_ask) or self.to_draw > 0

    def ask(self, draw: Draw) -> Proposal:
        """Return the next training of the rung."""
        epochs = self.plan.epochs[self.rung]
        if self.to_ask:
            return Proposal(self.to_ask.pop(), epochs)
        drawn = draw()
        self.to_draw -= 1
        return Proposal(drawn, epochs)

    def tell(self, architecture: Architecture, outcome: Standing | None) -> None:
        """Take an outcome; the last of a rung promotes the best into the next."""
        self.to_hear -= 1
        if outcome is not None:
            self.told.append((outcome, architecture))
        if self.to_hear == 0:
            self._promote()

    def _promote(self) -> None:
        self.rung += 1
        # The sort is stable: of equal outcomes the earlier one is promoted. An
        # architecture that was drawn twice takes one place.
        self.told.sort(key=lambda one: one[0], reverse=True)
        ranked = list(dict.fromkeys(architecture for _, architecture in self.told))
        places = 0 if self.is_over else self.plan.sizes[self.rung]
        self.to_ask = ranked[:places][::-1]
        self.to_hear = len(self.to_ask)
        self.told = []
        if not self.to_ask:
            self.rung = len(self.plan.sizes)


class Brackets:
    """The brackets under way, one after the other where one worker asks.

    A worker is given the next training of the oldest bracket that has one. Where all
    wait for outcomes, the next bracket is opened, as in hpbandster: no worker idles,
    and no promotion is made before its rung is complete.

    Attributes:
        plans: The brackets in their order; after the last the first comes again.
        opened: How many brackets were opened.
        under_way: Those that are not over, by number, oldest first.
        asked: The numbers of the brackets that wait for the outcome of a proposal.
    """

    def __init__(self, plans: tuple[Plan, ...]) -> None:
        self.plans = plans
        self.opened = 0
        self.under_way: dict[int, Bracket] = {}
        self.asked: dict[tuple[Architecture, int], list[int]] = {}

    def ask(self, draw: Draw) -> Proposal:
        """Return the next training; `draw` supplies new architectures.

        What `draw` raises leaves everything as it was, but for an open bracket.
        """
        number, bracket = next(self._ready(), (-1, None))
        if bracket is None:
            number = self.opened
            bracket = Bracket(self.plans[number % len(self.plans)])
            self.under_way[number] = bracket
            self.opened += 1
        proposal = bracket.ask(draw)
        key = (proposal.architecture, proposal.epochs)
        self.asked.setdefault(key, []).append(number)
        return proposal

    def tell(self, proposal: Proposal, outcome: Standing | None) -> None:
        """Take the outcome of a proposal of `ask`; None for a failure."""
        key = (proposal.architecture, proposal.epochs)
        waiting = self.asked[key]
        number = waiting.pop(0)
        if not waiting:
            del self.asked[key]
        bracket = self.under_way[number]
        bracket.tell(proposal.architecture, outcome)
        if bracket.is_over:
            del self.under_way[number]

    def _ready(self) -> Iterator[tuple[int, Bracket]]:
        return ((n, one) for n, one in self.under_way.items() if one.is_ready)
