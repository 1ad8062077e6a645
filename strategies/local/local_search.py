"""Local search: go to a better neighbour while there is one, then start elsewhere."""

from __future__ import annotations

from heapq import heappop, heappush

from nasbench.benchmark import Evaluation
from nasbench.search import Proposal, SearchContext, SearchExhausted
from nasbench.spaces import Architecture
from strategies.drawing.lazy_shuffle import LazyShuffle, draw_architecture
from strategies.settings import Count
from strategies.strategy import Strategy

_NOTHING_YET = float("-inf")


class LocalSearch(Strategy):
    """Climb from the best of some random points, start again at every local optimum.

    White, Nolen & Savani, UAI 2021, after the authors' code (naszilla). A walk begins
    at the best of `num_init` random points. It evaluates the neighbours of its centre
    in random order and moves to the first that is better, or with `steepest` to the
    best of all. A centre without a better neighbour is a local optimum; the next walk
    begins at new random points.

    No architecture is proposed twice: neighbours that were visited before, in this
    walk or another, are passed over, and so are those that a limit on a free column
    forbids. Only a strict improvement is a move, so a walk ends on a plateau too.
    With `sideways` it crosses plateaus (ours): a centre without a better neighbour
    hands over to a neighbour that is just as good, and when the last of these has none
    better, to those left aside on the way, until the whole plateau is known. Neither
    can loop, since nothing is a centre twice.

    Workers that ask while the last of a round are still in training get further random
    points; whatever comes back better than the centre becomes the centre.

    Args:
        context: What to search.
        num_init: Random points that a walk begins with; 10 in naszilla and NASLib.
        steepest: Evaluate the whole neighbourhood before each move.
        restart: Whether a local optimum ends the walk. If not, it goes on around the
            best architecture that was not a centre before (naszilla's
            ``stop_at_minimum=False``).
        sideways: Whether to move to an equally good neighbour when none is better.
    """

    def __init__(
        self,
        context: SearchContext,
        *,
        num_init: Count = 10,
        steepest: bool = False,
        restart: bool = True,
        sideways: bool = False,
    ) -> None:
        super().__init__(context)
        self.num_init = num_init
        self.steepest = steepest
        self.restart = restart
        self.sideways = sideways
        self.order = LazyShuffle(self.space.size)
        self.visited: set[Architecture] = set()
        # Heap of (minus the score, order of telling, architecture), best first.
        self.open: list[tuple[float, int, Architecture]] = []
        self.told = 0
        self.centres: set[Architecture] = set()
        self.best: Architecture = ()
        self.level: list[Architecture] = []
        self.best_score = self.centre_score = _NOTHING_YET
        self._start()

    def ask(self) -> Proposal:
        """Return the next architecture of the round, or a random one.

        Raises:
            SearchExhausted: The whole space has been visited.
        """
        architecture = self.to_ask.pop() if self.to_ask else self._random_point()
        if architecture is None:
            raise SearchExhausted(f"all of {self.space.name} has been proposed")
        self.visited.add(architecture)
        return self.propose(architecture)

    def tell(self, proposal: Proposal, evaluation: Evaluation) -> None:
        """Move, restart, or wait for the rest of the round."""
        architecture = proposal.architecture
        self.to_hear.discard(architecture)
        score = self.score(evaluation)
        if not self.restart and score > _NOTHING_YET:
            heappush(self.open, (-score, self.told, architecture))
            self.told += 1
        if score > self.best_score:
            self.best, self.best_score = architecture, score
        elif self.sideways and score == self.centre_score > _NOTHING_YET:
            self.level.append(architecture)
        improved = self.best_score > self.centre_score
        waits_for_all = self.steepest or self.centre_score == _NOTHING_YET
        if improved and not (waits_for_all and self.to_hear):
            self._move()
        elif not self.to_hear:
            self._leave()

    def _start(self) -> None:
        """Begin a round of random points, without a centre to improve on."""
        self.best_score = self.centre_score = _NOTHING_YET
        self.level = []
        drawn = (self._random_point() for _ in range(self.num_init))
        self._begin([point for point in drawn if point is not None])

    def _move(self) -> None:
        """Make the best point the centre."""
        self.level = []
        if not self._surround():
            self._leave()

    def _leave(self) -> None:
        """Go on from a local optimum: sideways, from the next best, or elsewhere."""
        while self.level or self.open:
            if self.level:
                self.best = self.level.pop()
            else:
                loss, _, candidate = heappop(self.open)
                if candidate in self.centres:
                    continue
                self.best, self.best_score = candidate, -loss
            if self._surround():
                return
        self._start()

    def _surround(self) -> bool:
        """Begin a round of the best point's neighbours; False if none is left."""
        self.centre_score = self.best_score
        self.centres.add(self.best)
        nearby = [
            point
            for point in self.space.neighbours(self.best)
            if point not in self.visited and self.context.permits(point)
        ]
        self.rng.shuffle(nearby)
        self._begin(nearby)
        return bool(nearby)

    def _begin(self, points: list[Architecture]) -> None:
        self.to_ask = points
        self.to_hear = set(points)

    def _random_point(self) -> Architecture | None:
        """Draw a permitted one that was not visited; None if there is none left."""
        while True:
            point = draw_architecture(self.order, self.space, self.rng)
            if point is None:
                return None
            if point not in self.visited and self.context.permits(point):
                return point
