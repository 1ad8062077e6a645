"""Our strategies keep the contract that third parties' are held to."""

from __future__ import annotations

from functools import partial

import pytest

from nasbench.testing import StrategyContract
from strategies import (
    GeneticAlgorithm,
    LocalSearch,
    RegularizedEvolution,
    Reinforce,
    find_strategy,
    self_contained_names,
)

OTHER_SETTINGS = {
    "steepest": partial(LocalSearch, steepest=True),
    "one start": partial(LocalSearch, num_init=1),
    "small population": partial(
        RegularizedEvolution, population_size=3, tournament_size=3
    ),
    "no tournament": partial(RegularizedEvolution, tournament_size=1),
    "no elites": partial(GeneticAlgorithm, elites=0, population_size=4),
    "many elites": partial(GeneticAlgorithm, elites=3, population_size=4),
    "much mutation": partial(GeneticAlgorithm, mutation_rate=1.0),
    "slow policy": partial(Reinforce, learning_rate=0.01, baseline_momentum=0.0),
}


INSTALLED = [
    # Some train networks; the files of their own shorten those trainings.
    pytest.param(name, marks=[pytest.mark.slow] if find_strategy(name).slow else [])
    for name in self_contained_names()
]


class TestShippedStrategies(StrategyContract):
    @pytest.fixture(params=INSTALLED)
    def factory(self, request):
        return find_strategy(request.param)


class TestOtherSettings(StrategyContract):
    @pytest.fixture(params=list(OTHER_SETTINGS))
    def factory(self, request):
        return OTHER_SETTINGS[request.param]
