"""Settings of all tests."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from nasbench.tasks import Task
    from nasbench.training.recipe import Recipe
    from tabular import Table


@pytest.fixture(autouse=True, scope="session")
def _one_thread_per_test_process() -> Iterator[None]:
    """Let xdist's processes share the cores instead of fighting for them."""
    import sklearn.ensemble  # noqa: F401 - its import draws from Python's generator
    import torch

    from leaderboards.runner.one_thread import one_thread

    torch.set_num_threads(1)
    with one_thread():
        yield


@pytest.fixture(autouse=True, scope="session")
def _digits_are_made_once() -> Iterator[None]:
    """Remember the embedded task: its arrays are read-only, and making it is dear."""
    from functools import cache

    from nasbench.tasks import loading

    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(loading.EMBEDDED, "digits", cache(loading.EMBEDDED["digits"]))
        yield


@pytest.fixture(scope="session")
def digits(_digits_are_made_once: None) -> Task:
    """The embedded task, made once per test process."""
    from nasbench.tasks import load_task

    return load_task("digits")


@pytest.fixture(scope="session")
def small_recipe() -> Recipe:
    """A recipe that trains in a tenth of a second and still learns a little."""
    from nasbench.training.recipe import Recipe

    return Recipe(
        epochs=2,
        batch_size=32,
        channels=2,
        train_images=96,
        valid_images=80,
        test_images=70,
    )


@pytest.fixture(scope="session")
def small_table_path(
    digits: Task, small_recipe: Recipe, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """A whole table of cell201-mini, two seeds, built once per test process."""
    from tabular.build import BuildRequest, build

    out = tmp_path_factory.mktemp("table") / "small.h5"
    build(BuildRequest("cell201-mini", digits, small_recipe, seeds=2), out, workers=1)
    return out


@pytest.fixture
def small_table(small_table_path: Path) -> Table:
    """The small table, opened anew."""
    from tabular import Table

    return Table.open(small_table_path)
