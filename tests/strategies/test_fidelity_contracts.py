"""Strategies of many fidelities keep the contract of all strategies."""

from __future__ import annotations

from functools import partial

import pytest

from nasbench.testing import StrategyContract
from strategies.fidelities.asha import Asha
from strategies.fidelities.bohb import Bohb
from strategies.fidelities.hyperband import Hyperband
from strategies.fidelities.successive_halving import SuccessiveHalving

FACTORIES = {
    "successive-halving": SuccessiveHalving,
    "successive-halving, eta 2, broad": partial(
        SuccessiveHalving, eta=2, configurations=9
    ),
    "hyperband": Hyperband,
    "hyperband, eta 2, formula": partial(Hyperband, eta=2, convention="formula"),
    "asha": Asha,
    "asha, eta 2": partial(Asha, eta=2),
    "asha-stopping": partial(Asha, variant="stopping", eta=2),
    "bohb": Bohb,
    "bohb, model only": partial(Bohb, eta=2, random_share=0.0, samples=4),
}


class TestStrategiesOfManyFidelities(StrategyContract):
    @pytest.fixture(params=list(FACTORIES))
    def factory(self, request):
        return FACTORIES[request.param]
