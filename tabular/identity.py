"""What decides the numbers of a table: trials of two identities never mix."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

from nasbench.errors import NasbenchError
from nasbench.training.engine import EngineIdentity
from nasbench.training.recipe import Recipe

if TYPE_CHECKING:
    from nasbench.tasks import Task

QUOTED = 80
"""Characters of a text that an error shows."""


@dataclass(frozen=True)
class TableIdentity:
    """Space, task, recipe and engine of all trials of a table.

    Attributes:
        space: Name of the space.
        task: Name of the task.
        task_source: What the data is, where it comes from, its licence.
        task_fingerprint: SHA-256 over the task's arrays.
        image_shape: (channels, height, width) of the images.
        classes: Number of classes of the task.
        images: Images that the counts refer to: train, valid, test.
        recipe: How networks are trained.
        engine: What trains them.
    """

    space: str
    task: str
    task_source: str
    task_fingerprint: str
    image_shape: tuple[int, int, int]
    classes: int
    images: tuple[int, int, int]
    recipe: Recipe
    engine: EngineIdentity

    @classmethod
    def of(
        cls, space: str, task: Task, recipe: Recipe, engine: EngineIdentity
    ) -> TableIdentity:
        """Return the identity of training `space` on `task`, cut by the recipe."""
        batches = len(task.train.labels) // recipe.batch_size
        return cls(
            space=space,
            task=task.name,
            task_source=task.source,
            task_fingerprint=task.fingerprint,
            image_shape=task.shape,
            classes=task.classes,
            images=(
                batches * recipe.batch_size,
                len(task.valid.labels),
                len(task.test.labels),
            ),
            recipe=recipe,
            engine=engine,
        )

    def to_json(self) -> str:
        """Return the identity as one JSON object."""
        values = {
            field.name: getattr(self, field.name)
            for field in fields(self)
            if field.name not in ("recipe", "engine")
        }
        values["recipe"] = json.loads(self.recipe.to_json())
        values["engine"] = json.loads(self.engine.to_json())
        return json.dumps(values, sort_keys=True)

    @classmethod
    def from_json(cls, text: str) -> TableIdentity:
        """Read what `to_json` wrote.

        Raises:
            NasbenchError: The text is not such an object.
        """
        try:
            values = json.loads(text)
            values["recipe"] = Recipe.from_json(json.dumps(values["recipe"]))
            values["engine"] = EngineIdentity.from_json(json.dumps(values["engine"]))
            for name in ("image_shape", "images"):
                values[name] = tuple(values[name])
            return cls(**values)
        except (ValueError, TypeError, KeyError, NasbenchError) as error:
            raise NasbenchError(
                f"not a table's identity ({_shortened(str(error))}): "
                f"{_shortened(text)!r}"
            ) from error

    @property
    def fingerprint(self) -> str:
        """SHA-256 over all of it, in hexadecimal."""
        return hashlib.sha256(self.to_json().encode()).hexdigest()

    def difference(self, other: TableIdentity) -> str:
        """Say in which values `other` differs, as in ``recipe.epochs 8, not 12``."""
        mine, theirs = _flat(self), _flat(other)
        return "; ".join(
            f"{name} {mine[name]}, not {theirs[name]}"
            for name in mine
            if mine[name] != theirs[name]
        )


def _shortened(text: str) -> str:
    return text if len(text) <= QUOTED else text[:QUOTED] + "..."


def _flat(identity: TableIdentity) -> dict[str, str]:
    flat: dict[str, str] = {}
    for name, value in json.loads(identity.to_json()).items():
        if isinstance(value, dict):
            flat |= {f"{name}.{key}": str(inner) for key, inner in value.items()}
        else:
            flat[name] = str(value)
    return flat
