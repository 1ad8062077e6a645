"""What a weight-sharing search is given: the space, task and recipe of a table."""

from __future__ import annotations

from dataclasses import dataclass

from nasbench.errors import NasbenchError
from nasbench.spaces import SearchSpace
from nasbench.tasks import Task
from nasbench.training.recipe import Recipe


@dataclass(frozen=True, eq=False)
class SearchProblem:
    """A table's space, task and recipe: the supernet is built from nothing else.

    Attributes:
        space: What to search.
        task: The task, already cut by the recipe, as the table's trainings see it.
        recipe: The table's recipe: channels, cells, batch size, augmentation.
        seed: The source of all randomness.
    """

    space: SearchSpace
    task: Task
    recipe: Recipe
    seed: int

    def __post_init__(self) -> None:
        """Check the seed, and that the images fill batches.

        Raises:
            NasbenchError: The seed is negative, or there are too few images.
        """
        if self.seed < 0:
            raise NasbenchError(f"the seed of a search is 0 or more, not {self.seed}")
        for split in ("train", "valid"):
            count = len(getattr(self.task, split).labels)
            if count < self.recipe.batch_size:
                raise NasbenchError(
                    f"task {self.task.name} has {count} {split} images, fewer than one "
                    f"batch of {self.recipe.batch_size}; lower the batch size"
                )
