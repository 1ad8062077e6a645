"""A benchmark without a table: trains what it is asked."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import get_args

import numpy as np

from nasbench.benchmark import Evaluation, Split, Status
from nasbench.errors import NasbenchError, unknown
from nasbench.networks import SkeletonCosts
from nasbench.spaces import Architecture, SearchSpace
from nasbench.tasks import Task
from nasbench.training.engine import EngineChoice, make_engine
from nasbench.training.recipe import Recipe
from nasbench.training.trial import SPLITS, Trial
from nasbench.training.trial_log import TrialLog


class LiveBenchmark:
    """Trains architectures when they are evaluated; a `Benchmark` and a `Referee`.

    Its numbers are those that a table of the same space, task and recipe would hold.
    A training stops at the epochs asked for, but follows the whole recipe's schedule.
    Trials are kept in memory: asking again for as many epochs, or fewer, costs nothing.
    `engine` is what trains; ``auto`` is the fused engine where it can, else torch.
    With `log`, the path of a file, they are also kept there, and those that the file
    holds already are not trained again; see `nasbench.training.trial_log`.

    Attributes:
        name: What stands for it on a board.
        space: The space.
        seeds: The seeds that `evaluate` takes.
        cost_model: Parameters, FLOPs and depth.
    """

    def __init__(
        self,
        space: SearchSpace,
        task: Task,
        recipe: Recipe,
        *,
        seeds: Sequence[int] = (0,),
        engine: EngineChoice = "auto",
        log: Path | None = None,
    ) -> None:
        if not seeds or len(set(seeds)) != len(seeds):
            raise NasbenchError(f"a live benchmark needs different seeds, not {seeds}")
        for seed in seeds:
            if type(seed) is not int or seed < 0:
                raise NasbenchError(f"a seed is an integer of 0 or more, not {seed!r}")
        cut = recipe.cut(task)
        self.name = f"{space.name}-{task.name}-live"
        self.space = space
        self.seeds = tuple(seeds)
        self.cost_model = SkeletonCosts(space, recipe.skeleton(cut.shape, cut.classes))
        self._engine = make_engine(space, cut, recipe, engine)
        self._images = {split: len(getattr(cut, split).labels) for split in SPLITS}
        self._trials: dict[tuple[object, int], Trial] = {}
        self._log: TrialLog | None = None
        if log is not None:
            self._log = TrialLog(log, self._identity(cut))
            for logged in self._log:
                key = (space.canonical(space.check(logged.architecture)), logged.seed)
                self._trials[key] = logged.trial

    @property
    def epochs(self) -> int:
        """The full budget of one training."""
        return self._engine.recipe.epochs

    def evaluate(
        self,
        architecture: Architecture,
        *,
        epochs: int | None = None,
        seed: int | None = None,
    ) -> Evaluation:
        """Train `architecture`; see `nasbench.Benchmark`.

        Raises:
            NasbenchError: The architecture, the epochs or the seed are not there.
        """
        checked = self.space.check(architecture)
        last = self.epochs if epochs is None else epochs
        if not 1 <= last <= self.epochs:
            raise NasbenchError(
                f"{self.name} has epochs 1 to {self.epochs}, not {epochs}"
            )
        if seed is not None and seed not in self.seeds:
            raise NasbenchError(f"{self.name} has seeds {list(self.seeds)}, not {seed}")
        seeds = self.seeds if seed is None else (seed,)
        trials = [self._trial(checked, last, each) for each in seeds]
        complete = [trial for trial in trials if trial.status is Status.COMPLETE]
        curve: tuple[float, ...] = ()
        if complete:
            correct = np.mean([trial.correct[1, :last] for trial in complete], axis=0)
            curve = tuple((correct / self._images["valid"]).tolist())
        costs = self.cost_model(checked)
        return Evaluation(
            validation_accuracy=curve[-1] if curve else None,
            curve=curve,
            cost_seconds=float(
                np.mean([trial.cpu_seconds[:2, :last].sum() for trial in trials])
            ),
            epochs=last,
            seed=seed,
            status=Status.COMPLETE if curve else Status.FAILED,
            parameters=costs.parameters,
            flops=costs.flops,
        )

    def mean_accuracy(self, architecture: Architecture, split: Split) -> float:
        """Return the accuracy after full training, mean over seeds; NaN if none."""
        if split not in get_args(Split):
            raise NasbenchError(unknown("split", str(split), get_args(Split)))
        row = SPLITS.index("valid" if split == "validation" else "test")
        trials = [self._trial(architecture, self.epochs, seed) for seed in self.seeds]
        final = [t.correct[row, -1] for t in trials if t.status is Status.COMPLETE]
        return float(np.mean(final)) / self._images[SPLITS[row]] if final else np.nan

    def best_accuracy(self, split: Split) -> None:
        """Return None: nobody trained the whole space."""
        del split

    def _trial(self, architecture: Architecture, epochs: int, seed: int) -> Trial:
        key = (self.space.canonical(architecture), seed)
        trial = self._trials.get(key)
        if trial is None or (
            trial.epochs_done < epochs and trial.status is Status.COMPLETE
        ):
            trial = self._engine.train(self.space, architecture, seed, epochs)
            self._trials[key] = trial
            if self._log is not None:
                self._log.append(architecture, seed, trial)
        return trial

    def _identity(self, task: Task) -> str:
        """Return what decides the numbers, but for the seeds, as one JSON object."""
        return json.dumps(
            {
                "space": self.space.name,
                "task_fingerprint": task.fingerprint,
                "recipe": json.loads(self._engine.recipe.to_json()),
                "engine": json.loads(self._engine.identity.to_json()),
            }
        )
