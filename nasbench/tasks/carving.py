"""Makes a task of what the files hold: every split there, each in random order."""

from __future__ import annotations

import numpy as np

from nasbench.tasks.image_set import ImageSet
from nasbench.tasks.shuffling import random_order, set_apart
from nasbench.tasks.task import Split, Task, TaskError

SEED = 0
"""Of every shuffle; another one would change the fingerprint of every task."""

VALID_FRACTION = 1 / 6
"""Of the training images, where the files have test images: MNIST's 50,000 / 10,000."""

TEST_FRACTION = 1 / 5
"""Of all images, where the files have no test images."""

VALID_FRACTION_BESIDE_TEST = 1 / 4
"""Of what is left then, which makes 60 / 20 / 20."""


def carve(found: ImageSet, name: str, source: str) -> Task:
    """Return a task, with validation and test images set apart if there are none.

    What is set apart is a random part of the training images with the same share of
    every class. All splits are shuffled, so that their first images are a random
    sample. Both are the same on every machine. A set without validation images gives
    a sixth of its training images; one without test images a fifth for testing and,
    where validation images are missing too, a quarter of the rest (60 / 20 / 20).

    Args:
        found: What a reader found.
        name: Name of the task.
        source: What the data is; how it was split is added.

    Raises:
        TaskError: The images are too few, or do not fit together.
    """
    _refuse_empty_classes(found)
    rng = np.random.Generator(np.random.PCG64(SEED))
    train, notes = found.train, [source]
    if found.test is None:
        train, test = _set_apart(train, TEST_FRACTION, "test", rng)
        notes.append(f"test images: {TEST_FRACTION:.1%} of all, stratified")
    else:
        test = _shuffled(found.test, rng)
    if found.valid is None:
        whole = found.test is None
        fraction = VALID_FRACTION_BESIDE_TEST if whole else VALID_FRACTION
        train, valid = _set_apart(train, fraction, "validation", rng)
        notes.append(
            f"validation images: {fraction:.1%} of the training images, stratified"
        )
    else:
        valid = _shuffled(found.valid, rng)
        train = _shuffled(train, rng)
    if len(notes) == 1:
        notes.append("splits as given")
    return Task(
        name, found.classes, train, valid, test, "; ".join(notes), found.class_names
    )


def _refuse_empty_classes(found: ImageSet) -> None:
    """Check that every class has a training image, also if a label is absurdly large.

    Raises:
        TaskError: One has none.
    """
    present = np.unique(found.train.labels)
    if len(present) < found.classes:
        gaps = np.flatnonzero(present != np.arange(len(present)))
        first = int(gaps[0]) if len(gaps) else len(present)
        raise TaskError(
            f"no training image of class {first}; {found.classes - len(present)} of "
            f"{found.classes} classes are empty"
        )


def _set_apart(
    split: Split, fraction: float, part: str, rng: np.random.Generator
) -> tuple[Split, Split]:
    """Return what stays and what is set apart, both shuffled."""
    stay, apart = set_apart(split.labels, fraction, rng)
    if not len(apart):
        raise TaskError(
            f"{len(split.labels)} training images are too few to set {fraction:.4g} of "
            f"every class apart as {part} images"
        )
    return split.chosen(stay), split.chosen(apart)


def _shuffled(split: Split, rng: np.random.Generator) -> Split:
    return split.chosen(random_order(len(split.labels), rng))
