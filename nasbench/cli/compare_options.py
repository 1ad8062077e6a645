"""The options of ``nasbench compare``."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter

from leaderboards import RunSettings
from leaderboards.chosen_strategy import ChosenStrategy
from leaderboards.fronts.objective_text import parse_constraint, parse_objectives
from leaderboards.runner.settings import Fidelity, Noise, Repeats
from nasbench.cli.options import OptionalWhole, Whole
from nasbench.errors import NasbenchError
from nasbench.search import Budget
from strategies import find_strategy, strategy_names
from strategies.settings import required_settings

DEFAULT_EVALUATIONS = 100
RUNS_PER_JOB = 8
"""Fewer runs are not worth a process of their own."""


@Parameter(name="*")
@dataclass(frozen=True)
class CompareOptions:
    """What is compared, for how long, and where the board goes.

    Attributes:
        strategy: Names of strategies, or FILE.py:CLASS for one of your own, settings in
            parentheses: "evolution(population_size=10)"; may be repeated.
        all: Take all installed strategies that are not slow, as without --strategy.
        slow: Take the slow ones too: those that train networks or refit forests.
        seeds: Runs of every strategy on every benchmark.
        evaluations: Budget of a run in evaluations; 100 where no budget is given.
        epochs: Budget of a run in epochs of training instead.
        seconds: Budget of a run in seconds of simulated time instead.
        workers: Simulated trainings at the same time.
        speed: Speed of one simulated worker, 1 that of the benchmark; one for each.
        overhead: Seconds charged per proposal, or "measured" for what it really took.
        noise: Answer with the mean over the table's seeds, or with one trial.
        repeats: Whether evaluating a known architecture again is charged or free.
        fidelity: What more epochs of a known one cost: the further ones, or all.
        objectives: Columns to optimise, as in "accuracy,flops".
        constraint: A limit to keep, as in "flops<2e6"; may be repeated.
        ensembles: Show recorded ensembles too (`nasbench grow`), in rows of their own:
            what they reach in the time of the strategies.
        jobs: Processes that share the runs; by default as many as there are cores.
        out: Folder for board.csv, ranking.csv, regret.png and index.html; with several
            objectives fronts.csv too.
    """

    strategy: Annotated[tuple[str, ...], Parameter(negative=())] = ()
    all: Annotated[bool, Parameter(negative=())] = False
    slow: Annotated[bool, Parameter(negative=())] = False
    seeds: Whole = 20
    evaluations: OptionalWhole = None
    epochs: OptionalWhole = None
    seconds: float | None = None
    workers: Whole = 1
    speed: Annotated[tuple[float, ...], Parameter(negative=())] = ()
    overhead: float | Literal["measured"] = 0.0
    noise: Noise = "mean"
    repeats: Repeats = "charged"
    fidelity: Fidelity = "resume"
    objectives: str = "accuracy"
    constraint: Annotated[tuple[str, ...], Parameter(negative=())] = ()
    ensembles: Annotated[bool, Parameter(negative=())] = False
    jobs: OptionalWhole = None
    out: Path | None = None

    def settings(self) -> RunSettings:
        """Return the rules of the runs.

        Raises:
            NasbenchError: More than one budget is given, or a rule is none.
        """
        budgets = {
            "evaluations": self.evaluations,
            "epochs": self.epochs,
            "seconds": self.seconds,
        }
        given = [
            Budget(amount, unit)  # type: ignore[arg-type]
            for unit, amount in budgets.items()
            if amount is not None
        ]
        if len(given) > 1:
            raise NasbenchError("give one budget: --evaluations, --epochs or --seconds")
        objectives = parse_objectives(self.objectives)
        if len(objectives) == 1 and objectives[0].column != "validation_accuracy":
            raise NasbenchError(
                "a board of one objective ranks by accuracy, not by "
                f"{self.objectives}; "
                f"give --objectives accuracy,{self.objectives}"
            )
        return RunSettings(
            given[0] if given else Budget(DEFAULT_EVALUATIONS),
            repeats=self.repeats,
            fidelity=self.fidelity,
            noise=self.noise,
            workers=self.workers,
            speeds=self.speed,
            overhead=self.overhead,
            objectives=objectives,
            constraints=tuple(parse_constraint(text) for text in self.constraint),
        )

    def factories(self) -> Mapping[str, ChosenStrategy]:
        """Return the strategies by the name that the board shows.

        Raises:
            NasbenchError: A name is not known, or is given twice.
        """
        if self.strategy and (self.all or self.slow):
            flag = "--all" if self.all else "--slow"
            raise NasbenchError(f"give --strategy or {flag}, not both")
        if not self.strategy:
            several = len(parse_objectives(self.objectives)) > 1
            return {
                name: one
                for name, one in self._installed().items()
                if one.several_objectives or not several
            }
        if len(set(self.strategy)) != len(self.strategy):
            raise NasbenchError(
                f"a strategy is given twice: {', '.join(self.strategy)}"
            )
        chosen = [ChosenStrategy(text) for text in self.strategy]
        short = [_without_folder(one) for one in chosen]
        return {
            # Classes of one name in several files go by file and name.
            brief if short.count(brief) == 1 else one.text: one
            for brief, one in zip(short, chosen, strict=True)
        }

    def left_out(self) -> list[str]:
        """Return the strategies of `--all` that cannot take several objectives."""
        if self.strategy or len(parse_objectives(self.objectives)) < 2:
            return []
        return [
            name
            for name, one in self._installed().items()
            if not one.several_objectives and not one.recorded
        ]

    def _installed(self) -> dict[str, ChosenStrategy]:
        """Return what `--all` stands for: all that need no settings."""
        classes = {name: find_strategy(name) for name in strategy_names()}
        return {
            name: ChosenStrategy(name)
            for name, one in classes.items()
            if (self.slow or not one.slow) and not required_settings(one)
        }

    def processes(self, runs: int) -> int:
        """Return how many processes share so many runs."""
        if self.jobs is not None:
            return self.jobs
        return max(1, min(_cores(), runs // RUNS_PER_JOB))


def _without_folder(chosen: ChosenStrategy) -> str:
    """Return ``CLASS(settings)`` of ``FILE.py:CLASS(settings)``."""
    brief = chosen.name.rpartition(":")[2]
    return brief + chosen.text[len(chosen.name) :]


def _cores() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
