"""The fused engine against the reference trainer, and against itself."""

from __future__ import annotations

import dataclasses
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import torch
from scipy.stats import wilcoxon
from torch.nn.functional import cross_entropy

from nasbench.benchmark import Status
from nasbench.errors import NasbenchError
from nasbench.networks import Skeleton, SkeletonCosts
from nasbench.networks.network import build_network
from nasbench.spaces import TopologyCell, make_space
from nasbench.tasks import Task, load_task
from nasbench.training.fused.engine import FusedEngine
from nasbench.training.fused.interpreter import run_batches
from nasbench.training.fused.plan import Plan, plan
from nasbench.training.initialisation import initialise
from nasbench.training.recipe import Recipe
from nasbench.training.torch_engine import TorchEngine
from nasbench.training.trial import Trial

CELL201 = make_space("cell201")
SMALL = Recipe(
    epochs=2, batch_size=32, train_images=320, valid_images=90, test_images=77
)

SETTINGS = [
    # skeleton, batch size
    (Skeleton(3, 8, 8, 10, 8, 1), 64),
    (Skeleton(1, 12, 12, 10, 8, 1), 50),
    (Skeleton(1, 9, 13, 7, 5, 2), 10),
    (Skeleton(3, 16, 16, 4, 4, 1), 17),
    (Skeleton(3, 8, 8, 10, 32, 1), 16),
    (Skeleton(1, 8, 8, 3, 12, 5), 33),
    (Skeleton(3, 32, 32, 5, 4, 1), 6),
]


@pytest.fixture(scope="module")
def task() -> Task:
    return SMALL.cut(load_task("digits"))


def images_of(skeleton: Skeleton, images: int) -> tuple[np.ndarray, np.ndarray]:
    """Return images whose classes can be told apart, and their labels."""
    rng = np.random.default_rng(1)
    labels = rng.integers(skeleton.classes, size=images)
    shape = (skeleton.image_channels, skeleton.height, skeleton.width)
    patterns = rng.standard_normal((skeleton.classes, *shape))
    noise = rng.standard_normal((images, *shape))
    return (patterns[labels] + noise).astype(np.float32), labels


def fused_losses(
    network: Plan, images: np.ndarray, labels: np.ndarray, rate: float, batch: int
) -> np.ndarray:
    memory = network.memory()
    drawn = network.parameters.draw(np.random.default_rng(0))
    memory[network.weights : network.weights + len(drawn)] = drawn
    steps = len(images) // batch
    losses = np.zeros(steps)
    run_batches(
        memory, network.tables, network.train, network.ports,
        images.reshape(len(images), -1), labels, np.arange(len(images)), batch,
        np.full(steps, rate), 0.9, 5e-4, losses,
    )  # fmt: skip
    return losses / batch


def torch_losses(
    architecture: tuple[int, ...], skeleton: Skeleton, images: np.ndarray,
    labels: np.ndarray, rate: float, batch: int, kind: torch.dtype,
) -> np.ndarray:  # fmt: skip
    network = build_network(CELL201, architecture, skeleton)
    initialise(network, np.random.default_rng(0))
    network.to(kind)
    optimiser = torch.optim.SGD(
        network.parameters(), lr=rate, momentum=0.9, weight_decay=5e-4, nesterov=True
    )
    losses = []
    for start in range(0, len(images) - batch + 1, batch):
        part = slice(start, start + batch)
        loss = cross_entropy(
            network(torch.from_numpy(images[part]).to(kind)),
            torch.from_numpy(labels[part]),
        )
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        losses.append(loss.item())
    return np.array(losses)


