"""Repeats, fidelities, noise and failures, by hand."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from leaderboards import RunSettings, simulate
from nasbench.errors import NasbenchError
from nasbench.search import Budget

ENOUGH = Budget(100)


def test_charged_repeats_cost_as_much_as_the_first_time(table, scripted):
    factory, _ = scripted("a", "a", ("a", 2))
    run = simulate(factory, table({"a": 0.5}), RunSettings(ENOUGH), seed=0)
    assert run.cumulative_epochs.tolist() == [4, 8, 10]
    assert run.cumulative_seconds.tolist() == [4.0, 8.0, 10.0]
    assert run.free_repeats == 0


def test_free_repeats_cost_nothing_and_leave_no_row(table, scripted):
    factory, made = scripted("a", "a", ("a", 2), "b", "a")
    benchmark = table({"a": 0.5, "b": 0.6})
    rules = RunSettings(ENOUGH, repeats="free")
    run = simulate(factory, benchmark, rules, seed=0)
    assert run.architectures.tolist() == [[0], [1]]
    assert run.cumulative_epochs.tolist() == [4, 8]
    assert run.free_repeats == 3
    told = [evaluation for _, evaluation in made[0].told]
    assert told[1] == told[0]
    assert told[2].epochs == 2
    assert told[2].validation_accuracy == pytest.approx(0.2505)
    assert told[4] == told[0]
    assert len(benchmark.calls) == 3  # two trainings, one look at a curve


def test_an_equivalent_architecture_is_a_repeat_with_the_known_answer(table, scripted):
    factory, made = scripted("a", "a'")
    # A table would hold one value per class; this one shows which was looked up.
    benchmark = table({"a": 0.5, "a'": 0.8})
    run = simulate(factory, benchmark, RunSettings(ENOUGH, repeats="free"), seed=0)
    assert len(run) == 1
    assert made[0].told[1][1] == made[0].told[0][1]
    assert made[0].told[1][0].architecture == (1,)  # its own proposal comes back


def test_more_epochs_than_known_are_no_free_repeat(table, scripted):
    factory, _ = scripted(("a", 2), ("a", 4), ("a", 3))
    rules = RunSettings(ENOUGH, repeats="free", fidelity="restart")
    run = simulate(factory, table({"a": 0.5}), rules, seed=0)
    assert run.epochs.tolist() == [2, 4]
    assert run.cumulative_epochs.tolist() == [2, 6]
    assert run.free_repeats == 1


def test_free_repeats_end_after_a_thousand_in_a_row(table, uniform_search):
    benchmark = table({"a": 0.5, "b": 0.6})
    rules = RunSettings(ENOUGH, repeats="free")
    run = simulate(uniform_search, benchmark, rules, seed=0)
    assert run.ended == "idle"
    assert len(run) == 2
    assert 1000 <= run.free_repeats < 1020


def test_resuming_charges_the_further_epochs_only(table, scripted):
    factory, _ = scripted(("a", 1), ("b", 2), ("a", 3), ("a", 4), ("a'", 4))
    benchmark = table({"a": 0.5, "a'": 0.5, "b": 0.6}, seconds={"a": 2.0, "a'": 2.0})
    run = simulate(factory, benchmark, RunSettings(ENOUGH), seed=0)
    # a' is a at the same epochs: a repeat, charged in full.
    assert run.cumulative_epochs.tolist() == [1, 3, 5, 6, 10]
    assert run.cumulative_seconds.tolist() == [2.0, 4.0, 8.0, 10.0, 18.0]
    assert run.epochs.tolist() == [1, 2, 3, 4, 4]


def test_an_equivalent_architecture_resumes_too(table, scripted):
    factory, _ = scripted(("a", 1), ("a'", 4))
    benchmark = table({"a": 0.5, "a'": 0.5})
    run = simulate(factory, benchmark, RunSettings(ENOUGH), seed=0)
    assert run.cumulative_epochs.tolist() == [1, 4]


@pytest.mark.parametrize("second, further", [(1.0, 0.0), (float("nan"), np.nan)])
def test_resuming_never_gives_seconds_back_and_hides_no_unknown_ones(
    table, scripted, second, further
):
    factory, _ = scripted(("a", 2), ("a'", 4))
    benchmark = table({"a": 0.5, "a'": 0.5}, seconds={"a": 5.0, "a'": second})
    run = simulate(factory, benchmark, RunSettings(ENOUGH), seed=0)
    np.testing.assert_array_equal(run.cumulative_seconds, [10.0, 10.0 + further])


def test_restarting_charges_all_epochs(table, scripted):
    factory, _ = scripted(("a", 1), ("a", 3), ("a", 4))
    rules = RunSettings(ENOUGH, fidelity="restart")
    run = simulate(factory, table({"a": 0.5}), rules, seed=0)
    assert run.cumulative_epochs.tolist() == [1, 4, 8]
    assert run.cumulative_seconds.tolist() == [1.0, 4.0, 8.0]


def test_a_budget_of_epochs_is_charged_by_the_fidelity_mode(table, scripted):
    factory, _ = scripted(("a", 2), ("a", 4), ("b", 4), ("c", 4))
    benchmark = table(dict.fromkeys("abc", 0.5))
    resumed = simulate(factory, benchmark, RunSettings(Budget(7, "epochs")), seed=0)
    assert len(resumed) == 3  # 2 + 2 + 4
    rules = RunSettings(Budget(6, "epochs"), fidelity="restart")
    assert len(simulate(factory, benchmark, rules, seed=0)) == 2  # 2 + 4


def test_a_failed_training_is_charged_and_never_the_incumbent(refereed_table, scripted):
    factory, made = scripted("a", "b", "c")
    benchmark = refereed_table({"a": 0.9, "b": 0.5, "c": 0.6}, failing=frozenset("a"))
    run = simulate(factory, benchmark, RunSettings(Budget(12, "epochs")), seed=0)
    assert run.cumulative_epochs.tolist() == [4, 8, 12]
    assert np.isnan(run.validation_accuracy).tolist() == [True, False, False]
    assert run.incumbent.tolist() == [-1, 1, 2]
    assert np.isnan(run.incumbent_test_accuracy[0])
    assert made[0].told[0][1].validation_accuracy is None


def test_nothing_resumes_from_a_failed_training(table, scripted):
    factory, _ = scripted(("a", 1), ("a", 4))
    benchmark = table({"a": 0.9}, failing=frozenset("a"))
    run = simulate(factory, benchmark, RunSettings(ENOUGH), seed=0)
    assert run.cumulative_epochs.tolist() == [1, 5]


def test_shorter_trainings_are_never_the_incumbent(table, scripted):
    factory, _ = scripted(("a", 3), "b", ("a", 3), "a")
    benchmark = table({"a": 0.9, "b": 0.5})
    run = simulate(factory, benchmark, RunSettings(ENOUGH), seed=0)
    assert run.incumbent.tolist() == [-1, 1, 1, 3]


def test_the_earlier_one_stays_the_incumbent_on_ties(table, scripted):
    factory, _ = scripted("b", "a", "c", "d")
    benchmark = table({"a": 0.7, "b": 0.6, "c": 0.7, "d": 0.2})
    run = simulate(factory, benchmark, RunSettings(ENOUGH), seed=0)
    assert run.incumbent.tolist() == [0, 1, 1, 1]


def test_an_accuracy_of_zero_can_be_the_incumbent(table, scripted):
    factory, _ = scripted("a")
    benchmark = table({"a": 0.0}, seeds=(0,))
    rules = RunSettings(ENOUGH, noise="trial")
    assert simulate(factory, benchmark, rules, seed=0).incumbent.tolist() == [0]


def test_the_mean_mode_evaluates_without_a_seed(table, scripted):
    factory, _ = scripted("a", "b")
    benchmark = table({"a": 0.5, "b": 0.6})
    run = simulate(factory, benchmark, RunSettings(ENOUGH), seed=0)
    assert [seed for *_, seed in benchmark.calls] == [None, None]
    np.testing.assert_allclose(run.validation_accuracy, [0.501, 0.601])


def test_the_trial_mode_keeps_one_seed_per_class(table, scripted):
    factory, _ = scripted(*["a", "a'", ("a", 2), "b"] * 5)
    benchmark = table({"a": 0.5, "a'": 0.5, "b": 0.6})
    drawn = set()
    for seed in range(20):
        benchmark.calls.clear()
        simulate(factory, benchmark, RunSettings(ENOUGH, noise="trial"), seed)
        of_a = {s for architecture, _, s in benchmark.calls if architecture != (2,)}
        of_b = {s for architecture, _, s in benchmark.calls if architecture == (2,)}
        assert len(of_a) == len(of_b) == 1
        drawn.add((*of_a, *of_b))
    assert drawn == {(0, 0), (0, 2), (2, 0), (2, 2)}


def test_the_trial_mode_draws_every_seed_equally_often(table, index_order):
    benchmark = table({f"o{i}": 0.5 for i in range(200)}, seeds=(3, 4, 5, 6))
    rules = RunSettings(Budget(200), noise="trial")
    for seed in range(10):
        simulate(index_order, benchmark, rules, seed)
    counts = np.bincount([seed for *_, seed in benchmark.calls])[3:]
    assert counts.sum() == 2000
    assert abs(counts - 500).max() < 5 * np.sqrt(2000 * 3 / 16)


def test_trials_need_a_benchmark_with_seeds(table, scripted):
    factory, _ = scripted("a")
    rules = RunSettings(ENOUGH, noise="trial")
    with pytest.raises(NasbenchError, match="'toy' has no seeds to draw trials from"):
        simulate(factory, table({"a": 0.5}, seeds=()), rules, seed=0)


def test_the_referee_judges_by_means_what_was_chosen_by_trials(
    refereed_table, scripted
):
    factory, _ = scripted("a", "b")
    benchmark = refereed_table({"a": 0.5, "b": 0.6}, seeds=(2,))
    run = simulate(factory, benchmark, RunSettings(ENOUGH, noise="trial"), seed=0)
    np.testing.assert_allclose(run.validation_accuracy, [0.502, 0.602])
    np.testing.assert_allclose(run.incumbent_validation_accuracy, [0.5, 0.6])
    np.testing.assert_allclose(run.incumbent_test_accuracy, [0.5, 0.4])


def test_without_a_referee_the_incumbents_are_not_judged(table, scripted):
    factory, _ = scripted("a")
    run = simulate(factory, table({"a": 0.5}), RunSettings(ENOUGH), seed=0)
    assert np.isnan(run.incumbent_test_accuracy).all()
    assert np.isnan(run.incumbent_validation_accuracy).all()


def charges(script, repeats, fidelity, failing):
    """Return the epochs that every proposal of a script is charged, None for free."""
    charged = []
    for i, (text, epochs) in enumerate(script):
        earlier = [e for t, e in script[:i] if t.rstrip("'") == text.rstrip("'")]
        longest = max(earlier, default=0)
        if epochs <= longest:
            charged.append(epochs if repeats == "charged" else None)
        elif fidelity == "resume" and text.rstrip("'") not in failing:
            charged.append(epochs - longest)
        else:
            charged.append(epochs)
    return charged


@given(
    steps=st.lists(
        st.tuples(st.sampled_from(["a", "a'", "b", "c"]), st.integers(1, 4)),
        max_size=12,
    ),
    repeats=st.sampled_from(["charged", "free"]),
    fidelity=st.sampled_from(["resume", "restart"]),
    noise=st.sampled_from(["mean", "trial"]),
)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_every_script_is_charged_by_the_rules(
    table, scripted, steps, repeats, fidelity, noise
):
    benchmark = table({"a": 0.5, "a'": 0.5, "b": 0.7, "c": 0.8}, failing=frozenset("c"))
    rules = RunSettings(ENOUGH, repeats, fidelity, noise)
    run = simulate(scripted(*steps)[0], benchmark, rules, seed=0)
    expected = [c for c in charges(steps, repeats, fidelity, "c") if c is not None]
    assert run.cumulative_epochs.tolist() == np.cumsum(expected, dtype=int).tolist()
    assert run.cumulative_seconds.tolist() == np.cumsum(expected).tolist()
    assert len(run) + run.free_repeats == len(steps)
    observed = np.where(run.epochs == 4, run.validation_accuracy, np.nan)
    for n, position in enumerate(run.incumbent):
        seen = observed[: n + 1]
        if np.isnan(seen).all():
            assert position == -1
        else:
            assert position == np.nanargmax(seen)
