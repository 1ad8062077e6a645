"""Exact fronts and their indicators against brute force, geometry and pymoo."""

from __future__ import annotations

from itertools import pairwise
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from leaderboards.fronts.pareto import (
    ExactFront,
    FoundFront,
    hypervolume_curve,
    undominated,
)
from leaderboards.fronts.permitted import best_permitted, permitted
from nasbench.errors import NasbenchError
from nasbench.search import VALIDATION_ACCURACY, Constraint, Objective
from nasbench.testing import ConstrainedToySpace, ToyBenchmark, ToySpace

FLOPS = Objective("flops", maximise=False)
SECONDS = Objective("cost_seconds", maximise=False)
BOTH = (VALIDATION_ACCURACY, FLOPS)
COARSE = arrays(
    np.float64,
    st.tuples(st.integers(0, 15), st.integers(2, 3)),
    elements=st.integers(0, 4).map(float),
)


@pytest.fixture(scope="module")
def toy():
    return ToyBenchmark(ToySpace((4, 4, 4)), failures=0.1)


@pytest.fixture(scope="module")
def exact(toy):
    return ExactFront.of(toy, BOTH)


class RunOf(SimpleNamespace):
    def __len__(self):
        return len(self.epochs)


def run_of(benchmark, architectures, objectives=BOTH, epochs=None, violation=None):
    """Return what `FoundFront` reads of a run over these architectures."""
    told = [benchmark.evaluate(one) for one in architectures]
    values = [[one.value(evaluation) for one in objectives] for evaluation in told]
    rows = len(told)
    return RunOf(
        architectures=np.array(architectures, np.uint8),
        epochs=np.full(rows, benchmark.epochs) if epochs is None else np.array(epochs),
        objective_values=np.array(values),
        violation=np.zeros(rows) if violation is None else np.array(violation),
    )


@given(COARSE)
def test_undominated_is_the_definition_and_keeps_one_of_equal_rows(costs):
    def beaten(j):
        return any(
            (costs[i] <= costs[j]).all() and ((costs[i] < costs[j]).any() or i < j)
            for i in range(len(costs))
            if i != j
        )

    kept = undominated(costs)
    assert kept.tolist() == [not beaten(j) for j in range(len(costs))]


def test_the_exact_front_is_that_of_brute_force(toy, exact):
    told = [toy.evaluate(one) for one in toy.space]
    known = [(e.validation_accuracy, e.flops) for e in told if e.validation_accuracy]
    best = {
        (a, f)
        for a, f in known
        if not any((b >= a and g <= f) and (b, g) != (a, f) for b, g in known)
    }
    assert {tuple(row) for row in exact.values.tolist()} == best
    assert exact.values[:, 0].tolist() == sorted(exact.values[:, 0])
    for architecture, row in zip(exact.architectures, exact.values, strict=True):
        told = toy.evaluate(tuple(architecture.tolist()))
        assert [one.value(told) for one in BOTH] == row.tolist()


def test_the_front_spans_the_unit_square_exactly(exact):
    unit = exact.normalised(exact.values)
    assert unit.min(axis=0).tolist() == [0, 0]
    assert unit.max(axis=0).tolist() == [1, 1]


def test_the_hypervolume_is_the_area_under_the_stairs(exact):
    points = exact.normalised(exact.values)
    stairs = points[np.argsort(points[:, 0])]
    rights = [*stairs[1:, 0].tolist(), 1.1]
    area = sum(
        (right - x) * (1.1 - y)
        for (x, y), right in zip(stairs.tolist(), rights, strict=True)
    )
    some = exact.values[::2]
    expected = exact.hypervolume(some) * area
    kept = exact.normalised(some)
    kept = kept[np.argsort(kept[:, 0])]
    by_hand = sum(
        (right[0] - left[0]) * (1.1 - left[1])
        for left, right in pairwise([*kept.tolist(), [1.1, 0]])
    )
    assert expected == pytest.approx(by_hand)


def test_the_exact_front_is_all_of_the_hypervolume_and_at_no_distance(exact):
    assert exact.hypervolume(exact.values) == 1
    assert exact.igd_plus(exact.values) == 0


def test_nothing_found_is_no_volume_at_an_infinite_distance(exact):
    assert exact.hypervolume(np.empty((0, 2))) == 0
    assert exact.igd_plus(np.empty((0, 2))) == np.inf


def test_indicators_agree_with_pymoo(exact):
    pytest.importorskip("pymoo")
    from pymoo.indicators.hv import HV
    from pymoo.indicators.igd_plus import IGDPlus

    front = exact.normalised(exact.values)
    rng = np.random.default_rng(0)
    volume = HV(ref_point=np.array([1.1, 1.1]))
    for _ in range(5):
        some = exact.values[rng.integers(len(front), size=4)] - rng.random((4, 2))
        points = exact.normalised(some)
        assert exact.hypervolume(some) == pytest.approx(volume(points) / volume(front))
        assert exact.igd_plus(some) == pytest.approx(IGDPlus(front)(points))