def fifty_steps(skeleton: Skeleton) -> np.ndarray:
    """Return ``(10 cells, 2, 50)`` distances of losses from float64: ours, torch's."""
    batch, rate = 32, 0.02
    images, labels = images_of(skeleton, 50 * batch)
    rng = np.random.default_rng(5)
    errors = []
    for _ in range(10):
        architecture = CELL201.sample(rng)
        reference, single = (
            torch_losses(architecture, skeleton, images, labels, rate, batch, kind)
            for kind in (torch.float64, torch.float32)
        )
        network = plan(CELL201.graph(architecture), skeleton, batch)
        ours = fused_losses(network, images, labels, rate, batch)
        errors.append([np.abs(ours - reference), np.abs(single - reference)])
    return np.array(errors)


def test_losses_of_fifty_steps_are_as_close_to_float64_as_torchs_own() -> None:
    errors = fifty_steps(Skeleton(3, 8, 8, 10, 8, 1))
    ours, theirs = np.median(errors.max(axis=2), axis=0)
    assert ours < 1e-5
    assert ours < 3 * theirs


@pytest.mark.slow
@pytest.mark.parametrize(
    "skeleton",
    [
        pytest.param(Skeleton(1, 12, 12, 10, 8, 1), id="12x12"),
        pytest.param(Skeleton(3, 8, 8, 10, 8, 2), id="two cells per stage"),
        pytest.param(Skeleton(3, 8, 8, 10, 16, 1), id="16 channels"),
    ],
)
def test_other_networks_leave_float64_no_sooner_than_in_torch(
    skeleton: Skeleton,
) -> None:
    """A sum that rounds to the other side of a ReLU moves a whole loss.

    That happens to about half of these networks within 50 steps, to torch's float32 as
    to ours. So losses are compared until it happens to either, and how often it does.
    """
    errors = fifty_steps(skeleton)
    far = np.maximum.accumulate(errors, axis=2) > 1e-6
    together = ~far.any(axis=1)
    assert np.median(together.sum(axis=1)) >= 10
    ratios = [
        ours[steps].max() / theirs[steps].max()
        for (ours, theirs), steps in zip(errors, together, strict=True)
        if steps.any()
    ]
    assert np.median(ratios) < 3
    ours, theirs = far[:, :, -1].sum(axis=0)
    assert ours <= theirs + 4


@pytest.mark.parametrize("skeleton, batch", SETTINGS)
def test_first_steps_agree_with_float64_in_every_setting(
    skeleton: Skeleton, batch: int
) -> None:
    images, labels = images_of(skeleton, 4 * batch)
    rng = np.random.default_rng(7)
    architectures = [CELL201.sample(rng) for _ in range(4)]
    errors = []
    for architecture in [(3, 4, 2, 1, 4, 3), (1,) * 6, (4,) * 6, *architectures]:
        network = plan(CELL201.graph(architecture), skeleton, batch)
        ours = fused_losses(network, images, labels, 0.01, batch)
        reference = torch_losses(
            architecture, skeleton, images, labels, 0.01, batch, torch.float64
        )
        errors.append(np.abs(ours - reference))
    assert np.max(errors, axis=0)[0] < 1e-5
    # Where batch norm divides by nearly nothing, a rounding grows within a step, in
    # torch's own float32 as well; most networks are not like that.
    assert (np.median(errors, axis=0) < 1e-5).all()
    assert np.max(errors) < 0.1


@pytest.mark.parametrize("nodes", [2, 3, 5, 6])
def test_cells_of_any_number_of_nodes_are_trained(nodes: int) -> None:
    operations = [
        "none",
        "skip_connect",
        "nor_conv_1x1",
        "nor_conv_3x3",
        "avg_pool_3x3",
    ]
    space = TopologyCell(f"cell of {nodes}", nodes, operations)
    skeleton = Skeleton(1, 8, 8, 3, 4, 1)
    images, labels = images_of(skeleton, 96)
    rng = np.random.default_rng(2)
    for _ in range(6):
        architecture = space.sample(rng)
        network = build_network(space, architecture, skeleton)
        initialise(network, np.random.default_rng(0))
        loss = cross_entropy(
            network.double()(torch.from_numpy(images[:32]).double()),
            torch.from_numpy(labels[:32]),
        )
        planned = plan(space.graph(architecture), skeleton, 32)
        ours = fused_losses(planned, images, labels, 0.01, 32)
        assert ours[0] == pytest.approx(loss.item(), abs=1e-6)


