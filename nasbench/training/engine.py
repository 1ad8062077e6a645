"""What it takes to train trials: an engine and its identity."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Protocol

from nasbench.errors import NasbenchError
from nasbench.spaces import Architecture, SearchSpace
from nasbench.training.recipe import Recipe
from nasbench.training.trial import Trial

if TYPE_CHECKING:
    from nasbench.tasks import Task


@dataclass(frozen=True)
class EngineIdentity:
    """What decides the last bit of a trial besides its recipe, task and seed.

    Attributes:
        engine: Name of the engine.
        version: Version of the library that computes.
        instruction_set: The vector instructions that it uses here.
    """

    engine: str
    version: str
    instruction_set: str

    def to_json(self) -> str:
        """Return the identity as one JSON object."""
        return json.dumps(asdict(self), sort_keys=True)

    @classmethod
    def from_json(cls, text: str) -> EngineIdentity:
        """Read what `to_json` wrote.

        Raises:
            NasbenchError: The text is not such an object.
        """
        try:
            return cls(**json.loads(text))
        except (ValueError, TypeError) as error:
            raise NasbenchError(f"not an engine ({error}): {text!r}") from error


class Engine(Protocol):
    """Trains architectures on one task by one recipe.

    A trial depends on the architecture's class and on the seed alone: not on the
    process, the thread, or what was trained before.
    """

    @property
    def recipe(self) -> Recipe:
        """How networks are trained."""

    @property
    def identity(self) -> EngineIdentity:
        """What decides the last bit."""

    def train(
        self,
        space: SearchSpace,
        architecture: Architecture,
        seed: int,
        epochs: int | None = None,
    ) -> Trial:
        """Train one network from scratch, for `epochs` of the recipe's schedule."""


def make_engine(task: Task, recipe: Recipe) -> Engine:
    """Return the engine that trains on this machine: torch, on one thread.

    Args:
        task: The images, as the recipe has cut them.
        recipe: How networks are trained.

    Raises:
        NasbenchError: torch is not installed, or the images do not fill one batch.
    """
    try:
        from nasbench.training.torch_engine import TorchEngine
    except ModuleNotFoundError as error:
        if error.name != "torch":
            raise
        raise NasbenchError(
            "training needs torch; install it with "
            '`pip install "nasbench-suite[train]"`'
        ) from error
    return TorchEngine(task, recipe)
