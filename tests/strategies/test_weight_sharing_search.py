"""The loop of weight sharing: same seed same bits, failures recorded, nothing leaks."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from nasbench.benchmark import Status
from nasbench.errors import NasbenchError
from nasbench.networks.supernet.mixture import Mixture
from nasbench.spaces import make_space
from nasbench.tasks import Task
from nasbench.training.recipe import Recipe
from strategies.weight_sharing.method import Method
from strategies.weight_sharing.named_methods import (
    METHODS,
    find_method,
    make_settings,
    method_names,
)
from strategies.weight_sharing.problem import SearchProblem
from strategies.weight_sharing.shared_weights import SharedWeights
from strategies.weight_sharing.supernet_search import SearchRequest, search
from strategies.weight_sharing.trace import Trace
from strategies.weight_sharing.training_settings import TrainingSettings

RECIPE = Recipe(
    batch_size=32, channels=4, train_images=128, valid_images=64, test_images=50
)
TRAINING = TrainingSettings(epochs=2, estimate_images=64)
SMALL = {
    "random-sharing": {"candidates": 4, "candidates_before": 2},
    "single-path": {"population": 4, "generations": 1, "parents": 2},
    "once-for-all": {"population": 4, "generations": 1, "parents": 2},
    "enas": {"controller_steps": 2, "aggregates": 2, "candidates": 5},
    "smash": {"candidates": 4, "candidates_before": 2},
    "graph-hypernetwork": {"candidates": 4, "candidates_before": 2},
    "reptile": {"candidates": 4, "candidates_before": 2},
    "morphisms": {"neighbours": 2},
    "fednas": {"clients": 2, "concentration": 100},
}
ALL = pytest.mark.parametrize("method", METHODS)
SPACE_OF = {"once-for-all": "chain"}
"""Methods that have no supernet of a cell."""


def problem(digits: Task, seed: int = 0, space: str = "cell201-mini") -> SearchProblem:
    return SearchProblem(make_space(space), RECIPE.cut(digits), RECIPE, seed)


def run(digits: Task, method: str, seed: int = 0, **changed: float) -> Trace:
    request = SearchRequest(
        method, replace(TRAINING, **changed), SMALL.get(method, {}), samples=3
    )
    return search(request, problem(digits, seed, SPACE_OF.get(method, "cell201-mini")))


def prepared(digits: Task, name: str, space: str = "cell201-mini") -> Method:
    """Return a method at its start."""
    kind = find_method(name)
    settings = make_settings(name, SMALL.get(name, {}))
    *streams, own = np.random.SeedSequence(1).spawn(5)
    shared = SharedWeights(
        problem(digits, 0, space), TRAINING, kind.form(settings), streams
    )
    return kind(shared, settings, np.random.default_rng(own))


@ALL
def test_equal_seeds_give_equal_bits_and_touch_no_global_generator(
    digits: Task, method: str
) -> None:
    torch_state, numpy_state = torch.random.get_rng_state(), np.random.get_state()
    first = run(digits, method)
    assert torch.equal(torch.random.get_rng_state(), torch_state)
    assert np.array_equal(np.random.get_state()[1], numpy_state[1])
    assert first.status is Status.COMPLETE
    assert first.epochs == 2
    samples = 3 if find_method(method).estimates_any else 0
    assert first.sampled.shape == (samples, len(first.found))
    torch.rand(3)
    assert first.equals(run(digits, method))
    other = run(digits, method, seed=1)
    name = "sampled_estimates" if samples else "estimates"
    assert not np.array_equal(getattr(first, name), getattr(other, name))
    assert np.all(np.diff(first.training_seconds) > 0)


@pytest.mark.parametrize("method", [m for m in METHODS if m != "pc-darts"])
def test_a_chain_is_searched_like_a_cell(digits: Task, method: str) -> None:
    request = SearchRequest(
        method, replace(TRAINING, epochs=1), SMALL.get(method, {}), samples=1
    )
    trace = search(request, problem(digits, space="chain"))
    assert trace.status is Status.COMPLETE
    assert trace.found in make_space("chain")


@pytest.mark.parametrize("method", ["darts", "random-sharing"])
def test_a_loss_that_is_not_finite_is_a_recorded_failure(
    digits: Task, method: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    untouched = run(digits, method, epochs=3)
    update, calls = SharedWeights.update, []

    def poisoned(self: SharedWeights, loss: torch.Tensor) -> float:
        calls.append(1)
        steps = RECIPE.train_images // RECIPE.batch_size
        return update(self, loss * (float("nan") if len(calls) == steps + 2 else 1))

    monkeypatch.setattr(SharedWeights, "update", poisoned)
    trace = run(digits, method, epochs=3)
    assert trace.status is Status.FAILED
    assert trace.epochs == 1, "the second epoch is the one that failed"
    assert np.array_equal(trace.architectures, untouched.architectures[:1])
    assert len(trace.sampled) == 0
    with pytest.raises(NasbenchError, match="failed in epoch 2; it found nothing"):
        _ = trace.found


def test_looking_on_does_not_change_a_search(digits: Task) -> None:
    """What is chosen on the way draws from a stream of its own."""
    few = SearchRequest("random-sharing", TRAINING, {"candidates_before": 1})
    many = SearchRequest("random-sharing", TRAINING, {"candidates_before": 9}, 5)
    one, other = (search(request, problem(digits)) for request in (few, many))
    weights = [run_again.sampled_estimates for run_again in (one, other)]
    assert [len(found) for found in weights] == [0, 5]
    exact = search(replace(few, samples=5), problem(digits))
    assert np.array_equal(exact.sampled_estimates, other.sampled_estimates)


def test_options_that_do_not_run_keep_their_weights_and_momentum(digits: Task) -> None:
    method = prepared(digits, "random-sharing")
    shared = method.shared
    for epoch in range(2):  # momentum everywhere
        for train, valid in shared.batches(epoch):
            method.step(train, valid)
    named = dict(shared.supernet.named_parameters())
    before = {name: value.detach().clone() for name, value in named.items()}
    train, _ = next(iter(shared.batches(0)))
    space = make_space("cell201-mini")
    third = space.operations.index("nor_conv_3x3")
    shared.update(shared.loss(train, Mixture.path((0, third, 0))))
    moved = {n for n, v in named.items() if not torch.equal(v, before[n])}
    assert {n for n in moved if "edges" in n} == {
        n for n in named if f"edges.1.options.{third}." in n
    }
    assert any(n.startswith("stem") for n in moved)


def test_the_learning_rate_falls_along_a_cosine(digits: Task) -> None:
    shared = prepared(digits, "random-sharing").shared
    rates = [shared.learning_rate for e in range(2) for _ in shared.batches(e)]
    assert len(rates) == 8
    assert rates[0] == TRAINING.learning_rate
    assert rates[4] == pytest.approx(
        (TRAINING.learning_rate + TRAINING.final_learning_rate) / 2
    )
    assert rates == sorted(rates, reverse=True)


def test_architecture_parameters_learn_from_validation_images_alone(
    digits: Task,
) -> None:
    """With no training of parameters left, other training images change nothing."""
    method = prepared(digits, "darts")
    seen = []
    loss = method.shared.loss

    def watched(batch, mixture):
        seen.append((batch, mixture.weights.requires_grad))
        return loss(batch, mixture)

    method.shared.loss = watched
    train, valid = next(iter(method.shared.batches(0)))
    before = [p.detach().clone() for p in method.shared.supernet.parameters()]
    method.step(train, valid)
    assert [learns for _, learns in seen] == [True, False]
    assert seen[1][0] is train
    assert seen[0][0] is not train
    changed = [
        not torch.equal(p, b)
        for p, b in zip(method.shared.supernet.parameters(), before, strict=True)
    ]
    assert all(changed)


def test_unknown_methods_and_settings_are_named() -> None:
    with pytest.raises(NasbenchError, match="did you mean 'darts'"):
        find_method("dart")
    with pytest.raises(NasbenchError, match="unknown setting 'candidate'"):
        make_settings("random-sharing", {"candidate": 3})
    with pytest.raises(NasbenchError, match="candidates of random-sharing is 'x', not"):
        make_settings("random-sharing", {"candidates": "x"})
    assert make_settings("random-sharing", {"candidates": "7"}).candidates == 7
    assert "darts" in method_names()


def test_settings_outside_their_range_are_refused(digits: Task) -> None:
    with pytest.raises(NasbenchError, match="epochs is 0; expected a whole number"):
        TrainingSettings(epochs=0)
    with pytest.raises(NasbenchError, match="seed of a search is 0 or more, not -1"):
        problem(digits, seed=-1)
    starved = replace(RECIPE, valid_images=20)
    with pytest.raises(
        NasbenchError, match="has 20 valid images, fewer than one batch"
    ):
        SearchProblem(make_space("chain"), starved.cut(digits), starved, 0)