def test_first_weights_are_those_of_the_reference() -> None:
    skeleton = Skeleton(3, 8, 8, 10, 6, 2)
    rng = np.random.default_rng(0)
    for _ in range(20):
        architecture = CELL201.sample(rng)
        network = build_network(CELL201, architecture, skeleton)
        initialise(network, np.random.default_rng(3))
        parameters = plan(CELL201.graph(architecture), skeleton, 16).parameters
        drawn = parameters.draw(np.random.default_rng(3))[: parameters.count]
        theirs = np.concatenate(
            [
                (p.permute(2, 3, 1, 0) if p.dim() == 4 else p).detach().numpy().ravel()
                for p in network.parameters()
            ]
        )
        assert sorted(drawn) == sorted(theirs)
        assert (
            parameters.count
            == SkeletonCosts(CELL201, skeleton)(architecture).parameters
        )


def test_a_dead_cell_trains_its_biases_alone(task: Task) -> None:
    trial = FusedEngine(task, SMALL).train(CELL201, (0,) * 6, 0)
    reference = TorchEngine(task, SMALL).train(CELL201, (0,) * 6, 0)
    assert trial.status is Status.COMPLETE
    np.testing.assert_allclose(trial.loss, reference.loss, atol=1e-5)


@pytest.mark.parametrize("augmentation", ["none", "crop-flip"])
def test_trials_begin_like_those_of_the_reference(
    task: Task, augmentation: str
) -> None:
    recipe = dataclasses.replace(
        SMALL, epochs=1, learning_rate=0.005, augmentation=augmentation
    )
    for architecture in [(3, 3, 1, 2, 4, 3), (4, 1, 2, 0, 1, 3)]:
        ours = FusedEngine(task, recipe).train(CELL201, architecture, 1)
        reference = TorchEngine(task, recipe).train(CELL201, architecture, 1)
        np.testing.assert_allclose(ours.loss, reference.loss, atol=1e-4)
        assert np.abs(ours.correct - reference.correct).max() <= 1


def same(one: Trial, other: Trial) -> bool:
    return (
        one.correct.tobytes() == other.correct.tobytes()
        and one.loss.tobytes() == other.loss.tobytes()
    )


def test_trials_do_not_depend_on_threads_or_order(task: Task) -> None:
    engine = FusedEngine(task, SMALL)
    rng = np.random.default_rng(4)
    jobs = [(CELL201.sample(rng), seed) for seed in range(6)]
    alone = [engine.train(CELL201, *job) for job in jobs]
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(lambda job: engine.train(CELL201, *job), jobs[::-1]))
    assert all(same(a, b) for a, b in zip(alone, together[::-1], strict=True))


def test_members_of_a_class_are_one_trial(task: Task) -> None:
    engine = FusedEngine(task, SMALL)
    one, other = (3, 1, 0, 0, 0, 1), (0, 0, 0, 1, 0, 4)
    assert CELL201.canonical(one) == CELL201.canonical(other)
    assert same(engine.train(CELL201, one, 0), engine.train(CELL201, other, 0))


def test_fewer_epochs_are_the_beginning_of_all(task: Task) -> None:
    engine = FusedEngine(task, SMALL)
    whole = engine.train(CELL201, (3, 1, 2, 4, 1, 3), 0)
    part = engine.train(CELL201, (3, 1, 2, 4, 1, 3), 0, epochs=1)
    assert part.epochs_done == 1
    assert part.loss[:, 0].tolist() == whole.loss[:, 0].tolist()
    assert not part.loss[:, 1].any()


