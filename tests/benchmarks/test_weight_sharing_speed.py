"""Speed of a DARTS step, as a share of what large matrix products would allow.

The bound is the FLOPs of a step (both levels, forward and backward, as torch counts
them) over the rate of a large matrix product in the same thread, in the same run.
Seconds are CPU seconds.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import torch
from pytest_benchmark.fixture import BenchmarkFixture
from timings import cpu_seconds, ratio_in_turns
from torch.utils.flop_counter import FlopCounterMode

from nasbench.spaces import make_space
from nasbench.tasks import Task
from nasbench.training.recipe import Recipe
from strategies.weight_sharing.named_methods import find_method, make_settings
from strategies.weight_sharing.problem import SearchProblem
from strategies.weight_sharing.shared_weights import SharedWeights
from strategies.weight_sharing.training_settings import TrainingSettings

STEPS = 2
FLOP_OF_PRODUCT = 2 * 512**3


def stepper(digits: Task, space: str, method: str) -> tuple[Callable[[], object], int]:
    """Return what takes one step of a search on `digits`, and the steps of a search."""
    kind, recipe = find_method(method), Recipe()
    settings = make_settings(method, {})
    *streams, own = np.random.SeedSequence(0).spawn(5)
    problem = SearchProblem(make_space(space), recipe.cut(digits), recipe, 0)
    training = TrainingSettings()
    shared = SharedWeights(problem, training, kind.form(settings), streams)
    made = kind(shared, settings, np.random.default_rng(own))
    batches = (pair for epoch in range(10**6) for pair in shared.batches(epoch % 10))
    return lambda: made.step(*next(batches)), shared.steps * training.epochs


def product_seconds() -> float:
    matrix = torch.rand(512, 512)
    return min(cpu_seconds(lambda: matrix @ matrix) for _ in range(10))


@pytest.mark.parametrize("space, least", [("cell201", 0.08), ("chain", 0.08)])
def test_a_step_of_darts(
    benchmark: BenchmarkFixture, digits: Task, space: str, least: float
) -> None:
    torch.set_num_threads(1)
    step, steps = stepper(digits, space, "darts")
    with FlopCounterMode(display=False) as counted:
        step()
    flop = counted.get_total_flops()
    products = flop / FLOP_OF_PRODUCT  # what the bound allows
    ratio = ratio_in_turns(
        lambda: cpu_seconds(step, STEPS), product_seconds, products / least
    )
    benchmark.extra_info |= {
        "GFLOP of a step": flop / 1e9,
        "share of the bound": products / ratio,
        "seconds of a search": steps * cpu_seconds(step, STEPS),
    }
    benchmark.pedantic(step, rounds=1)
    assert products / ratio > least
