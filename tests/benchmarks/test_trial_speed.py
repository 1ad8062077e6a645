"""Speed of whole trials of the fused engine, as ratios to torch in the same run.

A trial is what a build pays for: planning or making the network, first weights, all
steps, and after every epoch the evaluation of both held-out splits. Baselines: the
plain torch loop, written out below, and the reference trainer, which is its tuned form.
Every core trains the same random cells on 8x8 images, one process each, one thread
each; what counts is the median over rounds of the ratio within a round.
"""

from __future__ import annotations

import math
import os
import time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from statistics import median

import numpy as np
import pytest
import torch
from pytest_benchmark.fixture import BenchmarkFixture
from random_cells import random_cells
from torch.nn.functional import cross_entropy

from nasbench.networks.network import build_network
from nasbench.spaces import Architecture, make_space
from nasbench.tasks import Task
from nasbench.tasks.task import Split
from nasbench.training.batches import epoch_batches
from nasbench.training.fused.engine import FusedEngine
from nasbench.training.initialisation import initialise
from nasbench.training.recipe import Recipe
from nasbench.training.torch_engine import TorchEngine

RECIPE = Recipe(epochs=2, train_images=2560, valid_images=640, test_images=640)
"""Short, with the proportions of the splits of `cell201-cifar10x8-v1`."""

ROUNDS = 3
PLAIN, TUNED = 10, 6
"""Ratios asked to the plain loop and to the tuned one, as of steps alone."""

CORES = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 1
SECONDS_PER_HOUR = 3600


def noise_task() -> Task:
    """Return images of noise, 3 x 8 x 8, split as the recipe wants them."""
    rng = np.random.default_rng(0)

    def split(images: int) -> Split:
        pixels = rng.integers(0, 256, size=(images, 3, 8, 8), dtype=np.uint8)
        return Split(pixels, np.arange(images, dtype=np.int64) % 10)

    counts = (RECIPE.train_images, RECIPE.valid_images, RECIPE.test_images)
    train, valid, test = map(split, counts)
    return Task("noise", 10, train, valid, test, "pseudo-random numbers")


class PlainLoop:
    """Training as one writes it in torch: modules and optimiser as they come."""

    def __init__(self, task: Task) -> None:
        self._skeleton = RECIPE.skeleton(task.shape, task.classes)
        self._images = {
            split: torch.from_numpy(task.normalised(split))
            for split in ("train", "valid", "test")
        }
        self._labels = {
            split: torch.from_numpy(np.array(getattr(task, split).labels))
            for split in self._images
        }

    def train(self, cell: Architecture, seed: int) -> None:
        rng = np.random.default_rng(seed)
        network = build_network(make_space("cell201"), cell, self._skeleton)
        initialise(network, rng)
        optimiser = torch.optim.SGD(
            network.parameters(), lr=RECIPE.learning_rate, momentum=RECIPE.momentum,
            weight_decay=RECIPE.weight_decay, nesterov=True,
        )  # fmt: skip
        images, labels = self._images["train"], self._labels["train"]
        steps = RECIPE.epochs * (len(images) // RECIPE.batch_size)
        rates = torch.optim.lr_scheduler.LambdaLR(
            optimiser, lambda step: (1 + math.cos(math.pi * step / steps)) / 2
        )
        for _ in range(RECIPE.epochs):
            network.train()
            for batch in epoch_batches(len(images), RECIPE.batch_size, rng):
                logits = network(images[batch])
                loss = cross_entropy(logits, labels[batch])
                optimiser.zero_grad()
                loss.backward()
                optimiser.step()
                rates.step()
                loss.item(), (logits.argmax(1) == labels[batch]).sum().item()
            network.eval()
            with torch.inference_mode():
                for split in ("valid", "test"):
                    logits = network(self._images[split])
                    cross_entropy(logits, self._labels[split]).item()
                    (logits.argmax(1) == self._labels[split]).sum().item()


def seconds_per_trial(variant: str) -> float:
    """Return the mean CPU seconds of one trial."""
    torch.set_num_threads(1)
    task, space = noise_task(), make_space("cell201")
    fused, tuned = FusedEngine(task, RECIPE), TorchEngine(task, RECIPE)
    plain = PlainLoop(task)
    trial = {
        "fused": lambda cell: fused.train(space, cell, 0),
        "tuned": lambda cell: tuned.train(space, cell, 0),
        "plain": lambda cell: plain.train(cell, 0),
    }[variant]
    cells = random_cells()
    trial(cells[0])  # loads what is compiled, and libraries
    start = time.thread_time()
    for cell in cells:
        trial(cell)
    return (time.thread_time() - start) / len(cells)


def test_whole_trials_per_hour(benchmark: BenchmarkFixture) -> None:
    if benchmark.disabled:
        pytest.skip("whole trials are timed by `make benchmark`")
    rounds: dict[str, list[float]] = {"fused": [], "plain": [], "tuned": []}
    with ProcessPoolExecutor(CORES, mp_context=get_context("spawn")) as pool:

        def on_all_cores(variant: str) -> float:
            jobs = [pool.submit(seconds_per_trial, variant) for _ in range(CORES)]
            return float(np.mean([job.result() for job in jobs]))

        on_all_cores("fused")  # compiles
        for _ in range(ROUNDS):
            for variant, found in rounds.items():
                found.append(on_all_cores(variant))
        benchmark.pedantic(on_all_cores, ("fused",), rounds=1)
    ratios = {
        variant: median(
            theirs / ours
            for theirs, ours in zip(rounds[variant], rounds["fused"], strict=True)
        )
        for variant in ("plain", "tuned")
    }
    benchmark.extra_info |= {
        f"architectures per hour on {CORES} cores": {
            variant: CORES * SECONDS_PER_HOUR / median(found)
            for variant, found in rounds.items()
        },
        "ratio to plain torch": ratios["plain"],
        "ratio to tuned torch": ratios["tuned"],
    }
    assert ratios["plain"] >= PLAIN
    assert ratios["tuned"] >= TUNED
