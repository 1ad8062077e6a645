"""Which trial a run sees: by the seed and the class alone, so alike for all."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
import scipy.stats

from leaderboards import RunSettings
from leaderboards.runner.simulation import Experiment, Simulation
from leaderboards.runner.trial_draw import stable_text, trial_position
from nasbench.search import Budget
from nasbench.spaces import make_space
from nasbench.testing import ToyBenchmark
from strategies import find_strategy

SPACE = make_space("cell201-mini")
RULES = RunSettings(Budget(50), noise="trial")


def trials_seen(name, seed):
    """Return the trial that a run sees of every class."""
    toy = ToyBenchmark(SPACE, seeds=(0, 1, 2, 3))
    simulation = Simulation(Experiment(find_strategy(name), toy, RULES, seed))
    simulation.advance()
    return {
        SPACE.canonical(architecture): trial
        for architecture, _, trial, _ in simulation.ledger.answers.given
    }


def test_all_strategies_see_the_same_trial_of_a_class_at_equal_seeds():
    shared = different = 0
    for seed in range(4):
        first, *others = (
            trials_seen(name, seed) for name in ("random", "evolution", "local", "grid")
        )
        for other in others:
            both = first.keys() & other.keys()
            shared += len(both)
            assert all(first[one] == other[one] for one in both)
        again = trials_seen("random", seed + 100)
        both = first.keys() & again.keys()
        different += sum(first[one] != again[one] for one in both)
    assert shared > 100
    assert different > 30


def test_trials_are_uniform_and_independent_from_class_to_class_and_seed_to_seed():
    classes = sorted({SPACE.canonical(each) for each in SPACE}, key=repr)
    drawn = np.array(
        [[trial_position(seed, one, (0,), 4) for one in classes] for seed in range(300)]
    )
    counts = np.bincount(drawn.ravel(), minlength=4)
    assert scipy.stats.chisquare(counts).pvalue > 1e-4
    for pairs in (drawn[:, :-1] * 4 + drawn[:, 1:], drawn[:-1] * 4 + drawn[1:]):
        found = np.bincount(pairs.ravel(), minlength=16)
        assert scipy.stats.chisquare(found).pvalue > 1e-4


def test_texts_are_those_of_every_process():
    """Sets and texts hash otherwise in every process; the draw must not."""
    code = (
        "from leaderboards.runner.trial_draw import stable_text;"
        "print(stable_text((frozenset(('a', 'b', 'c')), 1, None, 2.5)))"
    )
    out = {
        subprocess.run(
            [sys.executable, "-c", code],
            capture_output=True,
            text=True,
            check=True,
            env={"PYTHONHASHSEED": seed, "PATH": ""},
        ).stdout
        for seed in ("1", "2", "3")
    }
    assert out == {"({'a','b','c'},1,None,2.5)\n"}


class Opaque:
    """A canonical form that prints its address."""


def test_forms_without_a_text_go_by_the_architecture():
    with pytest.raises(TypeError, match="no stable text"):
        stable_text((1, Opaque()))
    for architecture in SPACE:
        draws = {trial_position(3, Opaque(), architecture, 5) for _ in range(2)}
        assert draws == {trial_position(3, architecture, architecture, 5)}
