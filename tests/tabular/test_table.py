"""A table: queries in every form agree with what was trained and stored."""

from __future__ import annotations

import pickle
import shutil
import subprocess
import sys
from pathlib import Path

import h5py
import numpy as np
import pytest

from nasbench import BenchmarkSpec
from nasbench.benchmark import Referee, Status
from nasbench.errors import NasbenchError
from nasbench.networks import SkeletonCosts
from nasbench.search import Budget, SearchContext
from nasbench.spaces import ArchitectureError
from nasbench.tasks import Task
from nasbench.testing import reachable
from nasbench.training.live import LiveBenchmark
from nasbench.training.recipe import Recipe
from nasbench.training.trial import SPLITS
from strategies import RandomSearch
from tabular import Table, TableError
from tabular.build import BuildRequest, build
from tabular.schema import UNITS, TableFile, sealed

TEXT = "|nor_conv_3x3~0|+|skip_connect~0|avg_pool_3x3~1|"


@pytest.fixture
def copied(small_table_path: Path, tmp_path: Path) -> Path:
    return Path(shutil.copy(small_table_path, tmp_path / "copy.h5"))


def test_text_tuple_index_and_batch_agree(small_table: Table) -> None:
    space = small_table.space
    cell = space.parse(TEXT)
    index = space.index(cell)
    entries = [
        small_table[key] for key in (TEXT, cell, list(cell), index, np.int64(index))
    ]
    assert len({entry.class_number for entry in entries}) == 1
    assert entries[0].accuracy("test") == small_table.mean_accuracy(cell, "test")
    everything = np.array(list(space), np.uint8)
    for split in ("validation", "test"):
        one_by_one = [small_table.mean_accuracy(a, split) for a in space]
        assert np.array_equal(small_table.accuracies(everything, split), one_by_one)
        by_index = small_table.accuracies(np.arange(space.size), split)
        assert np.array_equal(by_index, one_by_one)


def test_evaluations_are_the_stored_counts(small_table: Table) -> None:
    file = TableFile(small_table.path)
    correct = file.read("trials/correct_valid")
    seconds = sum(file.read(f"measured/cpu_seconds_{s}") for s in ("train", "valid"))
    images = small_table.identity.images[1]
    for cell in list(small_table.space)[::7]:
        number = small_table.class_number(cell)
        for column, seed in enumerate(small_table.seeds):
            evaluation = small_table.evaluate(cell, seed=seed)
            curve = tuple(correct[number, column] / images)
            assert evaluation.curve == curve
            assert evaluation.validation_accuracy == curve[-1]
            assert evaluation.cost_seconds == pytest.approx(
                seconds[number, column].sum()
            )
        mean = small_table.evaluate(cell)
        assert mean.curve == pytest.approx(correct[number].mean(axis=0) / images)
        assert mean.seed is None
        first = small_table.evaluate(cell, epochs=1, seed=1)
        assert first.curve == (correct[number, 1, 0] / images,)
        assert first.cost_seconds == pytest.approx(seconds[number, 1, 0])
        costs = small_table.cost_model(cell)
        assert (costs.parameters, costs.flops) == (mean.parameters, mean.flops)


def test_curves_and_frame_hold_every_trial(small_table: Table) -> None:
    curves = small_table[TEXT].curves()
    assert list(curves["seed"]) == [0, 0, 1, 1]
    assert list(curves["epoch"]) == [1, 2, 1, 2]
    final = curves[curves["epoch"] == 2]
    assert final["test_accuracy"].mean() == pytest.approx(
        small_table[TEXT].accuracy("test")
    )
    frame = small_table.to_frame()
    assert len(frame) == len(small_table) == 60
    assert frame["members"].sum() == small_table.space.size
    row = frame[frame["architecture"] == TEXT].iloc[0]
    per_seed = final["validation_accuracy"]
    assert row["validation_accuracy"] == pytest.approx(per_seed.mean())
    assert row["validation_accuracy_seed_sd"] == pytest.approx(per_seed.std(ddof=1))


