"""The answers of a benchmark in one run: asked for, or recorded earlier."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from typing import TypeAlias

from nasbench.benchmark import Benchmark, Evaluation
from nasbench.errors import NasbenchError
from nasbench.spaces import Architecture

Answer: TypeAlias = tuple[Architecture, int, int | None, Evaluation]
"""A question to a benchmark, (architecture, epochs, seed), and its answer."""


class Answers:
    """Asks the benchmark, once the recorded answers are used up.

    Runs are determined by their seed, so a run that is begun anew asks what it asked
    before; where it does not, something is not what it was.

    Attributes:
        given: All answers so far, in their order.
    """

    def __init__(self, benchmark: Benchmark) -> None:
        self.given: list[Answer] = []
        self._evaluate = benchmark.evaluate
        self._recorded: deque[Answer] = deque()

    def expect(self, recorded: Iterable[Answer]) -> None:
        """Answer the next questions from the record."""
        self._recorded.extend(recorded)

    @property
    def expected(self) -> int:
        """How many recorded answers were not asked for yet."""
        return len(self._recorded)

    def to(
        self, architecture: Architecture, epochs: int, seed: int | None
    ) -> Evaluation:
        """Return the evaluation of an architecture.

        Raises:
            NasbenchError: The record has another question here.
        """
        if self._recorded:
            answer = self._recorded.popleft()
            if answer[:3] != (architecture, epochs, seed):
                raise NasbenchError(
                    f"the run does not repeat itself: question {len(self.given) + 1} "
                    f"was {answer[:3]} and is {(architecture, epochs, seed)}; the "
                    "strategy or the settings have changed since the run was saved, "
                    "or the strategy draws from more than its seed"
                )
        else:
            evaluation = self._evaluate(architecture, epochs=epochs, seed=seed)
            answer = (architecture, epochs, seed, evaluation)
        self.given.append(answer)
        return answer[3]
