"""ASHA: successive halving that never waits for a rung to be complete."""

from __future__ import annotations

from bisect import insort
from collections import deque
from collections.abc import Sequence
from typing import ClassVar, Literal, TypeAlias

from nasbench.benchmark import Evaluation
from nasbench.search import Proposal, SearchContext, SearchExhausted
from nasbench.spaces import Architecture
from strategies.drawing.lazy_shuffle import LazyShuffle, draw_architecture
from strategies.fidelities.bracket import standing
from strategies.fidelities.rungs import Eta, chosen_rungs, halving_sizes, require_budget
from strategies.settings import Count
from strategies.strategy import Strategy

Variant: TypeAlias = Literal["promotion", "stopping"]

_Place: TypeAlias = tuple[float, float, int, Architecture]
"""Violation, negated score, number, architecture: sorted, the best comes first."""


class Asha(Strategy):
    """Promote what is in the top 1 / eta of its rung so far, else start another.

    Li, Jamieson, Rostamizadeh, Gonina, Hardt, Recht & Talwalkar, MLSys 2020.

    ``"promotion"`` is the paper's Algorithm 2: a worker looks from the highest rung
    down for an architecture among the best floor(n / eta) of the n in its rung that
    was not promoted yet, and trains it on to the next rung; where there is none, it
    starts a random one. A training that pauses may go on much later.

    ``"stopping"`` decides once, when a training reaches a rung (as Syne Tune and Ray
    Tune do): it goes on at once if it is among the best floor(n / eta) of those that
    have reached the rung, itself included, or the rung has fewer than eta; otherwise
    it is given up. No checkpoint is kept, but the first eta - 1 of every rung go on
    whatever they show.

    Neither waits, and the order in which outcomes come back decides; so does the
    order in which they are told here. What failed counts in its rung and goes no
    further. No architecture is begun twice; where the whole space has been begun, the
    best that pauses goes on.

    Args:
        context: What to search.
        eta: One in how many goes on, and the factor between rungs; the paper has 4
            for most of its experiments, 3 is Hyperband's.
        least_epochs: Fewest epochs of the first rung.
        variant: ``"promotion"`` or ``"stopping"``.
        rungs: The epochs of the rungs, up to the full budget, where the benchmark
            holds only some; None for the full budget divided by powers of `eta`.
    """

    several_fidelities: ClassVar[bool] = True

    def __init__(
        self,
        context: SearchContext,
        *,
        eta: Eta = 3,
        least_epochs: Count = 1,
        variant: Variant = "promotion",
        rungs: Sequence[Count] | None = None,
    ) -> None:
        super().__init__(context)
        self.eta = eta
        self.variant = variant
        self.epochs = chosen_rungs(context, eta, least_epochs, rungs)
        top = len(self.epochs) - 1
        sizes = halving_sizes(eta**top, top + 1, eta)
        require_budget("ASHA", context, sizes, self.epochs)
        self.places: list[list[_Place]] = [[] for _ in self.epochs]
        self.promoted: list[set[int]] = [set() for _ in self.epochs]
        self.failures = [0] * len(self.epochs)
        self.going_on: deque[tuple[Architecture, int]] = deque()
        self.told = 0
        self.order = LazyShuffle(self.space.size)

    def ask(self) -> Proposal:
        """Return the training of a promoted architecture, or of a new one.

        Raises:
            SearchExhausted: The whole space has been trained to the end.
        """
        if self.variant == "promotion" and not self.going_on:
            self._promote(self.eta)
        if not self.going_on and not self._begin():
            self._promote(1)
        if not self.going_on:
            raise SearchExhausted(
                f"all of {self.space.name} that is permitted was trained to the end"
            )
        architecture, rung = self.going_on.popleft()
        return Proposal(architecture, self.epochs[rung])

    def tell(self, proposal: Proposal, evaluation: Evaluation) -> None:
        """Give the outcome its place in its rung."""
        rung = self.epochs.index(proposal.epochs)
        outcome = standing(self.context, evaluation)
        if outcome is None:
            self.failures[rung] += 1
            return
        self.told += 1
        violation, score = -outcome.conformity, outcome.score
        place = (violation, -score, self.told, proposal.architecture)
        insort(self.places[rung], place)
        if self.variant == "stopping" and rung + 1 < len(self.epochs):
            in_rung = self._in_rung(rung)
            if in_rung < self.eta or place in self.places[rung][: in_rung // self.eta]:
                self._let_go_on(place, rung)

    def _begin(self) -> bool:
        """Begin a random architecture; False where there is no new one."""
        drawn = draw_architecture(self.order, self.space, self.rng)
        while drawn is not None and not self.context.permits(drawn):
            drawn = draw_architecture(self.order, self.space, self.rng)
        if drawn is not None:
            self.going_on.append((drawn, 0))
        return drawn is not None

    def _promote(self, eta: int) -> None:
        """Let one of the top 1 / eta go on, of the highest rung that has one."""
        for rung in reversed(range(len(self.epochs) - 1)):
            for place in self.places[rung][: self._in_rung(rung) // eta]:
                if place[2] not in self.promoted[rung]:
                    self._let_go_on(place, rung)
                    return

    def _let_go_on(self, place: _Place, rung: int) -> None:
        _, _, number, architecture = place
        self.promoted[rung].add(number)
        self.going_on.append((architecture, rung + 1))

    def _in_rung(self, rung: int) -> int:
        return len(self.places[rung]) + self.failures[rung]
