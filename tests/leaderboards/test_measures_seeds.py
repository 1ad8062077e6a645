"""How many seeds a claim needs: laws of the wealth, and power against theory."""

from __future__ import annotations

from math import comb

import numpy as np
import pytest
import scipy.integrate
import scipy.stats
from drawn_curves import curves_at_the_end, generator
from hypothesis import given
from hypothesis import strategies as st

from leaderboards.measures import (
    Claim,
    power,
    seeds_needed,
    sequential_check,
)
from leaderboards.measures.sequential import log_wealth
from nasbench.errors import NasbenchError

CLAIM = Claim("a", "b", "b0")


def duel(first, second):
    """Curves of two strategies at one time."""
    return curves_at_the_end(np.stack([first, second])[..., None], "ab")


@given(st.integers(0, 40), st.integers(0, 40))
def test_the_wealth_is_the_integral_over_all_odds(wins, losses):
    def ratio(p):
        return (2 * p) ** wins * (2 * (1 - p)) ** losses

    integral, _ = scipy.integrate.quad(ratio, 0.5, 1)
    assert log_wealth(wins, losses) == pytest.approx(np.log(2 * integral), rel=1e-6)


@pytest.mark.parametrize("seeds", [1, 2, 7, 30, 200])
def test_the_wealth_cannot_be_expected_to_grow_without_a_difference(seeds):
    wins = np.arange(seeds + 1)
    law = [comb(seeds, int(w)) / 2**seeds for w in wins]
    assert np.exp(log_wealth(wins, seeds - wins)) @ law == pytest.approx(1)
    # Where the opposite is true, it is expected to shrink.
    worse = scipy.stats.binom.pmf(wins, seeds, 0.4)
    assert np.exp(log_wealth(wins, seeds - wins)) @ worse < 1


def test_looking_after_every_seed_keeps_the_level():
    # 1,000 studies without a difference, watched for 300 seeds each.
    won = generator(1).random((1000, 300)) < 0.5
    wins = np.cumsum(won, axis=1)
    ever = (log_wealth(wins, np.arange(1, 301) - wins) >= np.log(20)).any(axis=1)
    assert ever.mean() <= 0.05
    # The same look with a plain sign test is wrong far more often.
    p_values = scipy.stats.binom.sf(wins - 1, np.arange(1, 301), 0.5)
    assert (p_values <= 0.05).any(axis=1).mean() > 0.2


def test_a_real_difference_is_accepted_and_the_opposite_never():
    first, second = generator(2).random(200), generator(3).random(200) + 0.4
    check = sequential_check(duel(first, second), CLAIM)
    assert check.decided_after is not None
    assert check.decided_after < 60
    before = check.log_wealth[: check.decided_after - 1]
    assert (before < np.log(20)).all()
    assert check.p_value < 1e-6
    opposite = sequential_check(duel(first, second), Claim("b", "a", "b0"))
    assert opposite.decided_after is None
    assert opposite.p_value > 0.4


def test_ties_and_lost_runs_are_counted_as_they_are():
    check = sequential_check(
        duel([0.1, 0.1, np.nan, np.nan, 0.2], [0.2, 0.1, 0.1, np.nan, np.nan]), CLAIM
    )
    assert check.wins.tolist() == [1, 1, 1, 1, 2]
    assert check.losses.tolist() == [0, 0, 1, 1, 1]
    assert check.log_wealth[0] == check.log_wealth[1] == pytest.approx(np.log(1.5))
    # Six wins in a row are not enough, seven are: 127 / 7 = 18.1, then 255 / 8 = 31.9.
    row = sequential_check(duel(np.zeros(9), np.ones(9)), CLAIM)
    assert np.exp(row.log_wealth[5]) == pytest.approx(127 / 7)
    assert row.decided_after == 7


def test_the_power_is_that_of_the_normal_theory():
    # Noether (JASA 1987): the seeds per side at which Mann-Whitney has a power of 80 %
    # where a wins with chance p: (z_a + z_b)^2 / (6 (p - 1/2)^2).
    shift = 0.6
    quantiles = scipy.stats.norm.ppf((np.arange(400) + 0.5) / 400)
    curves = duel(quantiles + 9, quantiles + 9 + shift)
    chance = scipy.stats.norm.cdf(shift / np.sqrt(2))
    z = scipy.stats.norm.ppf(0.975) + scipy.stats.norm.ppf(0.8)
    needed = z**2 / (6 * (chance - 0.5) ** 2)
    found = seeds_needed(curves, CLAIM, generator(4), draws=1500)
    assert found == pytest.approx(needed, rel=0.12)
    shares = power(curves, CLAIM, [5, 20, 50, 100], generator(5))
    assert (np.diff(shares) > 0).all()
    assert shares[-1] > 0.95


def test_without_a_difference_the_power_is_half_the_level():
    values = np.arange(60.0)
    share = power(duel(values, values), CLAIM, [30], generator(6), 3000)[0]
    assert share < 0.025 + 3.5 * np.sqrt(0.025 * 0.975 / 3000)
    assert share > 0.01


def test_a_hopeless_claim_has_no_number_of_seeds(monkeypatch):
    monkeypatch.setattr("leaderboards.measures.study_power.LIMIT", 40)
    values = np.arange(50.0)
    assert seeds_needed(duel(values + 1, values), CLAIM, generator(7), draws=50) is None


def test_a_clear_claim_needs_the_fewest_seeds_that_can_show_it():
    # With four on either side p is 2 / 70 at least, with three 2 / 20.
    curves = duel(np.zeros(10), np.ones(10))
    assert seeds_needed(curves, CLAIM, generator(8), draws=50) == 4


def test_claims_that_make_no_sense_are_refused():
    curves = duel([0.1], [0.2])
    with pytest.raises(NasbenchError, match="'a' is not better than itself"):
        Claim("a", "a", "b0")
    with pytest.raises(NasbenchError, match="between 0 and 1, not 5"):
        Claim("a", "b", "b0", level=5)
    with pytest.raises(NasbenchError, match="unknown strategy of the curves 'c'"):
        sequential_check(curves, Claim("a", "c", "b0"))
    with pytest.raises(NasbenchError, match="1 seed or more"):
        power(curves, CLAIM, [0], generator())
    with pytest.raises(NasbenchError, match="between 0 and 1, not 80"):
        seeds_needed(curves, CLAIM, generator(), 80)
