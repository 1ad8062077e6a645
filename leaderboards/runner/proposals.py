"""The checks of what a strategy proposes."""

from __future__ import annotations

import operator
from math import inf

from leaderboards.runner.equivalence import Reading, reader
from nasbench.benchmark import Benchmark
from nasbench.errors import NasbenchError
from nasbench.search import Proposal
from nasbench.spaces import ArchitectureError


class ProposalChecker:
    """Checks the proposals of one strategy.

    Args:
        strategy: Its name.
        benchmark: What it searches.
    """

    def __init__(self, strategy: str, benchmark: Benchmark) -> None:
        self._strategy = strategy
        self._epochs = benchmark.epochs
        self._read = reader(benchmark.space)

    def check(self, proposal: Proposal) -> tuple[Reading, int]:
        """Return the architecture with its class, and the epochs.

        Raises:
            NasbenchError: The space does not hold the architecture, the epochs are
                out of range, or the proposal is none.
        """
        if not isinstance(proposal, Proposal):
            raise self._refusal(proposal, "expected a nasbench.search.Proposal")
        try:
            epochs = operator.index(proposal.epochs)
            if isinstance(proposal.epochs, bool):
                epochs = 0
        except TypeError:
            epochs = 0
        if not 1 <= epochs <= self._epochs:
            reason = f"expected 1 to {self._epochs} epochs as an integer"
            raise self._refusal(proposal, reason)
        if not 0 <= proposal.search_seconds < inf:
            raise self._refusal(proposal, "expected finite search_seconds, 0 or more")
        try:
            return self._read(proposal.architecture), epochs
        except ArchitectureError as error:
            raise self._refusal(proposal, str(error)) from error

    def _refusal(self, proposal: object, reason: str) -> NasbenchError:
        message = f"strategy {self._strategy!r} proposed {proposal!r}: {reason}"
        return NasbenchError(" ".join(message.split()))