def test_live_training_gives_the_tables_numbers(
    small_table: Table, digits: Task, small_recipe: Recipe
) -> None:
    live = LiveBenchmark(small_table.space, digits, small_recipe, seeds=(0, 1))
    for cell in [(3, 1, 4), (0, 0, 0), (2, 2, 0)]:
        for options in ({}, {"seed": 1}, {"epochs": 1, "seed": 0}):
            ours, stored = (b.evaluate(cell, **options) for b in (live, small_table))
            assert ours.curve == stored.curve
            assert ours.status == stored.status
            assert (ours.parameters, ours.flops) == (stored.parameters, stored.flops)
        for split in ("validation", "test"):
            assert live.mean_accuracy(cell, split) == pytest.approx(
                small_table.mean_accuracy(cell, split)
            )
    with pytest.raises(NasbenchError, match="unknown split 'foo'"):
        live.mean_accuracy((3, 1, 4), "foo")  # type: ignore[arg-type]
    for seeds in ((), (0, 0), (-1,), (None,)):
        with pytest.raises(NasbenchError, match="seed"):
            LiveBenchmark(small_table.space, digits, small_recipe, seeds=seeds)
    assert isinstance(live, Referee)
    assert live.best_accuracy("test") is None
    with pytest.raises(NasbenchError, match="epochs 1 to 2, not 3"):
        live.evaluate((3, 1, 4), epochs=3)
    with pytest.raises(NasbenchError, match=r"seeds \[0, 1\], not 2"):
        live.evaluate((3, 1, 4), seed=2)


def test_equal_hashes_do_not_change_answers(small_table: Table) -> None:
    evaluation = small_table.evaluate((3, 1, 4), seed=True)
    assert evaluation.seed is not True
    assert small_table.evaluate((3, 1, 4), seed=1).seed == 1
    assert small_table[3].class_number >= 0
    with pytest.raises(ArchitectureError):
        small_table[3.0]  # type: ignore[index]
    assert type(small_table.evaluate((3, 1, 4), epochs=1.0).epochs) is int  # type: ignore[arg-type]
    with pytest.raises(NasbenchError, match="unknown split 'foo'"):
        small_table.mean_accuracy((3, 1, 4), "foo")  # type: ignore[arg-type]
    assert len(small_table.accuracies(np.array([], np.int64))) == 0


def test_best_accuracy_is_the_maximum(small_table: Table) -> None:
    assert isinstance(small_table, Referee)
    for split in ("validation", "test"):
        values = [small_table.mean_accuracy(cell, split) for cell in small_table.space]
        assert small_table.best_accuracy(split) == max(values)


def test_stored_costs_are_the_closed_form(small_table: Table) -> None:
    identity = small_table.identity
    skeleton = identity.recipe.skeleton(identity.image_shape, identity.classes)
    model = SkeletonCosts(small_table.space, skeleton)
    for cell in small_table.space:
        assert small_table.cost_model(cell) == model(cell)


def test_what_is_not_there_is_said(small_table: Table) -> None:
    for key in ("|none~0|", (0, 0), (0, 0, 5), -1, 125, (0.5, 0, 0)):
        with pytest.raises(ArchitectureError):
            small_table[key]  # type: ignore[index]
    with pytest.raises(TableError, match=r"seeds \[0, 1\], not 2"):
        small_table.evaluate((0, 0, 0), seed=2)
    for epochs in (0, 3):
        with pytest.raises(TableError, match="epochs 1 to 2"):
            small_table.evaluate((0, 0, 0), epochs=epochs)
    for wrong in ([[0, 0]], [[0, 0, 5]], [[0.0, 0, 0]]):
        with pytest.raises(ArchitectureError):
            small_table.accuracies(np.array(wrong))
    with pytest.raises(ArchitectureError, match="0 to 124"):
        small_table.accuracies(np.array([125]))


