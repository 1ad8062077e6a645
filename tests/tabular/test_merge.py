"""Merging: parts become the table that one machine would have built, or nothing."""

from __future__ import annotations

import itertools
import shutil
from dataclasses import replace
from pathlib import Path

import h5py
import numpy as np
import pytest

from nasbench.errors import NasbenchError
from nasbench.tasks import Task
from nasbench.training.engine import EngineIdentity
from nasbench.training.recipe import Recipe
from tabular import Table
from tabular.build import BuildInterrupted, BuildRequest, Progress, build
from tabular.merge import MergeError, merge, missing_trials
from tabular.plan import Part
from tabular.provenance import runs
from tabular.schema import TableFile, sealed, write_table
from tabular.verify import verify

SPACE = "topology:3:none,skip_connect,nor_conv_1x1"


@pytest.fixture(scope="module")
def whole(digits: Task, small_recipe: Recipe) -> BuildRequest:
    return BuildRequest(SPACE, digits, small_recipe, seeds=2)


@pytest.fixture(scope="module")
def built(whole: BuildRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four parts and the whole table, built once."""
    folder = tmp_path_factory.mktemp("parts")
    build(whole, folder / "whole.h5")
    for number in range(1, 5):
        part = replace(whole, part=Part(number, 4))
        build(part, folder / f"{number}.h5", command=f"part {number}")
    return folder


@pytest.fixture
def expected_digest(built: Path) -> str:
    return Table.open(built / "whole.h5").digest


def parts_of(folder: Path) -> list[Path]:
    return [folder / f"{number}.h5" for number in range(1, 5)]


def unfinished(request: BuildRequest, out: Path, trainings: int) -> Path:
    """Leave the shards of a build that was stopped; return their folder."""

    def stop(progress: Progress) -> None:
        if progress.done == trainings:
            raise KeyboardInterrupt

    with pytest.raises(BuildInterrupted):
        build(request, out, report=stop)
    return out.with_name(out.name + ".build")


def changed(source: Path, target: Path, name: str, by: int) -> Path:
    """Write a sound table with other numbers in one dataset."""
    contents = TableFile(source).contents()
    array = contents.arrays[name].copy()
    array[contents.arrays["trials/status"] == 1] += by
    write_table(replace(contents, arrays={**contents.arrays, name: array}), target)
    return target


def test_parts_in_any_order_make_the_table_of_one_machine(
    built: Path, expected_digest: str, tmp_path: Path
) -> None:
    for order in itertools.islice(itertools.permutations(parts_of(built)), 0, 24, 5):
        out = tmp_path / "merged.h5"
        out.unlink(missing_ok=True)
        table = merge(order, out)
        assert table.digest == expected_digest
        assert missing_trials(table) == {}
        assert all(finding.passed for finding in verify(out))
        assert [path.name for path in tmp_path.iterdir()] == ["merged.h5"]


def test_merging_in_steps_and_with_duplicates_changes_nothing(
    built: Path, expected_digest: str, tmp_path: Path
) -> None:
    one, two, three, four = parts_of(built)
    out = tmp_path / "merged.h5"
    first = merge([one, two], out)
    assert not first.is_complete
    assert sum(missing_trials(first).values()) == 18 - 5 - 5
    assert merge([out, two, three], out).digest != expected_digest
    assert merge([four, out, four], out).digest == expected_digest
    assert merge([built / "whole.h5", out], out).digest == expected_digest


def test_shards_of_unfinished_builds_are_parts_too(
    whole: BuildRequest, built: Path, expected_digest: str, tmp_path: Path
) -> None:
    folder = unfinished(whole, tmp_path / "t.h5", 7)
    kept = sorted(path.name for path in folder.iterdir())
    table = merge([folder, *parts_of(built)], tmp_path / "merged.h5")
    assert table.digest == expected_digest
    assert sorted(path.name for path in folder.iterdir()) == kept
    # A partial table of a build that goes on afterwards.
    out = tmp_path / "t.h5"
    assert missing_trials(merge([folder], out)) == {0: 2}
    assert build(whole, out).digest == expected_digest
    assert {path.name for path in tmp_path.iterdir()} == {"merged.h5", "t.h5"}


def test_a_merged_table_can_be_completed_by_a_build(
    whole: BuildRequest, built: Path, expected_digest: str, tmp_path: Path
) -> None:
    out = tmp_path / "merged.h5"
    merge(parts_of(built)[:2], out)
    seen: list[Progress] = []
    assert build(whole, out, report=seen.append).digest == expected_digest
    assert seen[0].done == 10


def test_every_part_stays_known(built: Path, tmp_path: Path) -> None:
    table = merge(parts_of(built), tmp_path / "merged.h5", command="merge all")
    commands = [run["command"] for run in runs(table.provenance)]
    assert commands == ["part 1", "part 2", "part 3", "part 4", "merge all"]
    assert all(
        {"started", "finished", "system"} <= r.keys() for r in runs(table.provenance)
    )


def test_measured_seconds_may_differ_and_are_those_of_the_first(
    built: Path, expected_digest: str, tmp_path: Path
) -> None:
    name = "measured/wall_seconds_train"
    slow = changed(built / "whole.h5", tmp_path / "slow.h5", name, 100)
    table = merge([slow, *parts_of(built)], tmp_path / "merged.h5")
    assert table.digest == expected_digest
    assert np.array_equal(table.read(name), TableFile(slow).read(name))


@pytest.mark.parametrize("name", ["trials/correct_test", "trials/loss_train"])
def test_different_numbers_for_one_trial_are_named(
    name: str, built: Path, tmp_path: Path
) -> None:
    other = changed(built / "1.h5", tmp_path / "other.h5", name, 1)
    with pytest.raises(MergeError) as caught:
        merge([*parts_of(built), other], tmp_path / "merged.h5")
    message = str(caught.value)
    assert f"{other} and {built / '1.h5'} have different numbers for seed " in message
    space = Table.open(built / "1.h5").space
    assert space.parse(message.split(" of ")[1].split("; ")[0])
    assert [path.name for path in tmp_path.iterdir()] == ["other.h5"]


def test_different_settings_are_named(
    whole: BuildRequest, built: Path, tmp_path: Path
) -> None:
    one = built / "1.h5"
    contents = TableFile(one).contents()
    engine = EngineIdentity("fused", "1", "ABACUS")
    identity = replace(contents.identity, engine=engine)
    write_table(replace(contents, identity=identity), tmp_path / "other.h5")
    with pytest.raises(MergeError, match=r"other\.h5 and .*1\.h5 .*ABACUS, not "):
        merge([one, tmp_path / "other.h5"], tmp_path / "merged.h5")
    recipe = replace(whole.recipe, momentum=0.8)
    folder = unfinished(replace(whole, recipe=recipe), tmp_path / "t.h5", 2)
    with pytest.raises(MergeError, match=r"recipe\.momentum 0\.8, not 0\.9"):
        merge([one, folder], tmp_path / "merged.h5")
    assert not (tmp_path / "merged.h5").exists()


def test_parts_that_are_not_sound_are_refused(built: Path, tmp_path: Path) -> None:
    out = tmp_path / "merged.h5"
    with pytest.raises(NasbenchError, match=r"no table at .*nowhere\.h5"):
        merge([tmp_path / "nowhere.h5"], out)
    with pytest.raises(MergeError, match="no folder of shards"):
        merge([tmp_path], out)
    with pytest.raises(MergeError, match="no trial to merge"):
        merge([], out)
    bad = Path(shutil.copy(built / "1.h5", tmp_path / "bad.h5"))
    with h5py.File(bad, "r+") as file:
        file["costs/flops"][3] += 1
    bad.write_bytes(sealed(bad.read_bytes()))
    with pytest.raises(MergeError, match=r"bad\.h5 is not sound: checksums"):
        merge([built / "1.h5", bad], out)
    assert not out.exists()


def test_a_damaged_shard_is_refused(whole: BuildRequest, tmp_path: Path) -> None:
    folder = unfinished(whole, tmp_path / "t.h5", 2)
    shard = next(folder.glob("seed*.npz"))
    shard.write_bytes(shard.read_bytes()[:-50])
    out = tmp_path / "merged.h5"
    said = rf"{shard.name} is damaged .*; remove it to merge without its trainings, wh"
    with pytest.raises(NasbenchError, match=said):
        merge([folder], out)
    shard.unlink()  # and so it is
    assert missing_trials(merge([folder], out)) == {0: 9 - 1}
    assert build(whole, out).is_complete


def test_a_table_that_is_no_part_is_not_overwritten(
    built: Path, tmp_path: Path
) -> None:
    out = Path(shutil.copy(built / "1.h5", tmp_path / "mine.h5"))
    before = out.read_bytes()
    with pytest.raises(MergeError, match=r"mine\.h5 is there already"):
        merge([built / "2.h5"], out)
    assert out.read_bytes() == before
    with pytest.raises(NasbenchError, match="is a folder"):
        merge([built / "2.h5"], tmp_path)


def test_a_table_that_is_being_built_is_not_overwritten(
    whole: BuildRequest, built: Path, tmp_path: Path
) -> None:
    out = tmp_path / "t.h5"

    def meanwhile(progress: Progress) -> None:
        if progress.done == 3:
            with pytest.raises(NasbenchError, match="another build is writing"):
                merge(parts_of(built), out)

    build(whole, out, report=meanwhile)
