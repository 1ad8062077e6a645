"""Draws that depend on a generator's raw numbers alone."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from nasbench.tasks.draws import between, uniform, whole


def generator(seed: int = 0) -> np.random.Generator:
    return np.random.Generator(np.random.PCG64(seed))


def test_they_are_made_of_the_top_53_bits_of_the_raw_numbers() -> None:
    raw = generator(5).bit_generator.random_raw(6)
    expected = [[(int(x) >> 11) / 2**53 for x in raw[:3]]]
    expected += [[(int(x) >> 11) / 2**53 for x in raw[3:]]]
    assert uniform(generator(5), (2, 3)).tolist() == expected


def test_they_are_pinned() -> None:
    assert whole(generator(), 1000, (6,)).tolist() == [636, 269, 40, 16, 813, 912]


@pytest.mark.parametrize("limit", [1, 2, 7, 255])
def test_whole_numbers_are_equally_likely(limit: int) -> None:
    drawn = whole(generator(limit), limit, (200 * limit,))
    counts = np.bincount(drawn, minlength=limit)
    assert len(counts) == limit
    assert stats.chisquare(counts).pvalue > 0.001 or limit == 1


def test_ranges_are_filled_evenly() -> None:
    drawn = between(generator(1), -3.0, 5.0, (4000,))
    assert drawn.min() >= -3
    assert drawn.max() < 5
    assert stats.kstest(drawn, stats.uniform(-3, 8).cdf).pvalue > 0.001
