"""Speed of steps of the fused engine, as ratios to torch in the same run.

Baselines: the plain torch loop (modules and optimiser as torch makes them), and its
best tuned form (channels innermost, fused optimiser), which is the reference trainer.
Every core trains the same random cells, one process each, one thread each, 64 images
per step. Seconds are CPU seconds of the training thread. Variants are measured in
turns; what counts is the median over rounds of the ratio within a round.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from statistics import median

import numpy as np
import pytest
import torch
from pytest_benchmark.fixture import BenchmarkFixture
from random_cells import random_cells

from nasbench.networks import Skeleton
from nasbench.networks.network import build_network
from nasbench.spaces import Graph, make_space
from nasbench.training.fused.interpreter import run_batches
from nasbench.training.fused.network import Convolution, Images, flatten
from nasbench.training.fused.plan import plan

BATCH = 64
STEPS = 5
ROUNDS = 7
"""Rounds of a benchmark: as many whatever they show."""

FLOOR = 0.4
"""The share of the ratios that is asked where benchmarks are disabled: tests run beside
each other, and neighbours take caches away, from this engine more than from torch."""

TEST_ROUNDS, PATIENCE = 3, 15
"""Rounds of such a test, and the most it takes before it fails."""

CORES = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 1


def fused_seconds(skeleton: Skeleton, images: np.ndarray) -> float:
    """Return the mean CPU seconds of one step of the fused engine."""
    graphs = map(make_space("cell201").graph, random_cells())
    return float(np.mean([_fused(graph, skeleton, images) for graph in graphs]))


def _fused(graph: Graph, skeleton: Skeleton, images: np.ndarray) -> float:
    network = plan(graph, skeleton, BATCH)
    memory = network.memory()
    drawn = network.parameters.draw(np.random.default_rng(0))
    memory[network.weights : network.weights + len(drawn)] = drawn
    labels = np.arange(BATCH) % skeleton.classes
    flat, positions = images.reshape(BATCH, -1), np.tile(np.arange(BATCH), STEPS)

    def steps(count: int) -> None:
        run_batches(
            memory, network.tables, network.train, network.ports, flat, labels,
            positions[: count * BATCH], BATCH, np.full(count, 0.01), 0.9, 5e-4,
            np.zeros(count),
        )  # fmt: skip

    return _timed(steps)


def torch_seconds(skeleton: Skeleton, images: np.ndarray, tuned: bool) -> float:
    """Return the mean CPU seconds of one step of torch."""
    torch.set_num_threads(1)
    space = make_space("cell201")
    networks = [build_network(space, cell, skeleton) for cell in random_cells()]
    return float(np.mean([_torch(network, images, tuned) for network in networks]))


def _torch(network: torch.nn.Module, images: np.ndarray, tuned: bool) -> float:
    pixels, labels = torch.from_numpy(images), torch.arange(BATCH) % 10
    if tuned:
        pixels = pixels.contiguous(memory_format=torch.channels_last)
        network.to(memory_format=torch.channels_last)
    optimiser = torch.optim.SGD(
        network.parameters(), lr=0.01, momentum=0.9, weight_decay=5e-4, nesterov=True,
        fused=tuned,
    )  # fmt: skip

    def steps(count: int) -> None:
        for _ in range(count):
            loss = torch.nn.functional.cross_entropy(network(pixels), labels)
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()

    return _timed(steps)


def _timed(steps: Callable[[int], None]) -> float:
    steps(1)
    start = time.thread_time()
    steps(STEPS)
    return (time.thread_time() - start) / STEPS


def _gemm_flops(size: int = 512) -> float:
    """Return the floating-point operations per second of one thread's large product."""
    torch.set_num_threads(1)
    matrix = torch.rand(size, size)
    spent = []
    for _ in range(20):
        start = time.thread_time()
        matrix @ matrix
        spent.append(time.thread_time() - start)
    return 2 * size**3 / min(spent)


def _work(variant: str, skeleton: Skeleton) -> float:
    rng = np.random.default_rng(0)
    shape = (BATCH, skeleton.image_channels, skeleton.height, skeleton.width)
    images = rng.standard_normal(shape).astype(np.float32)
    if variant == "fused":
        return fused_seconds(skeleton, images)
    if variant == "gemm":
        return _gemm_flops()
    return torch_seconds(skeleton, images, tuned=variant == "tuned")


@pytest.fixture(scope="module")
def on_all_cores() -> Iterator[Callable[[str, Skeleton], float]]:
    """Run a variant on every core at once; return the mean over the cores."""
    with ProcessPoolExecutor(CORES, mp_context=get_context("spawn")) as pool:

        def run(variant: str, skeleton: Skeleton) -> float:
            jobs = [pool.submit(_work, variant, skeleton) for _ in range(CORES)]
            return float(np.mean([job.result() for job in jobs]))

        yield run


def _products(skeleton: Skeleton) -> float:
    """Return the mean products of one step that the fused engine really makes, x 2.

    Forward, and the same again for each of the two gradients, but for the images'.
    """
    space, total = make_space("cell201"), 0
    for cell in random_cells():
        for node in flatten(space.graph(cell), skeleton):
            if isinstance(node, Convolution):
                pairs = len(node.window.reads()) * node.channels * node.source.channels
                passes = 2 if isinstance(node.source, Images) else 3
                total += 2 * BATCH * pairs * passes
    return total / len(random_cells())


@pytest.mark.parametrize(
    "skeleton, plain, best",
    [
        pytest.param(Skeleton(3, 8, 8, 10, 8, 1), 10, 6, id="8x8"),
        # For the record: no ratio is asked of these.
        pytest.param(
            Skeleton(1, 12, 12, 10, 8, 1), 0, 0, id="12x12", marks=pytest.mark.slow
        ),
        pytest.param(
            Skeleton(3, 16, 16, 10, 8, 1), 0, 0, id="16x16", marks=pytest.mark.slow
        ),
    ],
)
def test_a_step_of_training(
    benchmark: BenchmarkFixture,
    on_all_cores: Callable[[str, Skeleton], float],
    skeleton: Skeleton,
    plain: float,
    best: float,
) -> None:
    on_all_cores("fused", skeleton)  # compiles
    rounds: dict[str, list[float]] = {"fused": [], "plain": [], "tuned": [], "gemm": []}

    def ratio(variant: str) -> float:
        pairs = zip(rounds[variant], rounds["fused"], strict=True)
        return median(theirs / ours for theirs, ours in pairs)

    share = 1.0 if benchmark.enabled else FLOOR
    for turn in range(1, (ROUNDS if benchmark.enabled else PATIENCE) + 1):
        for variant, found in rounds.items():
            found.append(on_all_cores(variant, skeleton))
        fast = ratio("plain") >= share * plain and ratio("tuned") >= share * best
        if not benchmark.enabled and turn >= TEST_ROUNDS and fast:
            break
    middle = {variant: median(found) for variant, found in rounds.items()}
    flops = _products(skeleton) / middle["fused"]
    benchmark.extra_info |= {
        "ms per step": {v: 1e3 * middle[v] for v in ("fused", "plain", "tuned")},
        "ratio to plain torch": ratio("plain"),
        "ratio to tuned torch": ratio("tuned"),
        "GFLOP/s per core": flops / 1e9,
        "share of the GEMM peak": flops / middle["gemm"],
    }
    benchmark.pedantic(on_all_cores, ("fused", skeleton), rounds=1)
    assert fast, (
        f"{ratio('plain'):.1f} times plain torch, {ratio('tuned'):.1f} times tuned "
        f"torch, in the median of {turn} rounds"
    )