def test_a_change_of_units_changes_no_indicator(toy):
    seconds = ExactFront.of(toy, (VALIDATION_ACCURACY, SECONDS))
    flops = ExactFront.of(toy, BOTH)  # in the toy, seconds are proportional to flops
    factor = seconds.values[0, 1] / flops.values[0, 1]
    some = np.add(flops.values[1::2], [-0.02, 4])
    again = some * [1, factor]
    assert seconds.hypervolume(again) == pytest.approx(flops.hypervolume(some))
    assert seconds.igd_plus(again) == pytest.approx(flops.igd_plus(some))


def test_points_beyond_the_reference_add_nothing(exact):
    nadir = [exact.values[:, 0].min(), exact.values[:, 1].max()]
    span = np.ptp(exact.values, axis=0)
    beyond = np.add([nadir], [-0.11, 0.11] * span)
    assert exact.hypervolume(beyond) == 0
    both = np.vstack((exact.values[:1], beyond))
    assert exact.hypervolume(both) == exact.hypervolume(exact.values[:1])


def test_a_front_of_one_point_is_scaled_by_the_worst(toy):
    # The largest network has the most parameters and FLOPs: one point is best in both.
    objectives = (Objective("parameters", maximise=False), FLOPS)
    front = ExactFront.of(toy, objectives)
    assert len(front.values) == 1
    assert front.normalised(front.values).tolist() == [[0, 0]]
    assert front.normalised([front.worst]).tolist() == [[1, 1]]
    assert front.hypervolume(front.values) == 1


def test_three_objectives_have_a_front(toy):
    parameters = Objective("parameters", maximise=True)
    front = ExactFront.of(toy, (*BOTH, parameters))
    assert len(front.values) > len(ExactFront.of(toy, BOTH).values)
    assert front.hypervolume(front.values) == 1


def test_limits_cut_the_front(toy):
    limit = Constraint("flops", 280)
    front = ExactFront.of(toy, BOTH, (limit,))
    assert front.values[:, 1].max() <= 280
    whole = ExactFront.of(toy, BOTH).values
    inside = whole[whole[:, 1] <= 280]
    assert front.values.tolist() == inside.tolist()


def test_a_run_hands_over_the_best_of_all_its_evaluations(toy, exact):
    everything = list(toy.space)
    run = run_of(toy, everything)
    found = FoundFront.of(run, toy, BOTH)
    assert exact.hypervolume(found.values) == 1
    assert sorted(found.values.tolist()) == exact.values.tolist()
    assert run.objective_values[found.positions].tolist() == found.values.tolist()


def test_short_trainings_and_broken_limits_are_not_handed_over(toy):
    three = [one for one, _ in permitted(toy, ())][:3]
    run = run_of(toy, three, epochs=[4, 3, 4], violation=[0, 0, 0.5])
    assert FoundFront.of(run, toy, BOTH).positions.tolist() == [0]


def test_the_hypervolume_grows_to_that_of_the_run(toy, exact):
    order = np.random.default_rng(0).permutation(toy.space.size)
    architectures = [toy.space.architecture_at(int(i)) for i in order]
    run = run_of(toy, architectures)
    curve = hypervolume_curve(run, toy, exact)
    assert (np.diff(curve) >= 0).all()
    assert curve[-1] == 1
    for n in (1, 10, 30):
        part = run_of(toy, architectures[:n])
        values = FoundFront.of(part, toy, BOTH).values
        assert curve[n - 1] == exact.hypervolume(values)


def test_the_best_that_keeps_the_limits_is_that_of_brute_force(toy):
    limit = Constraint("flops", 250)
    light = [one for one in toy.space if toy.cost_model(one).flops <= 250]
    for split in ("validation", "test"):
        accuracies = [toy.mean_accuracy(one, split) for one in light]
        assert best_permitted(toy, split, (limit,)) == np.nanmax(accuracies)
        assert best_permitted(toy, split) == toy.best_accuracy(split)
    assert best_permitted(toy, "test", (Constraint("flops", 1),)) is None


def test_spaces_with_forbidden_combinations_have_fronts():
    toy = ToyBenchmark(ConstrainedToySpace((3, 4, 3)))
    front = ExactFront.of(toy, BOTH)
    assert all(tuple(row) in toy.space for row in front.architectures.tolist())


def test_what_has_no_exact_front_is_named(toy):
    class Live(ToyBenchmark):
        def best_accuracy(self, split):
            return None

    with pytest.raises(NasbenchError, match="nobody knows all of"):
        ExactFront.of(Live(ToySpace((3, 4))), BOTH)
    with pytest.raises(NasbenchError, match="two objectives or more"):
        ExactFront.of(toy, (FLOPS,))
    with pytest.raises(NasbenchError, match="keeps the limits"):
        ExactFront.of(toy, BOTH, (Constraint("flops", 1),))
    with pytest.raises(NasbenchError, match="unknown column 'latency:laptop'"):
        ExactFront.of(toy, (FLOPS, Objective("latency:laptop", maximise=False)))
