"""Federated search: one client is DARTS; several keep their images and agree."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from search_with import search_with

from nasbench.benchmark import Status
from nasbench.errors import NasbenchError
from nasbench.spaces import make_space
from nasbench.tasks import Task
from nasbench.training.recipe import Recipe
from strategies.federated.fednas import FedNAS, FedNASSettings, average
from strategies.federated.label_skew import divide
from strategies.weight_sharing.darts import Darts
from strategies.weight_sharing.problem import SearchProblem
from strategies.weight_sharing.shared_weights import SharedWeights
from strategies.weight_sharing.training_settings import TrainingSettings

TRAINING = TrainingSettings(epochs=2, estimate_images=64)


def problem(
    digits: Task, space: str = "cell201-mini", augmentation="none"
) -> SearchProblem:
    recipe = Recipe(
        batch_size=12,
        channels=4,
        train_images=144,
        valid_images=120,
        test_images=50,
        augmentation=augmentation,
    )
    return SearchProblem(make_space(space), recipe.cut(digits), recipe, 3)


@pytest.mark.parametrize(
    "space, augmentation", [("cell201-mini", "crop-flip"), ("chain", "none")]
)
def test_one_client_is_darts_bit_for_bit(
    digits: Task, space: str, augmentation: str
) -> None:
    task = problem(digits, space, augmentation)
    alone = search_with(
        FedNAS, task, TRAINING, FedNASSettings(clients=1, local_steps=3), 4
    )
    plain = search_with(Darts, task, TRAINING, Darts.Settings(), 4)
    assert alone.status is plain.status is Status.COMPLETE
    assert np.array_equal(alone.parameters, plain.parameters)
    assert np.array_equal(alone.architectures, plain.architectures)
    assert np.array_equal(alone.estimates, plain.estimates)
    assert np.array_equal(alone.sampled_estimates, plain.sampled_estimates)


def test_equal_seeds_give_equal_bits_with_several_clients(digits: Task) -> None:
    state = torch.random.get_rng_state()
    settings = FedNASSettings(clients=3, concentration=1.0, local_steps=2)
    first, again = (
        search_with(FedNAS, problem(digits), TRAINING, settings, 3) for _ in range(2)
    )
    assert torch.equal(torch.random.get_rng_state(), state)
    assert first.status is Status.COMPLETE
    assert first.equals(again)


def test_a_failed_client_fails_the_search(digits: Task) -> None:
    settings = FedNASSettings(clients=2, concentration=5.0)
    training = TrainingSettings(epochs=2, learning_rate=1e30, clip=1e20)
    trace = search_with(FedNAS, problem(digits), training, settings)
    assert trace.status is Status.FAILED
    assert trace.epochs == 0


def prepared(digits: Task, **settings: float) -> FedNAS:
    streams = np.random.SeedSequence(3).spawn(4)
    shared = SharedWeights(problem(digits), TRAINING, FedNAS.form(None), streams)
    return FedNAS(shared, FedNASSettings(**settings), np.random.default_rng(0))


def test_clients_agree_after_a_meeting_and_differ_between(digits: Task) -> None:
    method = prepared(digits, clients=3, concentration=1.0, local_steps=2)

    def spread() -> float:
        columns = zip(*(client.tensors() for client in method.clients), strict=True)
        return max(float((a - b).detach().abs().max()) for a, b, _ in columns)

    batches = method.shared.batches(0)
    assert spread() == 0
    for turn in range(1, 7):
        method.step(*next(batches))
        assert (spread() == 0) == (turn == 6)
    weights = sum(p.numel() for p in method.shared.supernet.parameters())
    assert method.sent_bytes == 2 * 2 * 4 * 3 * (weights + method.alphas.values.numel())


def test_the_server_holds_the_mean_weighted_by_images(digits: Task) -> None:
    method = prepared(digits, clients=2, concentration=0.5, local_steps=100)
    batches = method.shared.batches(0)
    for _ in range(4):
        method.step(*next(batches))
    sizes = [client.shared.images for client in method.clients]
    assert sum(sizes) == 144
    assert sizes[0] != sizes[1]
    share = sizes[0] / 144
    first, second = (
        [t.detach().clone() for t in client.tensors()] for client in method.clients
    )
    method.end_epoch(iter(()))
    for mine, a, b in zip(method.clients[0].tensors(), first, second, strict=True):
        assert torch.allclose(mine, share * a + (1 - share) * b, atol=1e-6)
    assert torch.equal(method.alphas.values, method.clients[1].darts.alphas.values)


def test_a_single_tensor_of_weight_one_is_itself() -> None:
    values = torch.from_numpy(np.random.default_rng(0).standard_normal(1000))
    assert torch.equal(average([values.float()], np.ones(1)), values.float())


LABELS = {
    "train": np.repeat(np.arange(10), 100),
    "valid": np.tile(np.arange(10), 40),
}


@pytest.mark.parametrize("clients", [1, 2, 5])
def test_every_image_has_one_owner(clients: int) -> None:
    divided = divide(LABELS, clients, 1.0, 10, np.random.default_rng(0))
    for split, labels in LABELS.items():
        parts = [mine[split] for mine in divided]
        assert np.array_equal(np.sort(np.concatenate(parts)), np.arange(len(labels)))
        assert all(np.all(np.diff(part) > 0) for part in parts)


def test_a_small_concentration_skews_and_a_large_one_does_not() -> None:
    def skew(concentration: float) -> float:
        mine = divide(LABELS, 2, concentration, 1, np.random.default_rng(1))[0]
        share = np.bincount(LABELS["train"][mine["train"]], minlength=10) / 100
        valid = np.bincount(LABELS["valid"][mine["valid"]], minlength=10) / 40
        assert np.abs(share - valid).max() < 0.03  # the same client, the same skew
        return float(np.abs(share - 0.5).mean())

    assert skew(0.1) > 0.35
    assert skew(1e6) < 0.01


def test_what_cannot_be_divided_is_said() -> None:
    with pytest.raises(NasbenchError, match="fewer than 600 images; take fewer"):
        divide(LABELS, 3, 1.0, 600, np.random.default_rng(0))
    with pytest.raises(NasbenchError, match="clients is 0"):
        FedNASSettings(clients=0)
    with pytest.raises(NasbenchError, match=r"concentration is -1\.0"):
        FedNASSettings(concentration=-1.0)
