"""Evolution strategies: selection, the number of changes, steps that adapt."""

from __future__ import annotations

from collections import Counter
from functools import partial

import numpy as np
import pytest
from scipy.stats import chisquare, poisson

from nasbench.errors import NasbenchError
from nasbench.spaces import make_space
from nasbench.testing import (
    ConstrainedToySpace,
    ToyBenchmark,
    ToySpace,
    context_of,
    play,
)
from strategies.evolution.evolution_strategy import EvolutionStrategy, Individual


def distance(one, other):
    return sum(a != b for a, b in zip(one, other, strict=True))


@pytest.mark.parametrize("plus", [True, False])
def test_the_parents_are_the_best_of_those_that_compete(context, cell201, plus):
    toy = ToyBenchmark(cell201)
    strategy = EvolutionStrategy(context(cell201), parents=4, children=9, plus=plus)
    told = [
        (outcome.validation_accuracy, proposal.architecture)
        for proposal, outcome in play(strategy, toy, 4 + 5 * 9)
    ]
    parents = told[:4]
    for start in range(4, len(told), 9):
        competing = told[start : start + 9] + (parents if plus else [])
        parents = sorted(competing, reverse=True)[:4]
    found = [(one.score, one.architecture) for one in strategy.parents]
    assert found == parents
    best = max(told)
    assert not plus or best in found


@pytest.mark.parametrize("step", [0, 0.5, 2.0])
def test_a_child_changes_one_and_poisson_many_decisions(context, step):
    space = ToySpace((3,) * 12)
    strategy = EvolutionStrategy(context(space), step=step)
    parent = (0,) * 12
    changed = Counter(
        distance(parent, strategy._mutate(parent, step)) for _ in range(4000)
    )
    assert changed[0] == 0
    law = poisson(step).pmf(np.arange(5)) if step else np.eye(5)[0]
    counts = np.array([changed[1 + k] for k in range(5)] + [0])
    counts[5] = 4000 - counts.sum()
    expected = np.append(law, max(1 - law.sum(), 0)) * 4000
    kept = expected > 5
    assert counts[~kept].sum() < 25
    scale = counts[kept].sum() / expected[kept].sum()
    assert kept.sum() == 1 or chisquare(counts[kept], scale * expected[kept])[1] > 1e-3


def test_all_decisions_and_their_other_options_are_equally_likely(context):
    space = ToySpace((5,) * 6)
    strategy = EvolutionStrategy(context(space))
    parent = (2,) * 6
    changes = Counter()
    for _ in range(4000):
        child = strategy._mutate(parent, 0.5)
        changes.update((i, o) for i, o in enumerate(child) if o != 2)
    assert len(changes) == 24
    # Changes of one child are without replacement, which only evens them out.
    assert chisquare(list(changes.values())).pvalue > 1e-3


def test_steps_change_log_normally_and_are_inherited(context, evaluation):
    space = ToySpace((3,) * 8)
    strategy = EvolutionStrategy(context(space), parents=1, children=1, step=1.0)
    strategy.parents = [Individual(0.5, (0,) * 8, 1.0)]
    logs = []
    for _ in range(2000):
        child = strategy.ask()
        (step,) = strategy.steps[child.architecture]
        logs.append(np.log(step))
        strategy.tell(child, evaluation(0.1))  # worse: the parent stays
        assert strategy.parents[0].step == 1.0
        assert not strategy.steps
    assert abs(np.mean(logs)) < 4 * 0.25 / np.sqrt(2000)
    assert abs(np.std(logs) - 1 / np.sqrt(16)) < 0.02
    child = strategy.ask()
    (step,) = strategy.steps[child.architecture]
    strategy.tell(child, evaluation(0.9))
    assert strategy.parents == [Individual(0.9, child.architecture, step)]


def test_steps_shrink_where_large_ones_never_help():
    space = ToySpace((2,) * 14)
    bench = ToyBenchmark(space, noise=0)
    ones = np.array([sum(space.architecture_at(i)) for i in range(space.size)])
    bench._validation[:] = (ones / 15)[:, None]
    late, first = [], []
    for seed in range(10):
        strategy = EvolutionStrategy(
            context_of(bench, seed), parents=3, children=12, step=4.0
        )
        play(strategy, bench, 3 + 12)
        first.append(np.mean([one.step for one in strategy.parents]))
        play(strategy, bench, 12 * 25)
        late.append(np.mean([one.step for one in strategy.parents]))
    assert np.mean(late) < 0.75 * np.mean(first)


def test_of_equals_the_child_stays(context, evaluation):
    strategy = EvolutionStrategy(
        context(make_space("cell201")), parents=1, children=1, plus=True
    )
    strategy.tell(strategy.ask(), evaluation(0.5))
    child = strategy.ask()
    strategy.tell(child, evaluation(0.5))
    assert strategy.parents[0].architecture == child.architecture


def test_late_outcomes_count_for_the_next_generation(context, cell201, evaluation):
    strategy = EvolutionStrategy(context(cell201), parents=2, children=4)
    asked = [strategy.ask() for _ in range(5)]
    for proposal in asked[3:]:
        strategy.tell(proposal, evaluation(0.4))
    assert len(strategy.parents) == 2
    for proposal in asked[:3]:
        strategy.tell(proposal, evaluation(0.9))
    assert len(strategy.children) == 3


def test_children_of_a_constrained_space_are_valid(context):
    space = ConstrainedToySpace((3, 2, 4, 3))
    strategy = EvolutionStrategy(context(space), step=2.0)
    assert len(play(strategy, ToyBenchmark(space), 300)) == 300


@pytest.mark.parametrize(
    "settings, message",
    [
        ({"parents": 0}, "parents of EvolutionStrategy is 0; .* from 1 to"),
        ({"children": 0}, "children of EvolutionStrategy is 0; .* from 1 to"),
        ({"children": 3, "plus": False}, "3 children cannot replace 5 parents"),
        ({"step": -1.0}, "step of EvolutionStrategy is -1.0; .* from 0 to"),
        ({"step": float("nan")}, "step of EvolutionStrategy is nan; .* from 0 to"),
    ],
)
def test_wrong_settings_are_refused(context, cell201, settings, message):
    with pytest.raises(NasbenchError, match=message):
        partial(EvolutionStrategy, **settings)(context(cell201))