def test_a_partial_table_says_what_it_lacks(
    digits: Task, small_recipe: Recipe, tmp_path: Path
) -> None:
    request = BuildRequest("cell201-mini", digits, small_recipe, limit=2)
    table = build(request, tmp_path / "part.h5")
    assert not table.is_complete
    assert len(table) == len(table.to_frame()) == 2
    held = set(table.to_frame()["index"])
    missing = next(
        cell
        for index, cell in enumerate(table.space)
        if int(table.space.classes.class_of[index])
        not in {int(table.space.classes.class_of[i]) for i in held}
    )
    for ask in (table.evaluate, table.__getitem__):
        with pytest.raises(TableError, match="a partial table: 2 of 60 classes"):
            ask(missing)
    assert np.isnan(table.mean_accuracy(missing, "test"))
    assert np.isnan(table.accuracies(np.array([missing], np.uint8))).all()
    assert table.best_accuracy("test") <= 1


def test_failed_trials_are_masked(
    digits: Task, small_recipe: Recipe, tmp_path: Path
) -> None:
    from dataclasses import replace

    recipe = replace(small_recipe, learning_rate=1e30)
    space = "topology:2:skip_connect,nor_conv_3x3"
    table = build(BuildRequest(space, digits, recipe, seeds=2), tmp_path / "bad.h5")
    evaluation = table.evaluate((1,), seed=0)
    assert evaluation.status is Status.FAILED
    assert evaluation.validation_accuracy is None
    assert evaluation.curve == ()
    assert table.evaluate((1,)).status is Status.FAILED
    assert np.isnan(table.mean_accuracy((1,), "test"))
    assert len(table[(1,)].curves()) < 2 * recipe.epochs
    assert table.is_complete


def test_a_table_survives_pickling(small_table: Table) -> None:
    copy = pickle.loads(pickle.dumps(small_table))
    assert copy.evaluate((3, 1, 4)) == small_table.evaluate((3, 1, 4))


