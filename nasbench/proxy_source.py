"""Scores of untrained networks, for strategies that ask and pay for them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from nasbench.errors import NasbenchError, unknown
from nasbench.spaces import Architectures


class ProxyAnswer(NamedTuple):
    """What a source says of a batch of architectures.

    Attributes:
        scores: ``(n, proxies) float64``, larger meant to be better; NaN where a score
            failed or is not there.
        seconds: CPU seconds that computing them takes, summed over the batch.
    """

    scores: NDArray[np.float64]
    seconds: float


class ProxySource(Protocol):
    """Where proxy scores come from: columns of a table, or untrained networks."""

    @property
    def names(self) -> tuple[str, ...]:
        """The proxies that can be asked for."""

    def answer(self, architectures: Architectures, names: Sequence[str]) -> ProxyAnswer:
        """Return the scores of ``(n, decisions) uint8`` architectures.

        Args:
            architectures: Members of the space.
            names: Some of `names`; the columns of the answer.
        """


class MeteredProxies:
    """Proxies with a meter: every question adds its seconds, also a repeated one.

    A strategy finds it in its context, keeps the answers that it wants to read again,
    and charges nothing itself: the runner reads the meter after every `ask` and `tell`
    and moves the clock of the run by what was added.

    Attributes:
        seconds: CPU seconds of all answers so far.
        questions: How many scores were given so far.
    """

    def __init__(self, source: ProxySource) -> None:
        self._source = source
        self.seconds = 0.0
        self.questions = 0

    @property
    def names(self) -> tuple[str, ...]:
        """The proxies that can be asked for."""
        return self._source.names

    def scores(
        self, architectures: Architectures, names: Sequence[str] | None = None
    ) -> NDArray[np.float64]:
        """Return ``(n, names)`` scores, larger meant to be better; NaN where none is.

        Args:
            architectures: ``(n, decisions) uint8``.
            names: Which proxies; None for all of them.

        Raises:
            NasbenchError: The source has no such proxy; near matches are named.
        """
        asked = self.names if names is None else tuple(names)
        for name in asked:
            if name not in self.names:
                raise NasbenchError(unknown("proxy", name, self.names))
        answer = self._source.answer(architectures, asked)
        self.seconds += answer.seconds
        self.questions += answer.scores.size
        return answer.scores
