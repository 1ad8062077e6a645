"""NetAdapt and DPP-Net by any resource: modelled for free, or learned as it shows."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from nasbench.benchmark import Measurements
from nasbench.errors import NasbenchError
from nasbench.search import VALIDATION_ACCURACY, Constraint, Objective
from nasbench.spaces import make_space
from nasbench.testing import StrategyContract, ToyBenchmark, ToySpace, context_of, play
from strategies.objectives.netadapt import NetAdapt
from strategies.objectives.netadapt_resource import SAMPLES, LookUpTable, marks
from strategies.predictors.pareto_progressive import ParetoProgressive

TIMED = "latency:device"
MODELLED = "latency:sim"
PRICES = np.array([0.3, 0.9, 0.2, 0.6])


def milliseconds(architecture) -> float:
    """A sum over decisions that orders architectures otherwise than FLOPs do."""
    return 1 + float(PRICES @ np.array(architecture))


class Timed(ToyBenchmark):
    """The toy with a latency that only an evaluation shows, and a free one."""

    def __init__(self, space, missing=()):
        super().__init__(space, noise=0.0)
        self.missing = missing
        plain = self.cost_model

        def costs(architecture):
            modelled = Measurements({MODELLED: milliseconds(architecture)})
            return replace(plain(architecture), modelled=modelled)

        self.cost_model = costs

    def evaluate(self, architecture, *, epochs=None, seed=None):
        found = super().evaluate(architecture, epochs=epochs, seed=seed)
        latency = milliseconds(architecture)
        shown = float("nan") if architecture in self.missing else latency
        return replace(found, measured=Measurements({TIMED: shown, MODELLED: latency}))


@pytest.fixture
def timed():
    return Timed(ToySpace((4, 5, 3, 4)))


class TestNetAdaptByModelledLatency(StrategyContract):
    @pytest.fixture
    def factory(self):
        return lambda context: NetAdapt(context, resource="cost_seconds")


def test_a_modelled_latency_is_shrunk_from_the_largest_to_the_limit(timed):
    limit = 3.05
    given = context_of(timed, constraints=(Constraint(MODELLED, limit),))
    strategy = NetAdapt(given)
    assert strategy.resource == MODELLED
    assert strategy.table is None
    play(strategy, timed, 300)
    slowest = max(map(milliseconds, timed.space))
    for way in strategy.ways[:-1]:
        assert milliseconds(way[0]) == slowest
        *before, last = map(milliseconds, way)
        assert all(one > limit for one in before)
        assert last <= limit
        # The smallest step of the space is 0.1 ms: nothing undershoots by much.
        assert last > limit - 1


def test_a_measured_latency_is_learned_from_random_networks_first(timed):
    limit = 3.05
    given = context_of(timed, constraints=(Constraint(TIMED, limit),))
    strategy = NetAdapt(given)
    assert strategy.resource == TIMED
    assert strategy.table is not None
    told = play(strategy, timed, SAMPLES)
    assert not strategy.ways
    assert len({proposal.architecture for proposal, _ in told}) == SAMPLES
    play(strategy, timed, 60)
    assert strategy.ways
    # A sum over decisions is learned almost exactly, so that ways are as above.
    slowest = max(map(milliseconds, timed.space))
    assert milliseconds(strategy.ways[0][0]) == pytest.approx(slowest, rel=0.05)
    for way in strategy.ways[:-1]:
        assert milliseconds(way[-1]) <= limit
        assert all(milliseconds(one) > limit for one in way[:-1])


def test_less_is_spent_above_the_limit_than_by_flops(timed):
    """The point of the right resource: FLOPs shrink to the wrong networks."""
    kept = {}
    for resource in (MODELLED, "flops"):
        given = context_of(timed, constraints=(Constraint(TIMED, 2.0),))
        strategy = NetAdapt(given, resource=resource)
        told = play(strategy, timed, 60)
        keeping = [e for _, e in told if not given.violation(e)]
        kept[resource] = max((e.validation_accuracy for e in keeping), default=0.0)
    best = max(
        timed.mean_accuracy(one, "validation")
        for one in timed.space
        if milliseconds(one) <= 2.0
    )
    assert kept[MODELLED] >= kept["flops"]
    assert kept[MODELLED] == pytest.approx(best, abs=0.02)


def test_networks_without_a_number_are_walked_around(timed):
    every = list(timed.space)
    absent = set(np.random.default_rng(0).permutation(len(every))[:60].tolist())
    benchmark = Timed(timed.space, {every[i] for i in absent})
    given = context_of(benchmark, constraints=(Constraint(TIMED, 3.05),))
    strategy = NetAdapt(given)
    play(strategy, benchmark, 200)
    assert len(strategy.ways) >= 1
    assert all(value > 0 for value in strategy.table.known.values())


def test_a_free_resource_comes_before_one_that_has_to_be_measured(timed):
    limits = (Constraint(TIMED, 3), Constraint(MODELLED, 3))
    assert NetAdapt(context_of(timed, constraints=limits)).resource == MODELLED
    both = (VALIDATION_ACCURACY, Objective(TIMED, maximise=False))
    assert NetAdapt(context_of(timed, objectives=both)).resource == TIMED
    for wrong in ("accuracy:x", "validation_accuracy", "latency:"):
        with pytest.raises(NasbenchError, match="unknown resource"):
            NetAdapt(context_of(timed), resource=wrong)


def test_state_holds_the_table_and_goes_on_as_before(timed):
    given = context_of(timed, constraints=(Constraint(TIMED, 3.05),))
    first = NetAdapt(given)
    play(first, timed, 35)
    second = NetAdapt(given)
    second.restore(first.state())
    one = [p.architecture for p, _ in play(first, timed, 30)]
    other = [p.architecture for p, _ in play(second, timed, 30)]
    assert one == other


def test_a_table_learns_a_sum_over_live_edges_exactly():
    space = make_space("cell201")
    rng = np.random.default_rng(1)
    price = rng.uniform(0.1, 1, space.one_hot(np.zeros((1, 6), np.uint8)).shape[1])
    cells = [space.sample(rng) for _ in range(300)]
    truth = marks(space, cells) @ price + 2
    table = LookUpTable()
    assert not table.ready
    for cell, value in zip(cells[:250], truth[:250].tolist(), strict=True):
        table.tell(cell, value)
    table.fit(space)
    assert table.ready
    assert table.sums(space, cells[250:]) == pytest.approx(truth[250:], rel=0.02)
    near = table.near(space, cells[0], cells[250:260])
    assert near == pytest.approx(truth[250:260].tolist(), rel=0.02)
    assert table.near(space, cells[0], [cells[1]]) == [truth[1]]


def test_dead_edges_cost_nothing_in_the_table():
    space = make_space("cell201")
    # Node 1 receives nothing, so what leaves it is dead.
    bare = space.parse(
        "|none~0|+|skip_connect~0|none~1|+|none~0|none~1|nor_conv_3x3~2|"
    )
    dead = space.parse(
        "|none~0|+|skip_connect~0|nor_conv_3x3~1|+|none~0|avg_pool_3x3~1|"
        "nor_conv_3x3~2|"
    )
    rows = marks(space, [bare, dead])
    assert (rows[0] == rows[1]).all()
    assert rows.sum() == 4


def test_dpp_net_computes_modelled_latencies_and_learns_measured_ones(timed):
    for column, predictors in ((MODELLED, 1), (TIMED, 2)):
        both = (VALIDATION_ACCURACY, Objective(column, maximise=False))
        strategy = ParetoProgressive(context_of(timed, objectives=both), samples=6)
        play(strategy, timed, 12)
        cells = [one for one, _ in strategy.outcomes]
        scores = strategy.expected(cells)
        assert len(strategy.predictors) == predictors
        exact = np.array([-milliseconds(one) for one in cells])
        same = np.allclose(scores[:, 1], exact)
        assert same == (column == MODELLED)
