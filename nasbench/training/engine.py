"""What it takes to train trials: an engine and its identity."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Literal, Protocol, TypeAlias, get_args

from nasbench.errors import NasbenchError, unknown
from nasbench.spaces import Architecture, SearchSpace
from nasbench.training.recipe import Recipe
from nasbench.training.trial import Trial

if TYPE_CHECKING:
    from nasbench.tasks import Task

EngineName: TypeAlias = Literal["fused", "torch"]
"""Names of the engines, the one to prefer first."""

EngineChoice: TypeAlias = Literal["auto", "fused", "torch"]
"""What a user asks for: an engine, or the first that can train what is wanted."""


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


@dataclass(frozen=True)
class EngineSelection:
    """Which engine trains, and why it is not the fused one.

    Attributes:
        name: The engine.
        reason: Why `auto` took another than the fused engine, in one phrase; None
            where it took that, or where an engine was asked for by name.
    """

    name: EngineName
    reason: str | None = None


def why_not(
    name: EngineName, space: SearchSpace, task: Task, recipe: Recipe
) -> str | None:
    """Say in one phrase why an engine cannot train this here; None: it can.

    Args:
        name: The engine.
        space: What is trained.
        task: The images, as the recipe has cut them.
        recipe: How networks are trained.
    """
    try:
        if name == "fused":
            from nasbench.training.fused.engine import why_not as why_not_fused

            return why_not_fused(space, task, recipe)
        import torch  # noqa: F401 - whether it is there is the question
    except ModuleNotFoundError as error:
        if error.name not in ("numba", "torch"):
            raise
        return (
            f"{error.name} is not installed; install it with "
            '`pip install "nasbench-suite[train]"`'
        )
    return None


def select_engine(
    space: SearchSpace, task: Task, recipe: Recipe, choice: EngineChoice = "auto"
) -> EngineSelection:
    """Return the engine that `make_engine` makes of the same arguments.

    Args:
        space: What is trained.
        task: The images, as the recipe has cut them.
        recipe: How networks are trained.
        choice: An engine, or ``auto`` for the fused one where it can train this, else
            torch.

    Raises:
        NasbenchError: There is no such engine, or it cannot train this here.
    """
    if choice not in get_args(EngineChoice):
        raise NasbenchError(unknown("engine", choice, get_args(EngineChoice)))
    if choice != "auto":
        reason = why_not(choice, space, task, recipe)
        if reason is not None:
            raise NasbenchError(f"the {choice} engine cannot train this: {reason}")
        return EngineSelection(choice)
    reason = why_not("fused", space, task, recipe)
    if reason is None:
        return EngineSelection("fused")
    without = why_not("torch", space, task, recipe)
    if without is not None:
        raise NasbenchError(
            f"no engine can train this: fused, because {reason}; torch, because "
            f"{without}"
        )
    return EngineSelection("torch", reason)


def make_engine(
    space: SearchSpace, task: Task, recipe: Recipe, choice: EngineChoice = "auto"
) -> Engine:
    """Return an engine for this machine; each trains on one thread.

    Args:
        space: What is trained.
        task: The images, as the recipe has cut them.
        recipe: How networks are trained.
        choice: An engine, or ``auto``; see `select_engine`, which says what it takes.

    Raises:
        NasbenchError: There is no such engine, it cannot train this here, or the
            images do not fill one batch.
    """
    if select_engine(space, task, recipe, choice).name == "fused":
        from nasbench.training.fused.engine import FusedEngine

        return FusedEngine(task, recipe)
    from nasbench.training.torch_engine import TorchEngine

    return TorchEngine(task, recipe)
