"""The reference trainer: deterministic, honest in its counts, sound when it fails."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import nn

from nasbench.benchmark import Status
from nasbench.errors import NasbenchError
from nasbench.networks.network import build_network
from nasbench.spaces import make_space
from nasbench.tasks import Task
from nasbench.training.batches import crop_flip, epoch_batches
from nasbench.training.initialisation import initialise
from nasbench.training.recipe import Recipe
from nasbench.training.torch_engine import TorchEngine
from nasbench.training.trial import Trial

MINI = make_space("cell201-mini")
CELL = (3, 1, 2)
RECIPE = Recipe(
    epochs=3,
    batch_size=50,
    channels=4,
    train_images=220,
    valid_images=150,
    test_images=130,
)


def engine(digits: Task, recipe: Recipe = RECIPE) -> TorchEngine:
    return TorchEngine(recipe.cut(digits), recipe)


def assert_equal(first: Trial, second: Trial) -> None:
    assert first.status == second.status
    assert first.epochs_done == second.epochs_done
    assert np.array_equal(first.correct, second.correct)
    assert np.array_equal(first.loss, second.loss)


def test_a_trial_depends_on_class_and_seed_alone(digits: Task) -> None:
    trainer = engine(digits)
    first = trainer.train(MINI, CELL, seed=7)
    trainer.train(MINI, (1, 3, 3), seed=1)
    assert_equal(first, trainer.train(MINI, CELL, seed=7))
    assert_equal(first, engine(digits).train(MINI, CELL, seed=7))
    other = trainer.train(MINI, CELL, seed=8)
    assert not np.array_equal(first.loss, other.loss)


def test_members_of_a_class_are_one_trial(digits: Task) -> None:
    trainer = engine(digits)
    through_node_1, direct = (3, 0, 1), (0, 3, 0)
    assert MINI.canonical(through_node_1) == MINI.canonical(direct)
    first, second = (trainer.train(MINI, a, 0) for a in (through_node_1, direct))
    assert_equal(first, second)


def test_the_number_of_threads_does_not_matter(digits: Task) -> None:
    trainer = engine(digits)
    first = trainer.train(MINI, CELL, seed=0)
    torch.set_num_threads(2)
    try:
        assert_equal(first, trainer.train(MINI, CELL, seed=0))
        assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(1)


def test_another_process_gives_the_same_bits(digits: Task) -> None:
    program = f"""
from nasbench.spaces import make_space
from nasbench.tasks import load_task
from nasbench.training.recipe import Recipe
from nasbench.training.torch_engine import TorchEngine
recipe = Recipe.from_json('''{RECIPE.to_json()}''')
trial = TorchEngine(recipe.cut(load_task("digits")), recipe).train(
    make_space("cell201-mini"), {CELL}, 7)
