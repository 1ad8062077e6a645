"""What ENAS records of its controller: true probabilities, at no cost to the search."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import numpy as np
import pytest

from nasbench.benchmark import Status
from nasbench.spaces import make_space
from nasbench.tasks import Task
from nasbench.training.recipe import Recipe
from strategies.networks_in_numpy.controller import Controller
from strategies.weight_sharing import read_traces, write_traces
from strategies.weight_sharing.controller_marginals import option_probabilities
from strategies.weight_sharing.enas import ENAS
from strategies.weight_sharing.problem import SearchProblem
from strategies.weight_sharing.replayed_search import shipped_traces
from strategies.weight_sharing.shared_weights import SharedWeights
from strategies.weight_sharing.supernet_search import (
    SearchRequest,
    computed_with,
    search,
)
from strategies.weight_sharing.trace import Trace
from strategies.weight_sharing.training_settings import TrainingSettings

RADICES = (2, 4, 3)
RECIPE = Recipe(
    batch_size=32, channels=4, train_images=128, valid_images=64, test_images=50
)
REQUEST = SearchRequest(
    "enas",
    TrainingSettings(epochs=3, estimate_images=64),
    {"controller_steps": 4, "aggregates": 3, "candidates": 10},
    samples=5,
)


def opinionated(seed: int) -> Controller:
    """Return a controller whose later decisions depend on the earlier ones."""
    controller = Controller(RADICES, 8, np.random.default_rng(seed))
    controller.weights.vector *= 25
    return controller


def run(digits: Task) -> Trace:
    problem = SearchProblem(
        make_space("cell201-mini"), RECIPE.cut(digits), RECIPE, seed=3
    )
    return search(REQUEST, problem)


@pytest.mark.parametrize("seed", range(4))
def test_probabilities_are_those_of_all_architectures_summed(seed: int) -> None:
    controller = opinionated(seed)
    everything = list(product(*map(range, RADICES)))
    joint = np.exp(controller.read(everything).taken().sum(axis=0))
    assert joint.sum() == pytest.approx(1)
    exact = np.concatenate(
        [
            np.bincount([one[d] for one in everything], joint, radix)
            for d, radix in enumerate(RADICES)
        ]
    )
    given = option_probabilities(controller, np.random.default_rng(0))
    assert given.dtype == np.float32
    assert given.shape == (sum(RADICES),)
    assert given[:2] == pytest.approx(exact[:2], abs=1e-6)
    assert given == pytest.approx(exact, abs=0.05)
    for decision in np.split(given, np.cumsum(RADICES)[:-1]):
        assert decision.sum() == pytest.approx(1, abs=1e-5)
    # What follows one choice alone is something else.
    first = controller.read([(0, 0, 0)]).log_probabilities[1, 0]
    assert np.abs(np.exp(first) - exact[2:6]).max() > 0.05


def test_a_trace_holds_the_probabilities_of_every_decision(digits: Task) -> None:
    trace = run(digits)
    probabilities = trace.parameters.reshape(trace.epochs, 3, 5)
    assert (probabilities > 0).all()
    assert probabilities.sum(axis=2) == pytest.approx(np.ones((3, 3)), abs=1e-5)
    assert not np.array_equal(probabilities[0], probabilities[2])


def test_to_look_at_the_controller_changes_nothing_of_the_search(
    digits: Task, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked = run(digits)
    seen: list[np.ndarray] = []

    def twice(self: ENAS) -> np.ndarray:
        seen.extend((parameters(self), parameters(self)))
        return np.empty(0, np.float32)

    parameters = ENAS.parameters
    monkeypatch.setattr(ENAS, "parameters", twice)
    assert replace(looked, parameters=np.empty((3, 0), np.float32)).equals(run(digits))
    assert np.array_equal(seen[::2], seen[1::2])
    monkeypatch.setattr(ENAS, "parameters", lambda self: np.empty(0, np.float32))
    assert replace(looked, parameters=np.empty((3, 0), np.float32)).equals(run(digits))


def test_to_look_costs_the_search_nothing(
    digits: Task, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = [0.0]

    def slow(self: ENAS) -> np.ndarray:
        clock[0] += 100
        return np.zeros(15, np.float32)

    monkeypatch.setattr(ENAS, "parameters", slow)
    monkeypatch.setattr("time.thread_time", lambda: clock[0])
    trace = run(digits)
    assert clock == [300.0]
    assert trace.cost_seconds == 0


class FirstEpochDoneError(Exception):
    """Ends a search that nobody waits for."""


def test_the_first_epoch_of_a_shipped_search_comes_out_again(
    digits: Task, monkeypatch: pytest.MonkeyPatch
) -> None:
    shipped = next(
        trace
        for trace in shipped_traces()
        if (trace.identity.method, trace.identity.space) == ("enas", "cell201")
        and trace.identity.task == "digits"
        and trace.identity.seed == 1
    )
    if shipped.identity.versions != computed_with():
        pytest.skip("bits are equal on the machine type of the record alone")
    estimates, notes = [], []
    estimate_path = SharedWeights.estimate_path

    def watched(self: SharedWeights, architecture: tuple[int, ...]) -> float:
        estimates.append(estimate_path(self, architecture))
        return estimates[-1]

    def report(epoch: int, epochs: int, note: str) -> None:
        notes.append(note)
        raise FirstEpochDoneError

    monkeypatch.setattr(SharedWeights, "estimate_path", watched)
    recipe, space = Recipe(), make_space("cell201")
    assert recipe.fingerprint == shipped.identity.recipe
    problem = SearchProblem(space, recipe.cut(digits), recipe, 1)
    with pytest.raises(FirstEpochDoneError):
        search(SearchRequest("enas"), problem, report)
    assert notes == [space.format(tuple(shipped.architectures[0].tolist()))]
    assert estimates[-1] == shipped.estimates[0]


def test_records_of_the_first_decision_alone_are_still_read(tmp_path) -> None:
    old = replace(shipped_traces()[0], parameters=np.full((10, 5), 0.2, np.float32))
    assert old.status is Status.COMPLETE
    write_traces([old], tmp_path / "old.jsonl")
    assert read_traces(tmp_path / "old.jsonl")[0].equals(old)
