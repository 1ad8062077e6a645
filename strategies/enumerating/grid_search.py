"""Grid search: every architecture once, in an order that is fixed beforehand."""

from __future__ import annotations

from typing import Literal, TypeAlias

from nasbench.benchmark import Evaluation
from nasbench.search import Proposal, SearchContext, SearchExhausted
from nasbench.spaces import Architecture
from strategies.enumerating.low_discrepancy import EvenGrid
from strategies.settings import Count
from strategies.strategy import Strategy

Order: TypeAlias = Literal["lexicographic", "low-discrepancy", "coarse-to-fine"]


class GridSearch(Strategy):
    """Enumerate the space; what a limit on a free column forbids is passed over.

    Limits on parameters or FLOPs are checked before a training, as hard constraints
    (such as those of MnasNet, Tan et al., CVPR 2019); limits on other columns show
    when the architecture is evaluated. Nothing is listed, so spaces of any size work;
    a limit that hardly anything keeps costs time to look for what does.

    Three orders, each of which ends with the whole space:

    ``"low-discrepancy"``
        A Halton sequence: any first part of the enumeration is spread evenly.
    ``"lexicographic"``
        By index. Cut off early, it has varied the last decisions only. The seed does
        not matter.
    ``"coarse-to-fine"``
        The sensible reading of "elastic" or "adaptive" grids, of which no definition
        is published. The first grid takes the two outermost options of every
        decision; the next one the best architecture so far and the options half that
        far to both sides of it, until options are neighbours. When a grid of
        neighbours has moved the best, another follows around it; else the whole space
        in low-discrepancy order. A grid is cut off at `grid_points`. This supposes
        that options have an order, as sizes do; operations have none.

    A grid does not wait for its last outcomes: workers that ask meanwhile get the
    first points of the next.

    Args:
        context: What to search.
        order: The order of the enumeration.
        grid_points: Points of a coarse-to-fine grid at most; None takes a fifth of a
            budget in evaluations, and 64 with other budgets.
    """

    def __init__(
        self,
        context: SearchContext,
        *,
        order: Order = "low-discrepancy",
        grid_points: Count | None = None,
    ) -> None:
        super().__init__(context)
        self.order: Order = order
        self.deterministic = order == "lexicographic"
        self.grid_points = grid_points or _default_points(context)
        self.index = 0
        self.proposed: set[Architecture] = set()
        self.best: Architecture | None = None
        self.best_score = float("-inf")
        self.whole = EvenGrid([range(radix) for radix in self.space.radices], self.rng)
        self.spacing = _halving_power(max(self.space.radices) - 1)
        self.centre: Architecture | None = None
        self.left = self.grid_points
        self.grid: EvenGrid | None = None
        if order == "coarse-to-fine":
            outermost = [sorted({0, radix - 1}) for radix in self.space.radices]
            self.grid = EvenGrid(outermost, self.rng)

    def ask(self) -> Proposal:
        """Return the next architecture of the order that is valid and permitted.

        Raises:
            SearchExhausted: The whole space has been proposed or is forbidden.
        """
        while (point := self._next()) is not None:
            if point in self.proposed or not self.space.is_valid(point):
                continue
            if self.context.permits(point):
                if self.order == "coarse-to-fine":  # the others have no repeats
                    self.proposed.add(point)
                    self.left -= 1
                return self.propose(point)
        raise SearchExhausted(f"all of {self.space.name} has been proposed")

    def tell(self, proposal: Proposal, evaluation: Evaluation) -> None:
        """Keep the best, around which the next finer grid lies."""
        score = self.score(evaluation)
        if score > self.best_score:
            self.best, self.best_score = proposal.architecture, score

    def _next(self) -> Architecture | None:
        if self.order == "lexicographic":
            return self._next_index()
        while self.grid is not None:
            point = self.grid.draw(self.rng) if self.left > 0 else None
            if point is not None:
                return point
            self._refine()
        return self.whole.draw(self.rng)

    def _next_index(self) -> Architecture | None:
        if self.index >= self.space.size:
            return None
        index, self.index = self.index, self.index + 1
        digits = zip(self.space.strides, self.space.radices, strict=True)
        return tuple(index // stride % radix for stride, radix in digits)

    def _refine(self) -> None:
        """Lay the next grid around the best; the whole space if there is no better."""
        if self.best is None or (self.spacing == 1 and self.best == self.centre):
            self.grid = None
            return
        self.spacing = max(self.spacing // 2, 1)
        self.centre = self.best
        self.left = self.grid_points
        steps = (-self.spacing, 0, self.spacing)
        nearby = [
            [option + step for step in steps if 0 <= option + step < radix]
            for option, radix in zip(self.best, self.space.radices, strict=True)
        ]
        self.grid = EvenGrid(nearby, self.rng)


def _default_points(context: SearchContext) -> int:
    if context.budget.unit != "evaluations":
        return 64
    return max(int(context.budget.amount) // 5, 1)


def _halving_power(distance: int) -> int:
    """Return the smallest power of two that is at least `distance`, and 1."""
    return 1 << max(distance - 1, 0).bit_length()
