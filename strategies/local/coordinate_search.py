"""Greedy coordinate-wise search: settle one decision after the other."""

from __future__ import annotations

from nasbench.benchmark import Evaluation
from nasbench.search import Proposal, SearchContext, SearchExhausted
from nasbench.spaces import Architecture
from strategies.drawing.lazy_shuffle import LazyShuffle, draw_architecture
from strategies.strategy import Strategy

_NOTHING_YET = float("-inf")


class CoordinateSearch(Strategy):
    """Try all options of a decision, keep the best, go on to the next decision.

    Coordinate descent (the method of Gauss and Seidel; for tuning, one factor at a
    time) on categorical decisions. A walk begins at a random architecture and takes
    the decisions in random order, round after round. A whole round without a strict
    improvement is a local optimum, for single changes as in `LocalSearch`, and the
    next walk begins elsewhere.

    No architecture is proposed twice: what was evaluated before is compared from
    memory, and what a limit on a free column forbids is passed over.

    Workers that ask while the last options of a decision are still in training get
    random architectures; the walk moves to one of these too if it is better.
    """

    def __init__(self, context: SearchContext) -> None:
        super().__init__(context)
        self.order = LazyShuffle(self.space.size)
        self.scores: dict[Architecture, float] = {}
        self.visited: set[Architecture] = set()
        self.centre: Architecture | None = None
        self.centre_score = _NOTHING_YET
        self.decisions: list[int] = []
        self.unchanged = 0
        self.to_ask: list[Architecture] = []
        self.to_hear: set[Architecture] = set()

    def ask(self) -> Proposal:
        """Return another option of the decision in turn, or a random architecture.

        Raises:
            SearchExhausted: The whole space has been visited.
        """
        architecture = self.to_ask.pop() if self.to_ask else self._random_point()
        if architecture is None:
            raise SearchExhausted(f"all of {self.space.name} has been proposed")
        self.visited.add(architecture)
        return self.propose(architecture)

    def tell(self, proposal: Proposal, evaluation: Evaluation) -> None:
        """Remember the score; with the last option of a decision, go on."""
        architecture = proposal.architecture
        self.scores[architecture] = score = self.score(evaluation)
        self.to_hear.discard(architecture)
        if self.centre is None:
            self._move(architecture)
        elif score > self.centre_score and architecture not in self._line():
            self._move(architecture)  # a random one, of a worker that had to wait
        if not self.to_hear:
            self._settle()

    def _move(self, architecture: Architecture) -> None:
        """Make an architecture off the line the centre, and begin with its lines."""
        self.centre, self.centre_score = architecture, self.scores[architecture]
        self.decisions = self.rng.permutation(self.space.decisions).tolist()
        self.unchanged = 0
        self._begin()

    def _settle(self) -> None:
        """Take the best option of the decision; go on until there is one to try."""
        while self.centre is not None and not self.to_hear:
            known = [one for one in self._line() if one in self.scores]
            best = max(known, key=self.scores.__getitem__, default=self.centre)
            if known and self.scores[best] > self.centre_score:
                self.centre, self.centre_score = best, self.scores[best]
                self.unchanged = 0
            else:
                self.unchanged += 1
            if self.unchanged >= self.space.decisions:
                self.centre, self.centre_score = None, _NOTHING_YET
                return
            self.decisions.append(self.decisions.pop(0))
            self._begin()

    def _begin(self) -> None:
        """Ask for what is not known on the line of the decision in turn."""
        self.to_ask = [
            one
            for one in self._line()
            if one not in self.visited and self.context.permits(one)
        ]
        self.rng.shuffle(self.to_ask)
        self.to_hear = set(self.to_ask)

    def _line(self) -> list[Architecture]:
        """Return the valid architectures that differ in the decision in turn alone."""
        if self.centre is None:
            return []
        decision = self.decisions[0]
        before, after = self.centre[:decision], self.centre[decision + 1 :]
        options = range(self.space.radices[decision])
        line = [(*before, o, *after) for o in options if o != self.centre[decision]]
        return [one for one in line if self.space.is_valid(one)]

    def _random_point(self) -> Architecture | None:
        """Draw a permitted one that was not visited; None if there is none left."""
        while True:
            point = draw_architecture(self.order, self.space, self.rng)
            if point is None:
                return None
            if point not in self.visited and self.context.permits(point):
                return point