def test_a_table_opens_while_another_process_holds_its_lock(copied: Path) -> None:
    program = f"""
import fcntl
with open({str(copied)!r}, "rb") as file:
    fcntl.flock(file, fcntl.LOCK_EX)
    print("locked", flush=True)
    input()
"""
    with subprocess.Popen(
        [sys.executable, "-c", program],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as holder:
        assert holder.stdout.readline() == "locked\n"
        assert Table.open(copied).evaluate((3, 1, 4)).epochs == 2
        holder.communicate("\n")


def test_the_spec_names_all_that_decides_the_numbers(small_table: Table) -> None:
    spec = small_table.spec
    assert spec.digest == small_table.digest
    assert BenchmarkSpec.from_json(spec.to_json()) == spec
    with pytest.raises(NasbenchError, match="not a benchmark spec"):
        BenchmarkSpec.from_json("{}")


def test_no_strategy_can_reach_a_test_accuracy(small_table: Table) -> None:
    context = SearchContext(
        space=small_table.space,
        epochs=small_table.epochs,
        budget=Budget(10),
        costs=small_table.cost_model,
        seed=0,
    )
    small_table.mean_accuracy((0, 0, 0), "test")
    strategy = RandomSearch(context)
    told = []
    for _ in range(5):
        proposal = strategy.ask()
        told.append(small_table.evaluate(proposal.architecture, seed=0))
        strategy.tell(proposal, told[-1])
    test = small_table._trials.accuracy("test")
    found = reachable([strategy, context, told])
    assert not any(isinstance(thing, Table | TableFile | h5py.File) for thing in found)
    for thing in found:
        if isinstance(thing, np.ndarray) and thing.dtype.kind == "f":
            assert not np.isin(test[~np.isnan(test)], thing).all()
    # The walk does find what can be reached.
    assert any(thing is test for thing in reachable([small_table]))


# Files that are not what they should be


def test_missing_damaged_and_foreign_files_are_named(copied: Path) -> None:
    folder = copied.parent
    with pytest.raises(TableError, match="no table at"):
        Table.open(folder / "nowhere.h5")
    with pytest.raises(TableError, match="no table at"):
        Table.open(folder)
    (folder / "text.h5").write_text("hello")
    with pytest.raises(TableError, match=r"text\.h5 is no nasbench-table"):
        Table.open(folder / "text.h5")
    (folder / "cut.h5").write_bytes(copied.read_bytes()[:5000])
    with pytest.raises(TableError, match=r"cut\.h5 is damaged"):
        Table.open(folder / "cut.h5")
    with h5py.File(folder / "other.h5", "w") as file:
        file["data"] = [1, 2, 3]
    with pytest.raises(TableError, match="is an HDF5 file, but no nasbench-table"):
        Table.open(folder / "other.h5")
    with h5py.File(copied, "r+") as file:
        file.attrs["schema_version"] = 99
    copied.write_bytes(sealed(copied.read_bytes()))
    with pytest.raises(TableError, match="schema version 99; this release reads 1"):
        Table.open(copied)


def test_a_missing_dataset_is_named(copied: Path) -> None:
    with h5py.File(copied, "r+") as file:
        del file["trials/correct_valid"]
    copied.write_bytes(sealed(copied.read_bytes()))
    table = Table.open(copied)
    with pytest.raises(TableError, match="damaged at trials/correct_valid"):
        table.evaluate((0, 0, 0))


def test_any_damage_to_the_bytes_is_refused_at_once(copied: Path) -> None:
    rng = np.random.default_rng(0)
    whole = copied.read_bytes()
    for place in [0, 100, 511, 512, *rng.integers(len(whole), size=150).tolist()]:
        copied.write_bytes(_flipped(whole, place))
        with pytest.raises(TableError, match="damaged"):
            Table.open(copied)
    # A hole in HDF5's own lists of free space once made its library loop for ever.
    for place in rng.integers(len(whole) - 64, size=50):
        copied.write_bytes(whole[:place] + bytes(64) + whole[place + 64 :])
        if copied.read_bytes() != whole:
            with pytest.raises(TableError, match="damaged"):
                Table.open(copied)


@pytest.mark.parametrize("name", ["trials/correct_valid", "measured/cpu_seconds_train"])
def test_damage_under_a_renewed_seal_is_found_by_its_checksum(
    copied: Path, name: str
) -> None:
    with h5py.File(copied) as file:
        chunk = file[name].id.get_chunk_info(0)
    place = chunk.byte_offset + chunk.size // 2
    copied.write_bytes(sealed(_flipped(copied.read_bytes(), place)))
    with pytest.raises(TableError, match=f"damaged at {name}"):
        Table.open(copied).evaluate((3, 1, 4))


def _flipped(whole: bytes, place: int) -> bytes:
    damaged = bytearray(whole)
    damaged[place] ^= 0xFF
    return bytes(damaged)


def test_every_dataset_has_its_unit_and_checksum(small_table_path: Path) -> None:
    with h5py.File(small_table_path) as file:
        for name, unit in UNITS.items():
            assert file[name].attrs["unit"] == unit
            assert len(file[name].attrs["sha256"]) == 64
        assert {f"trials/loss_{s}" for s in SPLITS} <= UNITS.keys()


def test_opening_and_querying_import_neither_torch_nor_pandas(
    small_table_path: Path,
) -> None:
    program = f"""
import sys
from tabular import Table
table = Table.open({str(small_table_path)!r})
table[{TEXT!r}].accuracy("test")
table.evaluate((3, 1, 4))
heavy = {{"torch", "pandas", "sklearn", "matplotlib", "xgboost"}} & set(sys.modules)
sys.exit(f"imported {{heavy}}" if heavy else 0)
"""
    subprocess.run([sys.executable, "-c", program], check=True)
