"""Tasks that are made, in one fixed way, of files that the user has.

They are known by name, as embedded ones are, but their images are not part of the
suite. Whoever has the same originals gets the same task to the last bit, however the
files store them: the originals are ordered by their content before anything is drawn.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from nasbench.tasks.image_set import ImageSet
from nasbench.tasks.originals import Originals, by_content
from nasbench.tasks.shuffling import random_order, set_apart
from nasbench.tasks.task import Split, Task

SEED = 0
"""Of every draw; another one would change the fingerprint of every prepared task."""


@dataclass(frozen=True)
class Edition:
    """One outcome of a preparation, known by its fingerprint.

    Attributes:
        fingerprint: SHA-256 of the task.
        source: What is known of its originals and not of others', with the licence.
    """

    fingerprint: str
    source: str


@dataclass(frozen=True)
class PreparedTask:
    """How a task is made.

    Attributes:
        name: Name of the task.
        originals: What it is made of.
        train: Training images, the same share of every class.
        valid: Validation images, set apart from the training originals first.
        make: Turns the originals of one split into images of the same labels; gets a
            generator of its own.
        source: Says for the height of the originals what the data is and how it was
            made.
        edition: The task that the tables of the suite were trained on.
    """

    name: str
    originals: Originals
    train: int
    valid: int
    make: Callable[[Split, np.random.Generator], Split]
    source: Callable[[int], str]
    edition: Edition

    def prepare(self, found: ImageSet, where: Path | str) -> Task:
        """Make the task of what a reader found.

        Args:
            found: The originals.
            where: The files, for errors.

        Raises:
            TaskError: They are not the originals that the task is made of.
        """
        train, test = self.originals.checked(found, self.name, where)
        train, valid, test = (
            self.make(part, _generator(number))
            for number, part in enumerate(self._split(train, test), start=1)
        )
        task = Task(
            self.name,
            found.classes,
            train,
            valid,
            test,
            source=self.source(found.train.images.shape[-1]),
            class_names=self.originals.class_names,
        )
        known = task.fingerprint == self.edition.fingerprint
        return replace(task, source=self.edition.source) if known else task

    def _split(self, train: Split, test: Split) -> tuple[Split, Split, Split]:
        """Return the originals of every split, each in random order.

        They are split before anything is made of them, so that no original stands
        behind images of two splits.
        """
        rng = _generator(0)
        train, test = by_content(train), by_content(test)
        total = len(train.labels)
        stay, apart = set_apart(train.labels, self.valid / total, rng)
        valid, rest = train.chosen(apart), train.chosen(stay)
        if self.train < len(stay):
            _, used = set_apart(rest.labels, self.train / len(stay), rng)
            rest = rest.chosen(used)
        return rest, valid, test.chosen(random_order(len(test.labels), rng))


def _generator(number: int) -> np.random.Generator:
    return np.random.Generator(np.random.PCG64([SEED, number]))
