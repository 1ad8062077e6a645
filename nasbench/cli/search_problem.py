"""What `nasbench search` and `nasbench grow` train on, and where the record goes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from nasbench.atomic import why_not_writable
from nasbench.cli.build import RecipeOptions
from nasbench.cli.options import OptionalWhole, Whole, table_path
from nasbench.errors import NasbenchError
from nasbench.spaces import make_space
from nasbench.training.recipe import Recipe
from strategies.weight_sharing.problem import SearchProblem
from strategies.weight_sharing.trace import Setting
from tabular import Table

if TYPE_CHECKING:
    from nasbench.tasks import Task


MOST_SEEDS = 1_000_000


@Parameter(name="*")
@dataclass(frozen=True)
class ProblemOptions:
    """What is trained on, by which seeds, and where the record goes.

    Attributes:
        out: The file of records; .gz compresses it. What is there stays, and is not
            done again: a run that was interrupted goes on.
        table: Id or path of a table: gives space and recipe, and judges the result.
        space: Name of the search space; default: the table's, or cell201.
        task: Name of an embedded or prepared task, or the path of image data; default:
            the table's, or digits.
        data: The folder with the original files of a prepared task.
        image_size: Resize all images to this height and width.
        seed: The first seed.
        seeds: How many consecutive seeds; or which, as in 0-9; at most 1,000,000.
        set: A setting of the method, as in "candidates=50"; may be repeated.
    """

    out: Path
    table: str | None = None
    space: str | None = None
    task: str | None = None
    data: str | None = None
    image_size: OptionalWhole = None
    seed: Whole = 0
    seeds: str = "1"
    set: Annotated[tuple[str, ...], Parameter(negative=())] = ()

    def chosen_seeds(self) -> range:
        """Return the seeds.

        Raises:
            NasbenchError: They are neither a number nor a range, or too many.
        """
        if self.seed < 0:
            raise NasbenchError(f"--seed is 0 or more, not {self.seed}")
        first, dash, last = self.seeds.partition("-")
        numbers = [first, last] if dash else [first]
        if all(n.isascii() and n.isdecimal() and len(n) < 19 for n in numbers):
            if not dash and int(first):
                return self._few(range(self.seed, self.seed + int(first)))
            if dash and int(first) <= int(last) and not self.seed:
                return self._few(range(int(first), int(last) + 1))
        raise NasbenchError(
            f"--seeds is 1 or more, counted from --seed, or a range as 0-9 without "
            f"--seed, not {self.seeds!r}"
        )

    def _few(self, seeds: range) -> range:
        """Return the seeds, unless they are more than anyone searches from.

        Raises:
            NasbenchError: They are.
        """
        count = seeds.stop - seeds.start  # `len` of so long a range may overflow
        if count > MOST_SEEDS:
            raise NasbenchError(
                f"--seeds is at most {MOST_SEEDS:,} seeds, not the {count:,} of "
                f"{self.seeds!r}"
            )
        return seeds

    def settings(self) -> Mapping[str, Setting]:
        """Return the settings of the method as text.

        Raises:
            NasbenchError: One is not of the form NAME=VALUE, or is given twice.
        """
        settings: dict[str, Setting] = {}
        for text in self.set:
            name, equals, value = (part.strip() for part in text.partition("="))
            if not name or not equals:
                raise NasbenchError(f"--set {text!r} is not of the form NAME=VALUE")
            if name in settings:
                raise NasbenchError(f"--set {name} is given twice; give it once")
            settings[name] = value
        return settings

    def check_out(self) -> None:
        """Refuse a file that cannot be written.

        Raises:
            NasbenchError: It cannot.
        """
        if self.out.is_dir():
            raise NasbenchError(f"--out {self.out} is a folder; name a file in it")
        reason = why_not_writable(self.out.parent)
        if reason is not None:
            raise NasbenchError(f"cannot write the record to {self.out}: {reason}")

    def opened_table(self) -> Table | None:
        """Return the table, where one is given.

        Raises:
            NasbenchError: It cannot be opened.
        """
        return None if self.table is None else Table.open(table_path(self.table))

    def problem(
        self, given: RecipeOptions | None, table: Table | None
    ) -> SearchProblem:
        """Return what is trained on, from the first seed.

        Args:
            given: The recipe, where no table gives it.
            table: The table, where there is one.

        Raises:
            NasbenchError: There is no such space or task, or it is not the table's.
        """
        recipe = self._recipe(given, table)
        space = make_space(self._space(table))
        task = self._task(recipe, table)
        return SearchProblem(space, task, recipe, self.chosen_seeds()[0])

    def _space(self, table: Table | None) -> str:
        if table is None:
            return "cell201" if self.space is None else self.space
        if self.space not in (None, table.identity.space):
            raise NasbenchError(
                f"{table.name} is of {table.identity.space}, not of --space "
                f"{self.space}; leave --space out, or --table"
            )
        return table.identity.space

    def _recipe(self, given: RecipeOptions | None, table: Table | None) -> Recipe:
        if table is None:
            return (given or RecipeOptions()).recipe(self._space(None))
        if given is not None and given != RecipeOptions():
            raise NasbenchError(
                "give --table or --recipe, not both: a table has a recipe"
            )
        return table.identity.recipe

    def _task(self, recipe: Recipe, table: Table | None) -> Task:
        from nasbench.tasks import load_task

        name = self.task or ("digits" if table is None else table.identity.task)
        task = recipe.cut(load_task(name, self.image_size, self.data))
        if table is not None and task.fingerprint != table.identity.task_fingerprint:
            raise NasbenchError(
                f"{table.name} was trained on {table.identity.task} with fingerprint "
                f"{table.identity.task_fingerprint[:12]}; --task {name} has "
                f"{task.fingerprint[:12]}"
            )
        return task