def test_a_training_that_diverges_has_failed(task: Task) -> None:
    recipe = dataclasses.replace(SMALL, learning_rate=1e30)
    trial = FusedEngine(task, recipe).train(CELL201, (3,) * 6, 0)
    assert trial.status is Status.FAILED
    assert trial.epochs_done == 0
    assert not trial.loss.any()


def test_seconds_are_of_training_and_not_of_compiling(task: Task) -> None:
    trial = FusedEngine(task, SMALL).train(CELL201, (1,) * 6, 0)
    assert (trial.cpu_seconds > 0).all()
    assert trial.cpu_seconds.sum() < 1


def test_global_random_state_stays(task: Task) -> None:
    before = np.random.get_state()[1].copy()
    FusedEngine(task, SMALL).train(CELL201, (3,) * 6, 0, epochs=1)
    assert (np.random.get_state()[1] == before).all()


def test_a_batch_that_is_not_filled_is_refused(task: Task) -> None:
    recipe = dataclasses.replace(SMALL, batch_size=400)
    with pytest.raises(NasbenchError, match="fewer than one batch of 400"):
        FusedEngine(task, recipe)


PROGRAM = """
import hashlib
from nasbench.spaces import make_space
from nasbench.tasks import load_task
from nasbench.training.fused.engine import FusedEngine
from nasbench.training.recipe import Recipe
recipe = Recipe(epochs=1, train_images=640, valid_images=100, test_images=100)
engine = FusedEngine(recipe.cut(load_task("digits")), recipe)
digest = hashlib.sha256()
for architecture in [(3, 2, 4, 1, 3, 3), (3, 1, 2, 4, 0, 2), (1,) * 6]:
    trial = engine.train(make_space("cell201"), architecture, 0)
    digest.update(trial.correct.tobytes() + trial.loss.tobytes())
print(engine.identity.instruction_set, digest.hexdigest())
"""


@pytest.mark.slow
def test_shorter_vectors_compute_the_same_bits() -> None:
    found = {}
    for features in ("", "+avx2,+fma,+avx,+sse4.2"):
        environment = dict(os.environ)
        if features:
            environment |= {"NUMBA_CPU_NAME": "haswell", "NUMBA_CPU_FEATURES": features}
        run = subprocess.run(
            [sys.executable, "-c", PROGRAM],
            capture_output=True, text=True, check=True, env=environment,
        )  # fmt: skip
        instruction_set, digest = run.stdout.split()
        found[instruction_set] = digest
    if set(found) == {"AVX2"}:
        pytest.skip("this machine has no longer vectors than AVX2")
    assert len(found) == 2
    assert len(set(found.values())) == 1


@pytest.mark.slow
def test_accuracies_are_distributed_like_those_of_the_reference() -> None:
    recipe = Recipe(epochs=3, train_images=2000, valid_images=1000, test_images=2000)
    task = recipe.cut(load_task("digits"))
    fused, reference = FusedEngine(task, recipe), TorchEngine(task, recipe)
    representatives = CELL201.classes.representatives
    chosen = np.random.default_rng(0).permutation(len(representatives))[:50]
    accuracies = np.empty((2, 50, 3))
    for row, number in enumerate(chosen):
        architecture = CELL201.architecture_at(int(representatives[number]))
        for seed in range(3):
            for which, engine in enumerate((fused, reference)):
                trial = engine.train(CELL201, architecture, seed)
                accuracies[which, row, seed] = trial.correct[2, -1] / 2000
    difference = accuracies[0] - accuracies[1]
    between_seeds = accuracies.std(axis=2, ddof=1)
    # The same trial but for its rounding: seeds stand for how far that may carry.
    standard_error = difference.mean(axis=1).std(ddof=1) / np.sqrt(50)
    assert abs(difference.mean()) < 3 * standard_error
    assert wilcoxon(accuracies[0].mean(1), accuracies[1].mean(1)).pvalue > 0.01
    assert wilcoxon(between_seeds[0], between_seeds[1]).pvalue > 0.01
