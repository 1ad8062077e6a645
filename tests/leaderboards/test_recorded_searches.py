"""Recorded searches on the simulated clock: their seconds stand before the training."""

from __future__ import annotations

from dataclasses import replace
from math import nan

import pytest

from leaderboards import RunSettings
from leaderboards.runner.simulate import simulate
from nasbench.errors import NasbenchError
from nasbench.search import Budget, Proposal
from strategies import RandomSearch
from tabular import Table


class Searched(RandomSearch):
    """Random search that says that every proposal took so long to find."""

    seconds = 7.5

    def ask(self) -> Proposal:
        return replace(super().ask(), search_seconds=self.seconds)


def test_seconds_of_the_search_stand_before_every_training(small_table: Table) -> None:
    rules = RunSettings(Budget(4))
    plain = simulate(RandomSearch, small_table, rules, 0)
    searched = simulate(Searched, small_table, rules, 0)
    assert (plain.architectures == searched.architectures).all()
    for n in range(4):
        expected = plain.cumulative_seconds[n] + 7.5 * (n + 1)
        assert searched.cumulative_seconds[n] == pytest.approx(expected)
        assert searched.finished[n] == pytest.approx(expected)
    assert searched.thinking_seconds == 30.0
    assert plain.thinking_seconds == 0.0


def test_a_budget_that_the_search_spends_leaves_no_training(small_table: Table) -> None:
    run = simulate(Searched, small_table, RunSettings(Budget(7.0, "seconds")), 0)
    assert (run.ended, len(run)) == ("budget", 0)


@pytest.mark.parametrize("seconds", [nan, -1.0, float("inf")])
def test_seconds_that_a_clock_cannot_add_are_refused(
    small_table: Table, seconds: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Searched, "seconds", seconds)
    with pytest.raises(
        NasbenchError, match="expected finite search_seconds, 0 or more"
    ):
        simulate(Searched, small_table, RunSettings(Budget(4)), 0)


def test_a_strategy_knows_which_benchmark_it_is_and_no_number_of_it(
    small_table: Table,
) -> None:
    contexts = []

    def factory(context):
        contexts.append(context)
        return RandomSearch(context)

    simulate(factory, small_table, RunSettings(Budget(1)), 0)
    assert contexts[0].benchmark_spec == small_table.spec
