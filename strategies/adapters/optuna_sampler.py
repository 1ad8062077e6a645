"""Optuna's samplers as strategies: random, TPE, NSGA-II."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, Annotated, ClassVar

from nasbench.search import SearchContext
from nasbench.spaces import Architecture
from strategies.adapters.config_space import decision_name
from strategies.adapters.extras import quiet, require
from strategies.adapters.replayed import INVALID_IN_A_ROW, LibraryStrategy, Outcome
from strategies.settings import MOST, Within

if TYPE_CHECKING:
    from optuna.samplers import BaseSampler
    from optuna.trial import Trial

STUDY = "nasbench"
"""Optuna's Hyperband pruner draws brackets from the study's name: it is fixed."""

LIMITS = "limits"


class OptunaStrategy(LibraryStrategy):
    """A sampler of Optuna (Akiba et al., KDD 2019), asked and told through a study.

    Every decision is a categorical parameter whose options are their integers. The
    study lives in memory and maximises every objective (what is to be minimised is
    negated). A failed training is told as failed, which samplers leave out; broken
    limits are told as a constraint (`Trial.set_constraint`).
    """

    several_objectives: ClassVar[bool] = True

    @abstractmethod
    def make_sampler(self, seed: int) -> BaseSampler:
        """Return the sampler that suggests."""

    def start(self) -> None:
        """Create the study.

        Raises:
            NasbenchError: Optuna is not installed.
        """
        optuna = require("optuna")
        choice = optuna.distributions.CategoricalDistribution
        self._distributions = {
            decision_name(number): choice(tuple(range(radix)))
            for number, radix in enumerate(self.space.radices)
        }
        with quiet("optuna.storages._in_memory"):  # it announces every study
            self._study = optuna.create_study(
                study_name=STUDY,
                sampler=self.make_sampler(self._seed()),
                pruner=optuna.pruners.NopPruner(),
                directions=["maximize"] * len(self.context.objectives),
            )
        self._failed = optuna.trial.TrialState.FAIL
        self._pending: dict[Architecture, list[Trial]] = {}

    def suggest(self) -> Architecture:
        """Return the parameters of a new trial; invalid ones are failed trials."""
        for _ in range(INVALID_IN_A_ROW):
            trial, architecture = self._ask()
            if self.space.is_valid(architecture):
                break
            self._study.tell(trial, state=self._failed)
        else:
            drawn = self.space.sample(self.rng)
            self._study.enqueue_trial(
                dict(zip(self._distributions, drawn, strict=True))
            )
            trial, architecture = self._ask()
        self._pending.setdefault(architecture, []).append(trial)
        return architecture

    def learn(self, architecture: Architecture, outcome: Outcome) -> None:
        """Tell the oldest open trial of `architecture`."""
        trial = self._pending[architecture].pop(0)
        if outcome.failed:
            self._study.tell(trial, state=self._failed)
            return
        if self.context.constraints:
            trial.set_constraint(LIMITS, outcome.violation)
        self._study.tell(trial, list(outcome.scores))

    def _ask(self) -> tuple[Trial, Architecture]:
        trial = self._study.ask(self._distributions)
        return trial, tuple(trial.params[name] for name in self._distributions)


class OptunaRandom(OptunaStrategy):
    """Optuna's `RandomSampler`: independent uniform draws, repeats allowed."""

    def make_sampler(self, seed: int) -> BaseSampler:
        """Return the sampler."""
        sampler: BaseSampler = require("optuna").samplers.RandomSampler(seed=seed)
        return sampler


class OptunaTpe(OptunaStrategy):
    """Optuna's `TPESampler`: the tree-structured Parzen estimator.

    Bergstra, Bardenet, Bengio & Kégl, NeurIPS 2011; multivariate as in BOHB (Falkner,
    Klein & Hutter, ICML 2018). Defaults are Optuna 5's for one objective.

    Args:
        context: What to search.
        startup: Random trials before the model takes over.
        candidates: Draws from the good density, of which the best is taken.
        multivariate: Whether decisions are modelled together.
    """

    def __init__(
        self,
        context: SearchContext,
        *,
        startup: Annotated[int, Within(0, MOST)] = 10,
        candidates: Annotated[int, Within(1, 10_000)] = 24,
        multivariate: bool = True,
    ) -> None:
        super().__init__(context)
        self.startup = startup
        self.candidates = candidates
        self.multivariate = multivariate

    def make_sampler(self, seed: int) -> BaseSampler:
        """Return the sampler."""
        sampler: BaseSampler = require("optuna").samplers.TPESampler(
            n_startup_trials=self.startup,
            n_ei_candidates=self.candidates,
            multivariate=self.multivariate,
            seed=seed,
        )
        return sampler


class OptunaNsga2(OptunaStrategy):
    """Optuna's `NSGAIISampler`: NSGA-II, for one or several objectives.

    Deb, Pratap, Agarwal & Meyarivan, IEEE TEC 2002. A generation is as many finished
    trials as the population is large; workers never wait for one.

    Args:
        context: What to search.
        population_size: Parents per generation; 50 is Optuna's default.
    """

    def __init__(
        self,
        context: SearchContext,
        *,
        population_size: Annotated[int, Within(2, 10_000)] = 50,
    ) -> None:
        super().__init__(context)
        self.population_size = population_size

    def make_sampler(self, seed: int) -> BaseSampler:
        """Return the sampler."""
        sampler: BaseSampler = require("optuna").samplers.NSGAIISampler(
            population_size=self.population_size, seed=seed
        )
        return sampler
