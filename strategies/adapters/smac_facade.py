"""SMAC3 as a strategy: Bayesian optimisation with random forests."""

from __future__ import annotations

import tempfile
import uuid
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nasbench.search import SearchContext, SearchExhausted
from nasbench.spaces import Architecture
from strategies.adapters.config_space import (
    from_configuration,
    to_config_space,
    to_configuration,
)
from strategies.adapters.extras import quiet, require
from strategies.adapters.replayed import INVALID_IN_A_ROW, LibraryStrategy, Outcome
from strategies.drawing.lazy_shuffle import LazyShuffle, draw_architecture
from strategies.settings import Count

if TYPE_CHECKING:
    from smac.runhistory import TrialInfo

TRIALS = 200
"""Length of the run that SMAC plans for where the budget is not in evaluations."""


class Smac(LibraryStrategy):
    """SMAC3's `HyperparameterOptimizationFacade`, by its own ask and tell.

    Hutter, Hoos & Leyton-Brown, LION 2011; Lindauer et al., JMLR 2022: a Sobol design,
    then a random forest (10 trees) with expected improvement on log-scaled costs, every
    fifth suggestion at random. The problem is declared deterministic, so no
    architecture is asked for twice; every other setting is SMAC's default. The cost is
    the objective, smaller better. What fails, breaks a limit or is not valid costs as
    much as the worst that was seen, since SMAC learns from a number only.

    SMAC asks the forest again after every `retrain_after` suggestions, and writes
    nothing to the disk. In a space that is nearly used up it gives up; the rest is
    then proposed in random order.

    Args:
        context: What to search. Its budget, where it is in evaluations, is the number
            of trials that SMAC plans for: the Sobol design takes a quarter of it at
            most.
        retrain_after: Suggestions between two fits; 8 is SMAC's default.
    """

    def __init__(self, context: SearchContext, *, retrain_after: Count = 8) -> None:
        super().__init__(context)
        self.retrain_after = retrain_after

    def start(self) -> None:
        """Make the facade.

        Raises:
            NasbenchError: SMAC is not installed.
        """
        budget = self.context.budget
        trials = int(budget.amount) if budget.unit == "evaluations" else TRIALS
        # SMAC looks there for an earlier run, and must not find one; it is not made.
        nowhere = Path(tempfile.gettempdir()) / f"nasbench-smac-{uuid.uuid4()}"
        scenario = require("smac").Scenario(
            to_config_space(self.space),
            deterministic=True,
            n_trials=max(trials, 1),
            seed=self._seed(),
            output_directory=nowhere,
        )
        self._facade = self.make_facade(scenario)
        history = require("smac.runhistory")
        self._value = history.TrialValue
        self._status = history.StatusType
        self._open: dict[Architecture, list[TrialInfo]] = {}
        self._costs: list[float] = []
        self._suggested: set[Architecture] = set()
        self._rest: LazyShuffle | None = None

    def make_facade(self, scenario: Any) -> Any:
        """Return the facade that suggests."""
        facade = require("smac").HyperparameterOptimizationFacade
        return facade(
            scenario,
            config_selector=facade.get_config_selector(
                scenario, retrain_after=self.retrain_after
            ),
            logging_level=False,
            overwrite=True,
        )

    def suggest(self) -> Architecture:
        """Return SMAC's next valid suggestion, or what it has left over.

        Raises:
            SearchExhausted: The whole space has been suggested.
        """
        for _ in range(INVALID_IN_A_ROW):
            if (info := self._ask()) is None:
                return self._left_over()
            architecture = from_configuration(self.space, info.config)
            if self.space.is_valid(architecture):
                break
            self._tell(info, None)
        else:
            architecture = self.space.sample(self.rng)
            config = to_configuration(self._facade.scenario.configspace, architecture)
            info = require("smac.runhistory").TrialInfo(config, seed=0)
        self._suggested.add(architecture)
        self._open.setdefault(architecture, []).append(info)
        return architecture

    def _ask(self) -> TrialInfo | None:
        """Ask SMAC; None where it gives up, having drawn 16 repeats in a row."""
        selector = "smac.main.config_selector"
        exhausted = require("smac.main.exceptions").ConfigurationSpaceExhaustedException
        if self._rest is None:
            try:
                with quiet(selector):  # it reports every repeat
                    info: TrialInfo = self._facade.ask()
            except (exhausted, StopIteration):
                self._rest = LazyShuffle(self.space.size)
            else:
                return info
        return None

    def _left_over(self) -> Architecture:
        assert self._rest is not None, "SMAC has given up"
        while left := draw_architecture(self._rest, self.space, self.rng):
            if left not in self._suggested:
                return left
        raise SearchExhausted(f"all of {self.space.name} has been suggested")

    def learn(self, architecture: Architecture, outcome: Outcome) -> None:
        """Tell SMAC the cost."""
        bad = outcome.failed or outcome.violation > 0
        if not self._open.get(architecture):
            return  # left over when SMAC had given up
        info = self._open[architecture].pop(0)
        self._tell(info, None if bad else -outcome.scores[0])

    def _tell(self, info: TrialInfo, cost: float | None) -> None:
        """Tell a cost; None stands for a failure."""
        status = self._status.CRASHED if cost is None else self._status.SUCCESS
        if cost is None:
            cost = max(self._costs, default=0.0)
        else:
            self._costs.append(cost)
        self._facade.tell(info, self._value(cost=cost, status=status), save=False)