print(trial.loss.tobytes().hex(), trial.correct.tobytes().hex())
"""
    found = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    ).stdout.split()
    trial = engine(digits).train(MINI, CELL, seed=7)
    assert found == [trial.loss.tobytes().hex(), trial.correct.tobytes().hex()]


def test_fewer_epochs_are_the_beginning_of_more(digits: Task) -> None:
    trainer = engine(digits)
    whole, part = (trainer.train(MINI, CELL, 0, epochs) for epochs in (None, 2))
    assert part.epochs_done == 2
    assert np.array_equal(whole.correct[:, :2], part.correct[:, :2])
    assert np.array_equal(whole.loss[:, :2], part.loss[:, :2])
    assert not part.correct[:, 2].any()


def test_counts_losses_and_seconds_are_what_they_say(digits: Task) -> None:
    trial = engine(digits).train(MINI, CELL, seed=0)
    assert trial.status is Status.COMPLETE
    assert trial.correct.dtype == np.int32
    # 220 training images in batches of 50: the last 20 of an epoch are left out.
    for row, images in enumerate((200, 150, 130)):
        assert (trial.correct[row] >= 0).all()
        assert (trial.correct[row] <= images).all()
    assert (trial.loss > 0).all()
    assert (trial.cpu_seconds > 0).all()
    assert (trial.wall_seconds >= 0.5 * trial.cpu_seconds).all()
    assert trial.loss[0, 2] < trial.loss[0, 0]


def test_training_follows_a_float64_reference(digits: Task) -> None:
    """Retrace the first epoch with an optimiser written out, in float64."""
    recipe = replace(RECIPE, epochs=1)
    task = recipe.cut(digits)
    trial = TorchEngine(task, recipe).train(MINI, CELL, seed=3)
    weights, order, _ = np.random.SeedSequence(3).spawn(3)
    network = build_network(MINI, CELL, recipe.skeleton(task.shape, task.classes))
    initialise(network, np.random.default_rng(weights))
    network.double()
    images = torch.from_numpy(task.normalised("train")).double()
    labels = torch.from_numpy(task.train.labels.astype(np.int64))
    velocity = [torch.zeros_like(p) for p in network.parameters()]
    losses = []
    batches = list(epoch_batches(220, 50, np.random.default_rng(order)))
    for step, batch in enumerate(batches):
        rate = recipe.learning_rate * (1 + np.cos(np.pi * step / len(batches))) / 2
        loss = nn.functional.cross_entropy(network(images[batch]), labels[batch])
        gradients = torch.autograd.grad(loss, list(network.parameters()))
        with torch.no_grad():
            for parameter, gradient, v in zip(
                network.parameters(), gradients, velocity, strict=True
            ):
                decayed = gradient + recipe.weight_decay * parameter
                v.mul_(recipe.momentum).add_(decayed)
                parameter -= rate * (decayed + recipe.momentum * v)
        losses.append(loss.item())
    assert trial.loss[0, 0] == pytest.approx(np.mean(losses), rel=1e-4)
    network.eval()
    logits = network(torch.from_numpy(task.normalised("test")).double())
    expected = nn.functional.cross_entropy(
        logits, torch.from_numpy(task.test.labels.astype(np.int64))
    )
    assert trial.loss[2, 0] == pytest.approx(expected.item(), rel=1e-3)


def test_a_diverging_training_is_a_failure_and_no_accuracy(digits: Task) -> None:
    recipe = replace(RECIPE, learning_rate=1e30)
    trial = engine(digits, recipe).train(MINI, (3, 3, 3), seed=0)
    assert trial.status is Status.FAILED
    assert trial.epochs_done < recipe.epochs
    assert not trial.correct[:, trial.epochs_done :].any()
    assert np.isfinite(trial.loss).all()


def test_a_dead_cell_learns_the_class_frequencies(digits: Task) -> None:
    trial = engine(digits).train(MINI, (0, 0, 0), seed=0)
    assert trial.status is Status.COMPLETE
    assert trial.loss[1, -1] == pytest.approx(np.log(10), rel=0.05)


def test_training_leaves_global_generators_alone(digits: Task) -> None:
    torch_state, numpy_state = torch.get_rng_state(), np.random.get_state()[1].copy()
    engine(digits, replace(RECIPE, augmentation="crop-flip")).train(MINI, CELL, seed=0)
    assert torch.equal(torch_state, torch.get_rng_state())
    assert np.array_equal(numpy_state, np.random.get_state()[1])


def test_too_few_images_for_a_batch_are_refused(digits: Task) -> None:
    with pytest.raises(
        NasbenchError, match="220 training images, fewer than one batch"
    ):
        engine(digits, replace(RECIPE, batch_size=221))


def test_every_image_comes_once_an_epoch() -> None:
    batches = list(epoch_batches(103, 10, np.random.default_rng(0)))
    assert [len(batch) for batch in batches] == [10] * 10
    assert len(set(np.concatenate(batches))) == 100


def test_crop_flip_moves_and_mirrors_each_image() -> None:
    rng = np.random.default_rng(0)
    image = np.arange(2 * 8 * 16, dtype=np.float32).reshape(1, 2, 8, 16) + 1
    images = np.repeat(image, 400, axis=0)
    moved = crop_flip(images, rng)
    assert moved.shape == images.shape
    seen = set()
    for one in moved:
        down, right, mirrored = _shift_of(one, image[0])
        seen.add((down, right, mirrored))
    # 3 heights x 5 widths (an eighth of 8 and of 16), mirrored or not.
    assert len(seen) == 3 * 5 * 2


def _shift_of(moved: np.ndarray, image: np.ndarray) -> tuple[int, int, bool]:
    padded = np.pad(image, ((0, 0), (1, 1), (2, 2)))
    for mirrored in (False, True):
        for down in range(3):
            for right in range(5):
                window = padded[:, down : down + 8, right : right + 16]
                if np.array_equal(window[:, :, ::-1] if mirrored else window, moved):
                    return down, right, mirrored
    raise AssertionError("not a shifted copy")


@pytest.mark.parametrize(
    "wrong",
    [
        {"epochs": 0},
        {"batch_size": 1},
        {"learning_rate": 0},
        {"momentum": 1},
        {"channels": 0},
        {"train_images": -1},
        {"augmentation": "mixup"},
    ],
)
def test_impossible_recipes_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(NasbenchError, match=f"recipe: .*{next(iter(wrong))}"):
        Recipe(**wrong)  # type: ignore[arg-type]


def test_a_recipe_is_read_back_and_its_fingerprint_tells_it_apart() -> None:
    assert Recipe.from_json(RECIPE.to_json()) == RECIPE
    assert RECIPE.fingerprint != replace(RECIPE, momentum=0.0).fingerprint
    for wrong in ('{"epoch": 3}', "[]", "{"):
        with pytest.raises(NasbenchError, match="not a recipe"):
            Recipe.from_json(wrong)
