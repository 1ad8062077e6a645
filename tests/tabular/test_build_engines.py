"""Builds and engines: a table has one, and whoever adds to it takes the same."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from nasbench.tasks import Task
from nasbench.training.engine import EngineChoice, EngineSelection
from nasbench.training.recipe import Recipe
from tabular import Table
from tabular.build import BuildInterrupted, BuildRequest, Progress, build
from tabular.shards import BuildError
from tabular.verify import retrain

SPACE = "topology:3:none,skip_connect,nor_conv_1x1"


@pytest.fixture
def request_of(digits: Task, small_recipe: Recipe) -> BuildRequest:
    return BuildRequest(SPACE, digits, small_recipe)


@pytest.fixture
def no_fused_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        "nasbench.training.fused.engine.why_not",
        lambda space, task, recipe: "it is Tuesday",
    )


def engine_of(table: Table) -> str:
    return table.identity.engine.engine


def selection(request: BuildRequest, out: Path) -> EngineSelection:
    seen: list[Progress] = []
    build(request, out, report=seen.append)
    return seen[0].engine


def test_a_build_takes_the_fused_engine_and_adds_seeds_with_it(
    request_of: BuildRequest, tmp_path: Path
) -> None:
    out = tmp_path / "t.h5"
    assert selection(request_of, out) == EngineSelection("fused")
    first = Table.open(out)
    seen: list[Progress] = []
    grown = build(replace(request_of, seeds=3), out, report=seen.append)
    assert (seen[0].done, seen[-1].done) == (len(first), 3 * len(first))
    assert engine_of(first) == engine_of(grown) == "fused"
    assert grown.digest == build(replace(request_of, seeds=3), tmp_path / "3.h5").digest


def test_a_build_says_why_it_does_not_take_the_fused_engine(
    no_fused_engine: None, request_of: BuildRequest, tmp_path: Path
) -> None:
    out = tmp_path / "t.h5"
    assert selection(request_of, out) == EngineSelection("torch", "it is Tuesday")
    with pytest.raises(Exception, match="fused engine cannot train this: it is Tue"):
        build(replace(request_of, engine="fused"), tmp_path / "fused.h5")
    assert {path.name for path in tmp_path.iterdir()} == {"t.h5"}


def test_what_torch_has_begun_torch_goes_on_with(
    request_of: BuildRequest, tmp_path: Path
) -> None:
    out = tmp_path / "t.h5"

    def stop(progress: Progress) -> None:
        if progress.done:
            raise KeyboardInterrupt

    with pytest.raises(BuildInterrupted):
        build(replace(request_of, engine="torch"), out, report=stop)
    for engine, seeds in (("fused", 1), ("auto", 1), ("fused", 2), ("auto", 2)):
        asked: BuildRequest = replace(request_of, engine=engine, seeds=seeds)
        if engine == "fused":
            with pytest.raises(BuildError, match=r"engine\.engine fused, not torch"):
                build(asked, out)
        else:
            assert selection(asked, out) == EngineSelection(
                "torch", f"{out} was begun with it"
            )
    assert engine_of(Table.open(out)) == "torch"


def test_what_fused_has_begun_is_not_mixed_where_fused_is_missing(
    request_of: BuildRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "t.h5"
    build(request_of, out)
    monkeypatch.setattr(
        "nasbench.training.fused.engine.why_not",
        lambda space, task, recipe: "it is Tuesday",
    )
    with pytest.raises(Exception, match="fused engine cannot train this: it is Tue"):
        build(replace(request_of, seeds=2), out)


def test_worker_processes_take_the_engine_that_is_asked_for(
    request_of: BuildRequest, tmp_path: Path
) -> None:
    choices: tuple[EngineChoice, ...] = ("fused", "torch")
    for engine in choices:
        asked = replace(request_of, engine=engine)
        two = build(asked, tmp_path / f"{engine}2.h5", workers=2)
        assert engine_of(two) == engine
        assert two.digest == build(asked, tmp_path / f"{engine}1.h5").digest


@pytest.mark.parametrize("engine", ["fused", "torch"])
def test_retraining_takes_the_engine_of_the_table(
    engine: EngineChoice, request_of: BuildRequest, digits: Task, tmp_path: Path
) -> None:
    table = build(replace(request_of, engine=engine), tmp_path / "t.h5")
    finding = retrain(table, digits, 3, np.random.default_rng(0))
    assert finding.detail == "3 of 3 equal bit for bit"


def test_retraining_takes_another_engine_where_that_of_the_table_is_missing(
    request_of: BuildRequest,
    digits: Task,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    table = build(replace(request_of, seeds=3), tmp_path / "t.h5")
    monkeypatch.setattr(
        "nasbench.training.fused.engine.why_not",
        lambda space, task, recipe: "it is Tuesday",
    )
    finding = retrain(table, digits, 3, np.random.default_rng(0))
    assert "another engine" in finding.detail
    assert "torch" in finding.detail
    assert finding.passed
