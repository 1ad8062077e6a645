"""Runs the loop of weight sharing with a method that need not have a name."""

from __future__ import annotations

from unittest.mock import patch

from strategies.weight_sharing import supernet_search
from strategies.weight_sharing.method import Method
from strategies.weight_sharing.problem import SearchProblem
from strategies.weight_sharing.supernet_search import SearchRequest, search
from strategies.weight_sharing.trace import Trace
from strategies.weight_sharing.training_settings import TrainingSettings


def search_with(
    kind: type[Method],
    problem: SearchProblem,
    training: TrainingSettings,
    settings: object,
    samples: int = 0,
) -> Trace:
    """Return the trace of a search by this class of method with these settings."""
    with (
        patch.object(supernet_search, "find_method", lambda name: kind),
        patch.object(supernet_search, "make_settings", lambda name, given: settings),
    ):
        return search(SearchRequest(kind.__name__, training, {}, samples), problem)
