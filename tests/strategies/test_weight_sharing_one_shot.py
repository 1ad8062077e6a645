"""Single-path supernets: chance level by running statistics until recalibrated."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from nasbench.networks.supernet.mixture import Mixture
from nasbench.networks.supernet.supernet import SupernetForm
from nasbench.spaces import make_space
from nasbench.tasks import Task
from nasbench.training.recipe import Recipe
from strategies.weight_sharing.evolution import EvolutionSettings
from strategies.weight_sharing.problem import SearchProblem
from strategies.weight_sharing.random_sharing import (
    RandomSharing,
    RandomSharingSettings,
)
from strategies.weight_sharing.shared_weights import SharedWeights
from strategies.weight_sharing.single_path import SinglePath
from strategies.weight_sharing.training_settings import TrainingSettings

RECIPE = Recipe(
    batch_size=32, channels=4, train_images=3200, valid_images=500, test_images=50
)
TRAINING = TrainingSettings(epochs=2, learning_rate=0.1, estimate_images=500)
SPACE = make_space("cell201")


@pytest.fixture(scope="module")
def trained(digits: Task) -> SinglePath:
    """A single-path supernet after some hundred steps."""
    task = SearchProblem(SPACE, RECIPE.cut(digits), RECIPE, 0)
    *streams, own = np.random.SeedSequence(2).spawn(5)
    form = SupernetForm(running_statistics=True)
    shared = SharedWeights(task, TRAINING, form, streams)
    method = SinglePath(shared, EvolutionSettings(), np.random.default_rng(own))
    for epoch in range(TRAINING.epochs):
        for train, valid in shared.batches(epoch):
            method.step(train, valid)
    return method


def accuracies(method: SinglePath, architectures: list[tuple[int, ...]]) -> list[float]:
    """Return accuracies by the running statistics as they stand."""
    shared = method.shared
    images = torch.from_numpy(shared.problem.task.normalised("valid"))
    labels = torch.from_numpy(shared.problem.task.valid.labels.copy())
    shared.supernet.eval()
    with torch.inference_mode():
        found = [
            float(
                (shared.supernet(images, Mixture.path(a)).argmax(1) == labels)
                .float()
                .mean()
            )
            for a in architectures
        ]
    shared.supernet.train()
    return found


def test_recalibration_lifts_estimates_from_chance(trained: SinglePath) -> None:
    rng = np.random.default_rng(0)
    candidates = [SPACE.sample(rng) for _ in range(16)]
    live = [a for a in candidates if not SPACE.graph(a).is_dead]
    as_they_stand = np.mean(accuracies(trained, live))
    recalibrated = np.mean([trained.shared.estimate_path(a) for a in live])
    assert as_they_stand < 0.17
    assert recalibrated > as_they_stand + 0.05


def test_estimates_do_not_depend_on_what_was_estimated_before(
    trained: SinglePath,
) -> None:
    one, other = (3, 3, 3, 1, 1, 3), (2, 1, 4, 3, 0, 1)
    first = trained.shared.estimate_path(one)
    trained.shared.estimate_path(other)
    assert trained.shared.estimate_path(one) == first
    assert trained.shared.supernet.training


def test_evolution_returns_the_best_of_all_that_it_saw(trained: SinglePath) -> None:
    seen = {}

    def estimate(architecture: tuple[int, ...]) -> float:
        assert architecture not in seen, "an architecture is estimated once"
        seen[architecture] = sum(option == 3 for option in architecture) / 6
        return seen[architecture]

    trained.shared.estimate_path = estimate
    trained.settings = EvolutionSettings(population=20, generations=12)
    found = trained.choose(np.random.default_rng(0), last=True)
    assert seen[found] == max(seen.values()) == 1.0
    seen.clear()
    trained.choose(np.random.default_rng(0), last=False)
    assert len(seen) <= 20, "before the end there is only the first generation"
    del trained.shared.estimate_path


def test_random_sharing_ranks_all_candidates_by_the_same_images(digits: Task) -> None:
    task = SearchProblem(SPACE, RECIPE.cut(digits), RECIPE, 0)
    *streams, own = np.random.SeedSequence(2).spawn(5)
    shared = SharedWeights(task, TRAINING, RandomSharing.form(None), streams)
    method = RandomSharing(
        shared, RandomSharingSettings(candidates=8), np.random.default_rng(own)
    )
    drawn = np.random.default_rng(5)
    candidates = [SPACE.sample(drawn) for _ in range(8)]
    estimates = [shared.estimate_path(a) for a in candidates]
    found = method.choose(np.random.default_rng(5), last=True)
    assert shared.estimate_path(found) == max(estimates)
    assert [shared.estimate_path(a) for a in candidates] == estimates


def test_uniform_paths_are_uniform(digits: Task) -> None:
    task = SearchProblem(SPACE, RECIPE.cut(digits), RECIPE, 0)
    *streams, own = np.random.SeedSequence(2).spawn(5)
    shared = SharedWeights(task, TRAINING, RandomSharing.form(None), streams)
    method = RandomSharing(shared, RandomSharingSettings(), np.random.default_rng(own))
    taken = []
    shared.loss = lambda batch, mixture: taken.append(mixture.active)
    shared.update = lambda loss: 0.0
    for _ in range(2000):
        method.step(None, iter(()))
    counts = np.zeros((6, 5))
    for active in taken:
        for edge, options in enumerate(active):
            counts[edge, options[0]] += 1
    assert counts.min() > 400 - 5 * np.sqrt(2000 * 0.2 * 0.8)
