"""Which engine trains: the one that is asked for, or the first that can."""

from __future__ import annotations

import sys
from collections.abc import Callable

import pytest

from nasbench.errors import NasbenchError
from nasbench.spaces import make_space
from nasbench.tasks import Task
from nasbench.testing.toy_spaces import ToySpace
from nasbench.training.engine import (
    EngineIdentity,
    EngineSelection,
    make_engine,
    select_engine,
    why_not,
)
from nasbench.training.live import LiveBenchmark
from nasbench.training.recipe import Recipe
from nasbench.training.torch_engine import TorchEngine

MINI = make_space("cell201-mini")

StandIn = Callable[[str | None], None]


class StandInEngine(TorchEngine):
    """Trains as torch does and says that it is fused."""

    @property
    def identity(self) -> EngineIdentity:
        return EngineIdentity("fused", "0", "none")


@pytest.fixture
def fused_engine(monkeypatch: pytest.MonkeyPatch) -> StandIn:
    """Put a fused engine in place that cannot train for the reason given."""

    def put(reason: str | None) -> None:
        module = "nasbench.training.fused.engine"
        monkeypatch.setattr(f"{module}.why_not", lambda space, task, recipe: reason)
        monkeypatch.setattr(f"{module}.FusedEngine", StandInEngine)

    return put


class Absent:
    """A finder that finds one package missing, and with it all that needs it."""

    def __init__(self, package: str, needed_by: str) -> None:
        self._package, self._needed_by = package, needed_by

    def find_spec(self, name: str, path: object, target: object = None) -> None:
        if name in (self._package, self._needed_by):
            raise ModuleNotFoundError(
                f"No module named {self._package!r}", name=self._package
            )


def without(package: str, needed_by: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(sys.modules):
        if name in (package, needed_by):
            monkeypatch.delitem(sys.modules, name)
    monkeypatch.setattr(sys, "meta_path", [Absent(package, needed_by), *sys.meta_path])


def test_auto_takes_the_fused_engine_where_it_can_train(
    fused_engine: StandIn, digits: Task, small_recipe: Recipe
) -> None:
    fused_engine(None)
    assert select_engine(MINI, digits, small_recipe) == EngineSelection("fused")
    assert make_engine(MINI, digits, small_recipe).identity.engine == "fused"


def test_auto_takes_torch_elsewhere_and_the_reason_is_kept(
    fused_engine: StandIn, digits: Task, small_recipe: Recipe
) -> None:
    fused_engine("the images are 7 x 7")
    selection = select_engine(MINI, digits, small_recipe)
    assert selection == EngineSelection("torch", "the images are 7 x 7")
    assert make_engine(MINI, digits, small_recipe).identity.engine == "torch"


def test_an_engine_asked_for_by_name_is_taken_or_refused(
    fused_engine: StandIn, digits: Task, small_recipe: Recipe
) -> None:
    fused_engine(None)
    assert select_engine(MINI, digits, small_recipe, "torch") == EngineSelection(
        "torch"
    )
    for name in ("fused", "torch"):
        engine = make_engine(MINI, digits, small_recipe, name)  # type: ignore[arg-type]
        assert engine.identity.engine == name
    fused_engine("the images are 7 x 7")
    with pytest.raises(NasbenchError, match=r"fused engine cannot .* are 7 x 7"):
        make_engine(MINI, digits, small_recipe, "fused")
    with pytest.raises(NasbenchError, match="unknown engine 'fusd'; did you mean"):
        make_engine(MINI, digits, small_recipe, "fusd")  # type: ignore[arg-type]


def test_without_numba_the_reason_names_what_to_install(
    digits: Task, small_recipe: Recipe, monkeypatch: pytest.MonkeyPatch
) -> None:
    without("numba", "nasbench.training.fused.engine", monkeypatch)
    selection = select_engine(MINI, digits, small_recipe)
    assert selection.name == "torch"
    assert "numba is not installed" in str(selection.reason)
    assert 'pip install "nasbench-suite[train]"' in str(selection.reason)


def test_without_torch_auto_takes_what_is_left(
    fused_engine: StandIn,
    digits: Task,
    small_recipe: Recipe,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    without("torch", "torch", monkeypatch)
    fused_engine(None)
    assert select_engine(MINI, digits, small_recipe).name == "fused"
    fused_engine("the images are 7 x 7")
    with pytest.raises(NasbenchError, match=r"are 7 x 7; torch, .*suite\[train\]"):
        select_engine(MINI, digits, small_recipe)
    with pytest.raises(NasbenchError, match="the torch engine cannot train this"):
        select_engine(MINI, digits, small_recipe, "torch")


def test_a_defect_of_an_engine_is_not_taken_for_a_missing_package(
    digits: Task, small_recipe: Recipe, monkeypatch: pytest.MonkeyPatch
) -> None:
    without("torchvision", "torch", monkeypatch)
    with pytest.raises(ModuleNotFoundError, match="torchvision"):
        why_not("torch", MINI, digits, small_recipe)


def test_a_live_benchmark_takes_the_engine_asked_for(
    fused_engine: StandIn, digits: Task, small_recipe: Recipe
) -> None:
    space = make_space("topology:2:skip_connect,nor_conv_1x1")
    fused_engine("the images are 7 x 7")
    assert LiveBenchmark(space, digits, small_recipe).evaluate((1,)).curve
    with pytest.raises(NasbenchError, match="are 7 x 7"):
        LiveBenchmark(space, digits, small_recipe, engine="fused")


def test_spaces_that_the_fused_engine_does_not_know_go_to_torch(
    digits: Task, small_recipe: Recipe
) -> None:
    selection = select_engine(ToySpace([2, 3]), digits, small_recipe)
    assert selection.name == "torch"
    assert "topology cells" in str(selection.reason)
