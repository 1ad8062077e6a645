"""pymoo's evolutionary algorithms as strategies: NSGA-II and a genetic algorithm."""

from __future__ import annotations

from abc import abstractmethod
from typing import Annotated, Any, ClassVar

import numpy as np

from nasbench.search import SearchContext
from nasbench.spaces import Architecture
from strategies.adapters.config_space import decision_name
from strategies.adapters.extras import require
from strategies.adapters.replayed import INVALID_IN_A_ROW, LibraryStrategy, Outcome
from strategies.settings import Within

FAILED = 1e6
"""Constraint violation of a failed training: worse than any broken limit."""

INVALID = 1e9
"""Constraint violation of what the space does not hold."""


class PymooStrategy(LibraryStrategy):
    """An algorithm of pymoo (Blank & Deb, IEEE Access 2020), by its own ask and tell.

    Every decision is a `Choice` variable. pymoo suggests a generation at a time and
    learns from whole generations: its members are proposed one by one, and told
    together when the last outcome is there. Members that the space does not hold are
    told as hopelessly infeasible; failed trainings and broken limits are told as
    infeasible to a degree, so that Deb's feasibility rule ranks them.

    A worker that asks while a generation is all out gets a uniformly random
    architecture, whose outcome joins the generation. With a single worker that
    happens only where pymoo finds no more child that is new: in a space that is
    nearly used up.

    Args:
        context: What to search.
        population_size: Members of a generation.
    """

    several_objectives: ClassVar[bool] = True

    def __init__(
        self,
        context: SearchContext,
        *,
        population_size: Annotated[int, Within(2, 1000)] = 100,
    ) -> None:
        super().__init__(context)
        self.population_size = population_size

    @abstractmethod
    def make_algorithm(self, operators: dict[str, Any]) -> Any:
        """Return the algorithm, with the operators of categorical variables."""

    def start(self) -> None:
        """Set the algorithm up.

        Raises:
            NasbenchError: pymoo is not installed.
        """
        problem = require("pymoo.core.problem").Problem
        choice = require("pymoo.core.variable").Choice
        self._names = [decision_name(n) for n in range(self.space.decisions)]
        radices = zip(self._names, self.space.radices, strict=True)
        self._algorithm = self.make_algorithm(self._operators())
        self._algorithm.setup(
            problem(
                vars={
                    name: choice(options=list(range(radix))) for name, radix in radices
                },
                n_obj=len(self.context.objectives),
                n_ieq_constr=1,
            ),
            termination=require("pymoo.core.termination").NoTermination(),
            seed=self._seed(),
        )
        self._empty = require("pymoo.core.population").Population.empty
        self._generation: Any = self._empty()
        self._queue: list[Any] = []
        self._open: dict[Architecture, list[Any]] = {}

    def suggest(self) -> Architecture:
        """Return the next member of the generation, or a random architecture."""
        if not self._queue and not self._open:
            self._breed()
        if self._queue:
            member = self._queue.pop(0)
        else:
            individual = require("pymoo.core.individual").Individual
            drawn = self.space.sample(self.rng)
            member = individual(X=dict(zip(self._names, drawn, strict=True)))
            population = type(self._generation)
            self._generation = population.merge(
                self._generation, population.create(member)
            )
        architecture = self._read(member)
        self._open.setdefault(architecture, []).append(member)
        return architecture

    def learn(self, architecture: Architecture, outcome: Outcome) -> None:
        """Give a member its outcome; tell the generation when it is whole."""
        members = self._open[architecture]
        member = members.pop(0)
        if not members:
            del self._open[architecture]
        if outcome.failed:
            self._assign(member, None, FAILED)
        else:
            self._assign(member, outcome.scores, min(outcome.violation, FAILED))
        if not self._queue and not self._open:
            self._algorithm.tell(infills=self._generation)
            self._generation = self._empty()

    def _breed(self) -> None:
        """Ask pymoo for a generation with a valid member, if it still finds one."""
        for _ in range(INVALID_IN_A_ROW):
            suggested = self._algorithm.ask()
            if suggested is None or not len(suggested):
                return
            for member in suggested:
                if self.space.is_valid(self._read(member)):
                    self._queue.append(member)
                else:
                    self._assign(member, None, INVALID)
            self._generation = suggested
            if self._queue:
                return
            self._algorithm.tell(infills=suggested)
            self._generation = self._empty()

    def _read(self, member: Any) -> Architecture:
        return tuple(int(member.X[name]) for name in self._names)

    def _assign(
        self, member: Any, scores: tuple[float, ...] | None, violation: float
    ) -> None:
        """Set an individual's objectives, smaller better, and its violation."""
        values = [-score for score in scores or [0.0] * len(self.context.objectives)]
        member.set("F", np.array(values))
        member.set("G", np.array([violation]))
        member.evaluated.update({"F", "G"})

    def _operators(self) -> dict[str, Any]:
        """Return uniform crossover and one mutated decision per child on average.

        pymoo applies the operators of categorical variables to one variable at a time
        and would by default mutate each with probability 1/2.
        """
        mixed = require("pymoo.core.mixed")
        choice = require("pymoo.core.variable").Choice
        crossover = require("pymoo.operators.crossover.ux").UX
        mutation = require("pymoo.operators.mutation.rm").ChoiceRandomMutation
        distinct = mixed.MixedVariableDuplicateElimination()
        return {
            "pop_size": self.population_size,
            "sampling": mixed.MixedVariableSampling(),
            "mating": mixed.MixedVariableMating(
                crossover={choice: crossover()},
                mutation={choice: mutation(prob_var=1 / self.space.decisions)},
                eliminate_duplicates=distinct,
            ),
            "eliminate_duplicates": distinct,
        }


class PymooNsga2(PymooStrategy):
    """pymoo's `NSGA2`, for one or several objectives.

    Deb, Pratap, Agarwal & Meyarivan, IEEE TEC 2002: parents by binary tournament on
    rank and crowding distance.
    """

    def make_algorithm(self, operators: dict[str, Any]) -> Any:
        """Return the algorithm."""
        nsga2 = require("pymoo.algorithms.moo.nsga2")
        tournament = require("pymoo.operators.selection.tournament")
        operators["mating"].selection = tournament.TournamentSelection(
            func_comp=nsga2.binary_tournament
        )
        return nsga2.NSGA2(**operators)


class PymooGenetic(PymooStrategy):
    """pymoo's `MixedVariableGA`: elitist, random parents, the best survive.

    Args:
        context: What to search.
        population_size: Members of a generation; 50 is pymoo's default.
    """

    several_objectives: ClassVar[bool] = False

    def __init__(
        self,
        context: SearchContext,
        *,
        population_size: Annotated[int, Within(2, 1000)] = 50,
    ) -> None:
        super().__init__(context, population_size=population_size)

    def make_algorithm(self, operators: dict[str, Any]) -> Any:
        """Return the algorithm."""
        return require("pymoo.core.mixed").MixedVariableGA(**operators)
