"""Builds that share the work: parts, copies of shard folders, any order."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nasbench.errors import NasbenchError
from nasbench.tasks import Task
from nasbench.training.recipe import Recipe
from tabular import Table
from tabular.build import BuildInterrupted, BuildRequest, Progress, build
from tabular.executors import Job, LocalProcesses, OpenCrew, TrainedShards
from tabular.plan import (
    LARGEST_SHARD,
    WHOLE,
    Part,
    Shard,
    deal,
    plan_shards,
    training_order,
)
from tabular.provenance import runs

SPACE = "topology:3:none,skip_connect,nor_conv_1x1"


@pytest.fixture
def request_of(digits: Task, small_recipe: Recipe) -> BuildRequest:
    return BuildRequest(SPACE, digits, small_recipe, seeds=2)


@pytest.fixture(scope="module")
def expected_digest(
    digits: Task, small_recipe: Recipe, tmp_path_factory: pytest.TempPathFactory
) -> str:
    out = tmp_path_factory.mktemp("expected") / "table.h5"
    return build(BuildRequest(SPACE, digits, small_recipe, seeds=2), out).digest


@given(classes=st.integers(1, 300), seeds=st.integers(1, 4), parts=st.integers(1, 20))
def test_parts_are_disjoint_complete_and_equal_within_one(
    classes: int, seeds: int, parts: int
) -> None:
    order = training_order(classes, None)
    parts = min(parts, classes * seeds)
    hands = [
        [
            (number, seed)
            for seed, numbers in deal(order, range(seeds), Part(part, parts))
            for number in numbers
        ]
        for part in range(1, parts + 1)
    ]
    everything = [pair for hand in hands for pair in hand]
    assert len(everything) == len(set(everything)) == classes * seeds
    assert max(map(len, hands)) - min(map(len, hands)) <= 1


def test_a_part_stays_what_it_was_when_seeds_are_added() -> None:
    order = training_order(60, None)
    two, three = (deal(order, range(n), Part(3, 7)) for n in (2, 3))
    assert three[:2] == two


def test_shards_of_a_large_space_are_few_and_of_one_size() -> None:
    order = training_order(5260, None)
    shards = plan_shards(deal(order, (0,), WHOLE), set(), LARGEST_SHARD["fused"])
    assert len(shards) == 165
    assert {len(shard.classes) for shard in shards[:-1]} == {32}


@pytest.mark.parametrize("text", ["0/3", "4/3", "3", "1/2/3", "a/b", "1/-2", "", "²/3"])
def test_parts_that_do_not_exist_are_refused(text: str) -> None:
    with pytest.raises(NasbenchError, match="part"):
        Part.parse(text)


def test_an_empty_part_is_refused(request_of: BuildRequest, tmp_path: Path) -> None:
    nothing = replace(request_of, part=Part(99, 100))
    with pytest.raises(NasbenchError, match=r"part 99/100 is empty: .* 18 trainings"):
        build(nothing, tmp_path / "t.h5")
    assert not list(tmp_path.iterdir())


def test_parts_trained_into_one_table_make_the_whole(
    request_of: BuildRequest, expected_digest: str, tmp_path: Path
) -> None:
    out = tmp_path / "t.h5"
    for part in (2, 3, 1):
        assert not out.exists() or not Table.open(out).is_complete
        table = build(replace(request_of, part=Part(part, 3)), out)
    assert table.digest == expected_digest
    assert len(runs(table.provenance)) == 3


class Shuffled:
    """A crew that finishes shards in another order."""

    @contextmanager
    def open(self, job: Job) -> Iterator[OpenCrew]:
        with LocalProcesses(1).open(job) as ready:
            train = ready.train

            def shuffled(shards: Sequence[Shard], local: Path) -> TrainedShards:
                order = np.random.default_rng(1).permutation(len(shards))
                return train([shards[place] for place in order], local)

            ready.train = shuffled  # type: ignore[method-assign]
            yield ready


def test_any_crew_and_any_order_give_the_same_digest(
    request_of: BuildRequest, expected_digest: str, tmp_path: Path
) -> None:
    table = build(request_of, tmp_path / "t.h5", workers=Shuffled())
    assert table.digest == expected_digest


def interrupted(request: BuildRequest, out: Path, trainings: int) -> Path:
    """Build until so many trainings are done; return the folder of shards."""

    def stop(progress: Progress) -> None:
        if progress.done == trainings:
            raise KeyboardInterrupt

    with pytest.raises(BuildInterrupted):
        build(request, out, report=stop, command="the first run")
    return out.with_name(out.name + ".build")


def test_a_copy_of_the_shards_goes_on_elsewhere(
    request_of: BuildRequest, expected_digest: str, tmp_path: Path
) -> None:
    here = interrupted(request_of, tmp_path / "t.h5", 5)
    # `local` ignores itself, so that a commit of the folder leaves it out.
    assert (here / "local" / ".gitignore").read_text() == "*\n"
    names = {path.name for path in here.iterdir() if path.name != "local"}
    assert len(names) == 5 + 2
    assert all(name.startswith(("seed", "run-", "identity.json")) for name in names)
    assert max((here / name).stat().st_size for name in names) < 10_000
    (tmp_path / "clone").mkdir()
    there = tmp_path / "clone" / "t.h5.build"
    shutil.copytree(here, there, ignore=shutil.ignore_patterns("local"))
    seen: list[Progress] = []
    table = build(request_of, tmp_path / "clone" / "t.h5", report=seen.append)
    assert seen[0].done == 5
    assert table.digest == expected_digest
    assert runs(table.provenance)[0]["command"] == "the first run"
    assert [path.name for path in there.parent.iterdir()] == ["t.h5"]


def test_finished_shards_are_kept_though_less_is_asked_for(
    request_of: BuildRequest, expected_digest: str, tmp_path: Path
) -> None:
    out = tmp_path / "t.h5"
    build(replace(request_of, seeds=1), out)
    interrupted(request_of, out, 12)
    grown = build(replace(request_of, seeds=1), out)
    assert grown.seeds == (0, 1)
    seen: list[Progress] = []
    assert build(request_of, out, report=seen.append).digest == expected_digest
    assert seen[0].done == 12


def test_a_shard_of_another_shape_is_named(
    request_of: BuildRequest, tmp_path: Path
) -> None:
    folder = interrupted(request_of, tmp_path / "t.h5", 2)
    shard = next(folder.glob("seed*.npz"))
    with np.load(shard) as file:
        arrays = {name: file[name] for name in file.files}
    header = json.loads(str(arrays.pop("header")))
    header["classes"] = [0, 1]
    np.savez_compressed(shard, header=json.dumps(header), **arrays)
    with pytest.raises(NasbenchError, match=rf"{shard.name} is damaged .*the shape"):
        build(request_of, tmp_path / "t.h5")
