"""NetAdapt: shrink the largest network, one decision at a time, to a budget."""

from __future__ import annotations

from math import isfinite
from typing import ClassVar

from nasbench.benchmark import Evaluation
from nasbench.errors import NasbenchError, unknown
from nasbench.search import FREE_COLUMNS, Proposal, SearchContext
from nasbench.spaces import Architecture
from strategies.drawing.unvisited import Unvisited
from strategies.strategy import Strategy

STARTS = 100
"""Random architectures from the largest of which the ascent to the largest begins."""


class NetAdapt(Strategy):
    """Ask of every decision alone to save a little; keep the most accurate answer.

    Yang et al., ECCV 2018. From the largest network on, each step wants the resource
    to fall by at least a given amount. Every decision proposes the largest network
    below that target which it can reach alone; all proposals are trained, and the
    most accurate one is the network of the next step. The amount decays from step to
    step. The result is a family: one network per budget passed on the way.

    On a general space the resource is a number that the context knows for free, FLOPs
    or parameters. Where no decision alone reaches the target, the target is what the
    best of them can reach; where none can save anything, the way ends. It also ends
    with the first network that keeps all limits on free columns, which no step
    undershoots on purpose. Then a new way begins, with half the first amount; when the
    finest asks for nothing new, what is left of the budget goes to random
    architectures.

    In the paper proposals are tuned for a short time, and the family at length; here
    they are trained from the start, for `short_epochs`, and the networks of the
    family that keep the limits to the end. Workers that ask before a step's outcomes
    are told get random architectures.

    Args:
        context: What to search; of several objectives the first is kept high.
        resource: ``flops`` or ``parameters``; None takes the column that is limited,
            or else a further objective, or else FLOPs.
        reduction: First amount, as a share of the largest network's resource; the
            paper's 0.005 to 0.03.
        decay: What an amount is of the one before; the paper's 0.96 to 0.98.
        short_epochs: How long proposals are trained; None for the full budget.
    """

    several_objectives: ClassVar[bool] = True

    def __init__(
        self,
        context: SearchContext,
        *,
        resource: str | None = None,
        reduction: float = 0.03,
        decay: float = 0.98,
        short_epochs: int | None = None,
    ) -> None:
        super().__init__(context)
        chosen = resource or _resource_of(context)
        if chosen not in FREE_COLUMNS:
            raise NasbenchError(unknown("resource", chosen, FREE_COLUMNS))
        if not 0 < reduction < 1 or not 0 < decay <= 1:
            raise NasbenchError(
                "a reduction is between 0 and 1, and a decay at most 1, not "
                f"{reduction} and {decay}"
            )
        epochs = context.epochs if short_epochs is None else short_epochs
        if not 1 <= epochs <= context.epochs:
            raise NasbenchError(
                f"short trainings take 1 to {context.epochs} epochs, not {epochs}"
            )
        self.resource = chosen
        self.reduction = reduction
        self.decay = decay
        self.short_epochs = epochs
        self.unvisited = Unvisited(self.space.size)
        self.ways: list[list[Architecture]] = []
        self.known: dict[Architecture, float] = {}
        self.step: list[Architecture] = []
        self.to_ask: list[Proposal] = []
        self.to_hear: set[Architecture] = set()
        self.current: Architecture | None = None
        self.amount = 0.0
        self.way_asked = True
        self.finished = False

    @property
    def family(self) -> list[Architecture]:
        """The networks of all steps of all ways, the largest first."""
        steps = {one: None for way in self.ways for one in way}
        return sorted(steps, key=self._cost, reverse=True)

    def ask(self) -> Proposal:
        """Return a proposal of the step, or a random one while all are in training.

        Raises:
            SearchExhausted: Everything that keeps the limits was proposed.
        """
        while not (self.to_ask or self.to_hear or self.finished):
            self._go_on()
        if self.to_ask:
            return self.to_ask.pop()
        return self.propose(self.unvisited.draw(self.context, self.rng))

    def tell(self, proposal: Proposal, evaluation: Evaluation) -> None:
        """Take note of how good a proposal is; limits are none of this step's."""
        self.to_hear.discard(proposal.architecture)
        if proposal.epochs == self.short_epochs:
            score = self.context.objectives[0].score(evaluation)
            self.known[proposal.architecture] = score

    def _go_on(self) -> None:
        """Take the best of a step, and make the next; or begin another way."""
        if self.current is None:
            self._begin()
        else:
            self._take(max(self.step, key=lambda one: self.known[one]))
        if self.finished:
            return
        targets = [] if self._arrived() else self._shrunk()
        if not targets:
            self.current = None
            return
        self.step = targets
        self.amount *= self.decay
        for one in targets:
            if one not in self.known:
                self._want(one, self.short_epochs)

    def _begin(self) -> None:
        largest = self._largest()
        cost = self._cost(largest)
        if not self.way_asked and self.reduction * cost <= 1:
            self.finished = True
            return
        if self.ways:
            self.reduction /= 2
        self.way_asked = False
        self.amount = self.reduction * cost
        self.ways.append([])
        self._take(largest)
        if largest not in self.known:
            self._want(largest, self.short_epochs)

    def _take(self, architecture: Architecture) -> None:
        """Make an architecture the current one; train it to the end if it may win."""
        new = all(architecture not in way for way in self.ways)
        self.current = architecture
        self.ways[-1].append(architecture)
        trained = self.short_epochs == self.context.epochs
        if new and not trained and self.context.permits(architecture):
            self._want(architecture, self.context.epochs)

    def _want(self, architecture: Architecture, epochs: int) -> None:
        self.way_asked = True
        self.unvisited.visited.add(architecture)
        self.to_ask.append(Proposal(architecture, epochs))
        self.to_hear.add(architecture)

    def _shrunk(self) -> list[Architecture]:
        """Return, of every decision that can save, the largest below the target."""
        current = self._current()
        cost = self._cost(current)
        cheaper: dict[int, list[tuple[int, Architecture]]] = {}
        for one in self.space.neighbours(current):
            if (below := self._cost(one)) < cost:
                changed = next(
                    i
                    for i, (a, b) in enumerate(zip(one, current, strict=True))
                    if a != b
                )
                cheaper.setdefault(changed, []).append((below, one))
        if not cheaper:
            return []
        reachable = min(below for options in cheaper.values() for below, _ in options)
        target = max(cost - max(self.amount, 1), reachable, self._lowest_needed(cost))
        step = []
        for options in cheaper.values():
            within = [option for option in options if option[0] <= target]
            if within:
                step.append(max(within)[1])
        self.rng.shuffle(step)
        return step

    def _largest(self) -> Architecture:
        """Climb in the resource from the largest of some random architectures."""
        drawn = [self.space.sample(self.rng) for _ in range(STARTS)]
        largest = max(drawn, key=self._cost)
        while True:
            nearby = max(
                self.space.neighbours(largest), key=self._cost, default=largest
            )
            if self._cost(nearby) <= self._cost(largest):
                return largest
            largest = nearby

    def _cost(self, architecture: Architecture) -> int:
        return int(getattr(self.context.costs(architecture), self.resource))

    def _lowest_needed(self, cost: int) -> float:
        """Return the limit of the resource while it is broken, else 0."""
        limits = [
            one.limit
            for one in self.context.constraints
            if one.column == self.resource and not one.at_least and one.limit < cost
        ]
        return min(limits, default=0.0)

    def _arrived(self) -> bool:
        """Return whether there are limits on free columns, and all of them are kept."""
        limited = any(
            one.column in FREE_COLUMNS and isfinite(one.limit)
            for one in self.context.constraints
        )
        return limited and self.context.permits(self._current())

    def _current(self) -> Architecture:
        if self.current is None:
            raise RuntimeError("a way has begun before it is gone")
        return self.current


def _resource_of(context: SearchContext) -> str:
    wanted = [
        *(one.column for one in context.constraints if isfinite(one.limit)),
        *(one.column for one in context.objectives[1:]),
    ]
    return next((column for column in wanted if column in FREE_COLUMNS), "flops")
