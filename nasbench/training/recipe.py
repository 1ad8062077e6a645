"""How a network is trained: all the numbers, and a fingerprint over them."""

from __future__ import annotations

import hashlib
import json
import math
import operator
from collections.abc import Callable
from dataclasses import asdict, dataclass, fields
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from nasbench.errors import NasbenchError

if TYPE_CHECKING:
    from nasbench.networks import Skeleton
    from nasbench.tasks import Task

INTEGERS = {
    "epochs": (1, 10_000),
    "batch_size": (2, 100_000),  # batch norm needs two images
    "channels": (1, 1024),
    "cells_per_stage": (1, 100),
    "train_images": (0, 10**9),
    "valid_images": (0, 10**9),
    "test_images": (0, 10**9),
}
"""The whole numbers of a recipe, each with its range."""

Augmentation: TypeAlias = Literal["none", "crop-flip"]


@dataclass(frozen=True)
class Recipe:
    """Settings of the network's size and of stochastic gradient descent.

    Nesterov momentum and a cosine schedule from `learning_rate` to 0 over all steps,
    as in NAS-Bench-201 (Dong & Yang, 2020); weight decay acts on all parameters. A
    batch that the last images of an epoch do not fill is left out.

    Attributes:
        epochs: Passes over the training images.
        batch_size: Images per step.
        learning_rate: At the first step.
        momentum: Of the gradients, in [0, 1).
        weight_decay: L2 penalty, added to the gradient.
        channels: Channels of the first stage.
        cells_per_stage: Cells in each of the three stages.
        augmentation: ``none``, or ``crop-flip``: images shifted by up to an eighth of
            their size and mirrored, each at random and at every epoch anew.
        train_images: Use at most so many of the task's training images; 0 for all.
        valid_images: The same for its validation images.
        test_images: The same for its test images.
    """

    epochs: int = 8
    batch_size: int = 64
    learning_rate: float = 0.1
    momentum: float = 0.9
    weight_decay: float = 5e-4
    channels: int = 8
    cells_per_stage: int = 1
    augmentation: Augmentation = "none"
    train_images: int = 0
    valid_images: int = 0
    test_images: int = 0

    def __post_init__(self) -> None:
        """Check every value.

        Raises:
            NasbenchError: A value is outside its range.
        """
        for name, (least, most) in INTEGERS.items():
            self._convert(name, operator.index, "an integer")
            if not least <= getattr(self, name) <= most:
                raise NasbenchError(
                    f"recipe: {name} is {getattr(self, name)}, not {least} to {most}"
                )
        for name in ("learning_rate", "momentum", "weight_decay"):
            self._convert(name, float, "a number")
            if not math.isfinite(getattr(self, name)):
                raise NasbenchError(f"recipe: {name} is {getattr(self, name)}")
        if self.weight_decay < 0:
            raise NasbenchError(f"recipe: weight_decay is {self.weight_decay}, below 0")
        if not self.learning_rate > 0:
            raise NasbenchError(
                f"recipe: learning_rate is {self.learning_rate}, not > 0"
            )
        if not 0 <= self.momentum < 1:
            raise NasbenchError(f"recipe: momentum is {self.momentum}, not in [0, 1)")
        if self.augmentation not in ("none", "crop-flip"):
            raise NasbenchError(
                f"recipe: augmentation is {self.augmentation!r}; "
                "known are none, crop-flip"
            )

    def _convert(self, name: str, to: Callable[[Any], int | float], what: str) -> None:
        """Give a value its plain type, so that equal recipes are written alike."""
        value = getattr(self, name)
        try:
            object.__setattr__(self, name, to(value))
        except (TypeError, ValueError) as error:
            raise NasbenchError(f"recipe: {name} is {value!r}, not {what}") from error

    def to_json(self) -> str:
        """Return the recipe as one JSON object."""
        return json.dumps(asdict(self), sort_keys=True)

    @classmethod
    def from_json(cls, text: str) -> Recipe:
        """Read what `to_json` wrote.

        Raises:
            NasbenchError: The text is not such an object.
        """
        try:
            values = json.loads(text)
            if not isinstance(values, dict):
                raise ValueError("not a JSON object")
            unknown = set(values) - {field.name for field in fields(cls)}
            if unknown:
                raise ValueError(f"no such setting: {', '.join(sorted(unknown))}")
            return cls(**values)
        except (ValueError, TypeError) as error:
            raise NasbenchError(f"not a recipe ({error}): {text!r}") from error

    @property
    def fingerprint(self) -> str:
        """SHA-256 over the values, in hexadecimal."""
        return hashlib.sha256(self.to_json().encode()).hexdigest()

    def cut(self, task: Task) -> Task:
        """Return the part of `task` that this recipe uses."""
        limits = {
            "train": self.train_images,
            "valid": self.valid_images,
            "test": self.test_images,
        }
        sizes = {split: len(getattr(task, split).labels) for split in limits}
        return task.cut(**{s: min(n or sizes[s], sizes[s]) for s, n in limits.items()})

    def skeleton(self, image: tuple[int, int, int], classes: int) -> Skeleton:
        """Return the skeleton for images of (channels, height, width)."""
        from nasbench.networks import Skeleton

        return Skeleton(*image, classes, self.channels, self.cells_per_stage)


DEFAULT_RECIPES = {
    "cell201-mini": Recipe(
        epochs=5, train_images=3000, valid_images=1000, test_images=1000
    ),
}


def default_recipe(space: str) -> Recipe:
    """Return the recipe of a build that names none: smaller for the mini space."""
    return DEFAULT_RECIPES.get(space, Recipe())
