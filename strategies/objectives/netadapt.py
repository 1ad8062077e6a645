"""NetAdapt: shrink the largest network, one decision at a time, to a budget."""

from __future__ import annotations

from collections.abc import Sequence
from math import inf, isfinite
from typing import Annotated, ClassVar

import numpy as np

from nasbench.benchmark import Evaluation
from nasbench.errors import NasbenchError, unknown
from nasbench.search import (
    COLUMNS,
    FAMILIES,
    FREE_COLUMNS,
    Proposal,
    SearchContext,
    read_column,
    read_cost,
)
from nasbench.spaces import Architecture
from strategies.drawing.unvisited import Unvisited
from strategies.objectives.netadapt_resource import LookUpTable
from strategies.settings import Count, InnerShare, Within
from strategies.strategy import Strategy

RESOURCES = tuple(name for name, kind in COLUMNS.items() if not kind.maximise)
"""Resources that every benchmark has; columns such as ``latency:TARGET`` besides."""

GRAIN = 1e-3
"""The finest step of a resource that is not counted, as a share of itself."""

STARTS = 100
"""Random architectures from the largest of which the ascent to the largest begins."""


class NetAdapt(Strategy):
    """Ask of every decision alone to save a little; keep the most accurate answer.

    Yang et al., ECCV 2018. From the largest network on, each step wants the resource
    to fall by at least a given amount. Every decision proposes the largest network
    below that target which it can reach alone; all proposals are trained, and the
    most accurate one is the network of the next step. The amount decays from step to
    step. The result is a family: one network per budget passed on the way.

    On a general space the resource is any column of an evaluation that is to be small.
    Parameters, FLOPs and what simulated targets say are known for free. What only shows
    in an evaluation, as a measured latency, is looked up in a table that is learned
    from what was evaluated, 20 random networks at first
    (`strategies.objectives.netadapt_resource`).

    Where no decision alone reaches the target, the target is what the best of them can
    reach; where none can save anything, the way ends. It also ends with the first
    network that keeps all limits on free columns and on the resource, which no step
    undershoots on purpose. Then a new way begins, with half the first amount; when the
    finest asks for nothing new, what is left of the budget goes to random
    architectures.

    In the paper proposals are tuned for a short time, and the family at length; here
    they are trained from the start, for `short_epochs`, and the networks of the
    family that keep the limits to the end. Workers that ask before a step's outcomes
    are told get random architectures.

    Args:
        context: What to search; of several objectives the first is kept high.
        resource: ``flops``, ``parameters``, or a column such as ``latency:TARGET``;
            None takes the column that is limited, or else a further objective, a free
            one first, or else FLOPs.
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
        reduction: InnerShare = 0.03,
        decay: Annotated[float, Within(0, 1, above=True)] = 0.98,
        short_epochs: Count | None = None,
    ) -> None:
        super().__init__(context)
        chosen = resource or _resource_of(context)
        if not _is_resource(chosen):
            known = [*RESOURCES, *(f"{family}:NAME" for family in sorted(FAMILIES))]
            raise NasbenchError(unknown("resource", chosen, known))
        epochs = context.epochs if short_epochs is None else short_epochs
        if epochs > context.epochs:
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
        # None where the resource is known without an evaluation.
        self.table = None if _is_free(context, chosen) else LookUpTable()

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
        if self.table is not None and not self.table.ready:
            return self.propose(self.unvisited.draw(self.context, self.rng))
        while not (self.to_ask or self.to_hear or self.finished):
            self._go_on()
        if self.to_ask:
            return self.to_ask.pop()
        return self.propose(self.unvisited.draw(self.context, self.rng))

    def tell(self, proposal: Proposal, evaluation: Evaluation) -> None:
        """Take note of how good a proposal is; limits are none of this step's."""
        self.to_hear.discard(proposal.architecture)
        if self.table is not None:
            value = read_column(self.resource, evaluation)
            self.table.tell(proposal.architecture, value)
        if proposal.epochs == self.short_epochs:
            score = self.context.objectives[0].score(evaluation)
            self.known[proposal.architecture] = score

    def _go_on(self) -> None:
        """Take the best of a step, and make the next; or begin another way."""
        if self.table is not None:
            self.table.fit(self.space)
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
        if not self.way_asked and self.reduction * cost <= self._grain(cost):
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
        cheaper: dict[int, list[tuple[float, Architecture]]] = {}
        nearby = self.space.neighbours(current)
        for one, below in zip(nearby, self._costs_near(current, nearby), strict=True):
            if below < cost:
                changed = next(
                    i
                    for i, (a, b) in enumerate(zip(one, current, strict=True))
                    if a != b
                )
                cheaper.setdefault(changed, []).append((below, one))
        if not cheaper:
            return []
        reachable = min(below for options in cheaper.values() for below, _ in options)
        amount = max(self.amount, self._grain(cost))
        target = max(cost - amount, reachable, self._lowest_needed(cost))
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
        largest = max(drawn, key=self._size)
        while True:
            nearby = max(
                self.space.neighbours(largest), key=self._size, default=largest
            )
            if self._size(nearby) <= self._size(largest):
                return largest
            largest = nearby

    def _cost(self, architecture: Architecture) -> float:
        """Return the resource; inf for what a target has no room for."""
        if self.table is None:
            value = read_cost(self.resource, self.context.costs(architecture))
            return inf if value is None or value != value else value
        known = self.table.known.get(architecture)
        return (
            float(self.table.sums(self.space, [architecture])[0])
            if (known is None)
            else known
        )

    def _size(self, architecture: Architecture) -> float:
        """Return the resource to climb in, on which what has no room is last."""
        cost = self._cost(architecture)
        return cost if isfinite(cost) else -inf

    def _costs_near(
        self, current: Architecture, nearby: Sequence[Architecture]
    ) -> list[float]:
        if self.table is None:
            return [self._cost(one) for one in nearby]
        return self.table.near(self.space, current, nearby)

    def _grain(self, cost: float) -> float:
        """Return the smallest amount: one of what is counted, a share of the rest."""
        return 1.0 if self.resource in FREE_COLUMNS else GRAIN * abs(cost)

    def _lowest_needed(self, cost: float) -> float:
        """Return the limit of the resource while it is broken, else 0."""
        limits = [
            one.limit
            for one in self.context.constraints
            if one.column == self.resource and not one.at_least and one.limit < cost
        ]
        return min(limits, default=0.0)

    def _arrived(self) -> bool:
        """Return whether there are limits that are known here, and all are kept."""
        current = self._current()
        costs = self.context.costs(current)
        limited = False
        for one in self.context.constraints:
            value = read_cost(one.column, costs)
            if one.column == self.resource:
                value = self._cost(current)
            if value is None or not isfinite(one.limit):
                continue
            limited = True
            if one.excess(value):
                return False
        return limited

    def _current(self) -> Architecture:
        if self.current is None:
            raise RuntimeError("a way has begun before it is gone")
        return self.current


def _resource_of(context: SearchContext) -> str:
    wanted = [
        *(one.column for one in context.constraints if isfinite(one.limit)),
        *(one.column for one in context.objectives[1:]),
    ]
    free = (one for one in wanted if _is_resource(one) and _is_free(context, one))
    other = (one for one in wanted if _is_resource(one) and one not in COLUMNS)
    return next(free, None) or next(other, "flops")


def _is_resource(column: str) -> bool:
    """Return whether a column is to be small: anything but an accuracy."""
    family, _, member = column.partition(":")
    return column in RESOURCES or bool(
        member and family in FAMILIES and not FAMILIES[family].maximise
    )


def _is_free(context: SearchContext, column: str) -> bool:
    """Return whether a column is known of any architecture before an evaluation."""
    if column in FREE_COLUMNS:
        return True
    # Any architecture will do; the strategy's own draws stay what they are.
    one = context.space.sample(np.random.default_rng(0))
    return read_cost(column, context.costs(one)) is not None
