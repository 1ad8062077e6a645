"""Our strategies inside Optuna: a sampler that asks a strategy."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import Any, cast

from nasbench.benchmark import CostModel, Evaluation, StaticCosts, Status
from nasbench.errors import NasbenchError
from nasbench.search import AskTell, Budget, Proposal, SearchContext, StrategyFactory
from nasbench.spaces import Architecture, SearchSpace
from strategies.adapters.config_space import decision_name

try:
    from optuna.distributions import BaseDistribution, CategoricalDistribution
    from optuna.samplers import BaseSampler
    from optuna.study import Study, StudyDirection
    from optuna.trial import FrozenTrial, Trial, TrialState
except ImportError as error:
    raise NasbenchError(
        f"optuna cannot be imported ({error}); install it with "
        'pip install "nasbench-suite[adapters]"'
    ) from error


EPOCHS = "epochs"
"""User attribute of a trial: for how many epochs the strategy wants it trained."""


class StrategySampler(BaseSampler):
    """An Optuna sampler whose suggestions are a strategy's proposals.

    The objective function calls `suggest_architecture` and returns a number, which the
    strategy is told as the validation accuracy (with the sign changed where the study
    minimises). A trial that fails or is pruned is told as a failed training; reported
    intermediate values are the learning curve. Parameters that are not decisions of
    the space are refused. Trials of several threads may run at once.

    Example:
        ::

            sampler = StrategySampler(space, RegularizedEvolution, epochs=12, seed=0)
            study = optuna.create_study(direction="maximize", sampler=sampler)
            study.optimize(
                lambda trial: train(suggest_architecture(trial, space)), n_trials=200
            )

    Args:
        space: What is searched.
        factory: The strategy's class, or a partial of it with settings.
        epochs: The full training budget of one architecture.
        trials: How many trials the strategy is to plan for.
        seed: The strategy's seed.
        costs: Parameters, FLOPs and depth of an architecture, for strategies that look
            at them; None refuses to answer.
    """

    def __init__(
        self,
        space: SearchSpace,
        factory: StrategyFactory,
        *,
        epochs: int = 1,
        trials: int = 100,
        seed: int = 0,
        costs: CostModel | None = None,
    ) -> None:
        self.space = space
        self.context = SearchContext(
            space, epochs, Budget(trials), costs or _no_costs, seed
        )
        self.strategy: AskTell = factory(self.context)
        self._open: dict[int, Proposal] = {}
        self._lock = threading.Lock()

    def infer_relative_search_space(
        self, study: Study, trial: FrozenTrial
    ) -> dict[str, BaseDistribution]:
        """Return a categorical parameter per decision."""
        del study, trial
        return dict(_distributions(self.space))

    def sample_relative(
        self,
        study: Study,
        trial: FrozenTrial,
        search_space: dict[str, BaseDistribution],
    ) -> dict[str, Any]:
        """Ask the strategy.

        Raises:
            SearchExhausted: The strategy has nothing left to propose.
            NasbenchError: The study has several objectives.
        """
        if len(study.directions) != 1:
            raise NasbenchError(
                "a strategy inside Optuna optimises one objective, not "
                f"{len(study.directions)}"
            )
        with self._lock:
            proposal = self.strategy.ask()
            self._open[trial.number] = proposal
        study._storage.set_trial_user_attr(trial._trial_id, EPOCHS, proposal.epochs)
        return dict(zip(search_space, proposal.architecture, strict=True))

    def sample_independent(
        self,
        study: Study,
        trial: FrozenTrial,
        param_name: str,
        param_distribution: BaseDistribution,
    ) -> Any:
        """Refuse: a strategy knows the decisions of its space alone.

        Raises:
            NasbenchError: Always.
        """
        del study, trial, param_distribution
        raise NasbenchError(
            f"parameter {param_name!r} is no decision of {self.space.name}; objective "
            "functions of a StrategySampler call suggest_architecture alone"
        )

    def after_trial(
        self,
        study: Study,
        trial: FrozenTrial,
        state: TrialState,
        values: Sequence[float] | None,
    ) -> None:
        """Tell the strategy what the objective function returned."""
        with self._lock:
            proposal = self._open.pop(trial.number, None)
            if proposal is None:
                return  # the objective function never asked for an architecture
            sign = -1.0 if study.direction is StudyDirection.MINIMIZE else 1.0
            complete = state is TrialState.COMPLETE and values is not None
            costs = self._costs_of(proposal.architecture)
            evaluation = Evaluation(
                validation_accuracy=sign * values[0] if complete and values else None,
                curve=tuple(
                    sign * value
                    for _, value in sorted(trial.intermediate_values.items())
                ),
                cost_seconds=float("nan"),
                epochs=proposal.epochs,
                seed=None,
                status=Status.COMPLETE if complete else Status.FAILED,
                parameters=costs.parameters,
                flops=costs.flops,
            )
            self.strategy.tell(proposal, evaluation)

    def _costs_of(self, architecture: Architecture) -> StaticCosts:
        if self.context.costs is _no_costs:
            return StaticCosts(0, 0, 0)
        return self.context.costs(architecture)


def suggest_architecture(trial: Trial, space: SearchSpace) -> Architecture:
    """Return the architecture of a trial: one categorical parameter per decision.

    It works with every sampler of Optuna. Where the sampler knows nothing of the
    space's validity rule, look with ``space.is_valid`` and raise
    ``optuna.TrialPruned`` for what is not valid.
    """
    taken = (
        trial.suggest_categorical(name, distribution.choices)
        for name, distribution in _distributions(space).items()
    )
    return tuple(cast(int, option) for option in taken)


def _distributions(space: SearchSpace) -> dict[str, CategoricalDistribution]:
    return {
        decision_name(number): CategoricalDistribution(tuple(range(radix)))
        for number, radix in enumerate(space.radices)
    }


def _no_costs(architecture: Architecture) -> StaticCosts:
    raise NasbenchError(
        f"this strategy looks at the costs of {architecture}; give StrategySampler "
        "costs=..., a function from architectures to StaticCosts"
    )
