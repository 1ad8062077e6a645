"""Trainings again on another engine: noise passes, what is not noise is found."""

from __future__ import annotations

import math
from importlib.resources import files
from pathlib import Path

import numpy as np
import pytest

from tabular import Table
from tabular.agreement import DEGREES, agreement
from tabular.schema import COMPLETE

DATA = Path(str(files("tabular") / "data"))
TABLES = [
    "pilots/cell201-digits-v1.h5",
    "pilots/cell201-cifar10x8-v1.h5",
    "cell201-mini-digits-v1.h5",
]
DRAWS = 1000


class Seeds:
    """Validation accuracies of a table of several seeds, ``(classes, seeds)``."""

    def __init__(self, name: str) -> None:
        table = Table.open(DATA / name)
        self.images = table.identity.images[1]
        whole = (table.read("trials/status") == COMPLETE).all(axis=1)
        correct = table.read("trials/correct_valid")[whole, :, -1]
        self.accuracy = correct / self.images
        self.sd = table.seed_sd("validation")

    def differences(self, count: int, rng: np.random.Generator) -> np.ndarray:
        """Return trials of random classes less those of other seeds of theirs."""
        classes, seeds = self.accuracy.shape
        rows = rng.choice(classes, size=count, replace=False)
        one = rng.integers(seeds, size=count)
        other = (one + rng.integers(1, seeds, size=count)) % seeds
        return self.accuracy[rows, one] - self.accuracy[rows, other]

    def judged(self, differences: np.ndarray, degrees: int) -> bool:
        sd = self.sd if degrees else 0.0
        return agreement(differences, self.images, sd, degrees).passed


@pytest.fixture(scope="module", params=TABLES)
def seeds(request: pytest.FixtureRequest) -> Seeds:
    return Seeds(request.param)


@pytest.mark.parametrize("degrees", [0, 300], ids=["one seed", "several seeds"])
@pytest.mark.parametrize("count", [1, 3, 20])
def test_another_seed_passes_for_another_rounding(
    count: int, degrees: int, seeds: Seeds
) -> None:
    rng = np.random.default_rng(0)
    passed = [
        seeds.judged(seeds.differences(count, rng), degrees) for _ in range(DRAWS)
    ]
    assert np.mean(passed) >= 0.998


@pytest.mark.parametrize("degrees", [0, 300], ids=["one seed", "several seeds"])
def test_what_moves_all_trials_is_found(degrees: int, seeds: Seeds) -> None:
    rng = np.random.default_rng(0)
    # A digits table of one seed: 3 points, though single trials may be off by 15.
    shift = 3 * math.hypot(seeds.sd, 0.5 / math.sqrt(seeds.images))
    found = [
        not seeds.judged(seeds.differences(20, rng) + sign * shift, degrees)
        for sign in (-1, 1)
        for _ in range(DRAWS)
    ]
    assert np.mean(found) > 0.99


def test_one_wrong_trial_is_found_as_far_as_the_noise_is_known(seeds: Seeds) -> None:
    differences = seeds.differences(20, np.random.default_rng(0))
    differences[3] = 0.2
    assert not seeds.judged(differences, degrees=0)
    differences[3] = 6 * max(seeds.sd, 0.5 / math.sqrt(seeds.images))
    assert not seeds.judged(differences, degrees=300)


def test_a_few_trials_do_not_make_a_standard_deviation() -> None:
    differences = np.array([0.004, -0.05, 0.02])
    lucky = agreement(differences, 4000, seed_sd=0.0001, degrees=DEGREES - 1)
    assert lucky.passed
    known = agreement(differences, 4000, seed_sd=0.0001, degrees=DEGREES)
    assert not known.passed
    assert known.largest_allowed == pytest.approx(5 * 0.5 / math.sqrt(4000))


def test_the_mean_is_judged_from_ten_trials_on_by_its_standard_error() -> None:
    differences = np.tile([0.01, 0.03], 5)
    assert agreement(differences[:9], 10_000, 0.0, 0).passed
    found = agreement(differences, 10_000, 0.0, 0)
    assert not found.passed
    spread = differences.std(ddof=1)
    assert found.mean == pytest.approx(0.02)
    assert found.mean_allowed == pytest.approx(5 * spread / math.sqrt(10))
    assert "on average +0.0200, tolerance 0.0167" in str(found)
    assert agreement(-differences, 10_000, 0.0, 0).passed is False


def test_one_image_on_every_trial_is_no_fault() -> None:
    assert agreement(np.full(20, 1 / 4000), 4000, 0.0, 0).passed
    assert agreement(np.array([]), 4000, 0.0, 0).passed
