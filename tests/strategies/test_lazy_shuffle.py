"""A shuffle that is never written down is still a shuffle."""

from __future__ import annotations

from collections import Counter
from itertools import permutations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import chisquare

from nasbench.testing import ConstrainedToySpace
from strategies.drawing.lazy_shuffle import LazyShuffle, draw_architecture


@given(length=st.integers(0, 300), seed=st.integers(0, 2**32))
def test_every_integer_comes_exactly_once(length, seed):
    rng = np.random.default_rng(seed)
    order = LazyShuffle(length)
    drawn = [order.draw(rng) for _ in range(length)]
    assert sorted(drawn) == list(range(length))
    assert order.remaining == 0
    with pytest.raises(IndexError):
        order.draw(rng)


def test_all_orders_are_equally_likely():
    rng = np.random.default_rng(0)
    orders = Counter()
    for _ in range(4800):
        order = LazyShuffle(4)
        orders[tuple(order.draw(rng) for _ in range(4))] += 1
    counts = [orders[one] for one in permutations(range(4))]
    assert sum(counts) == 4800
    assert chisquare(counts).pvalue > 1e-3


def test_memory_is_bounded_by_what_was_drawn_and_by_what_remains():
    rng = np.random.default_rng(0)
    order = LazyShuffle(500)
    for drawn in range(1, 501):
        order.draw(rng)
        assert len(order._moved) <= min(drawn, order.remaining)


@pytest.mark.parametrize("length", [2**63, 2**63 + 1, 3 * 2**70, 10**40])
def test_ranges_beyond_64_bits_are_drawn_uniformly(length):
    rng = np.random.default_rng(0)
    order = LazyShuffle(length)
    drawn = [order.draw(rng) for _ in range(3000)]
    assert len(set(drawn)) == 3000
    assert min(drawn) >= 0
    assert max(drawn) < length
    tenths = Counter(one * 10 // length for one in drawn)
    assert chisquare([tenths[i] for i in range(10)]).pvalue > 1e-3


def test_architectures_come_once_and_only_valid_ones():
    space = ConstrainedToySpace((3, 2, 4, 3))
    rng = np.random.default_rng(0)
    order = LazyShuffle(space.size)
    drawn = [draw_architecture(order, space, rng) for _ in space]
    assert sorted(drawn) == list(space)
    assert draw_architecture(order, space, rng) is None
