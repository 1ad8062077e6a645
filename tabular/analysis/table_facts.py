"""What a table holds, in the words of an analysis."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from nasbench.training.engine import EngineIdentity
from nasbench.training.recipe import Recipe
from tabular.analysis.class_trials import ClassTrials
from tabular.table import Table


@dataclass(frozen=True)
class TableFacts:
    """Identity and extent of a table.

    Attributes:
        table: The file's name without its ending.
        digest: The content digest.
        space: Name of the space.
        task: Name of the task.
        task_fingerprint: SHA-256 over the task's arrays.
        recipe: How networks were trained.
        engine: What trained them.
        seeds: The seeds of the trials.
        architectures: Architectures of the space.
        classes: Classes of the space.
        classes_trained: Classes with a complete training.
        classes_dead: Those of them whose networks are constant.
        classes_of_every_seed: Live classes with a complete training of every seed.
    """

    table: str
    digest: str
    space: str
    task: str
    task_fingerprint: str
    recipe: Recipe
    engine: EngineIdentity
    seeds: tuple[int, ...]
    architectures: int
    classes: int
    classes_trained: int
    classes_dead: int
    classes_of_every_seed: int

    @classmethod
    def of(cls, table: Table, trials: ClassTrials) -> TableFacts:
        """Read the facts off a table and its trials."""
        identity = table.identity
        every_seed = ~np.isnan(trials.validation[:, :, -1]).any(axis=1)
        return cls(
            table=table.name,
            digest=table.digest,
            space=identity.space,
            task=identity.task,
            task_fingerprint=identity.task_fingerprint,
            recipe=identity.recipe,
            engine=identity.engine,
            seeds=table.seeds,
            architectures=int((table.read("classes/class_of") >= 0).sum()),
            classes=len(table.read("classes/representative")),
            classes_trained=len(trials.classes),
            classes_dead=int((~trials.live).sum()),
            classes_of_every_seed=int((every_seed & trials.live).sum()),
        )
