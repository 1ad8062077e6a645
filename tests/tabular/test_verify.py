"""Verifying: a sound table passes, every kind of damage is found."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import h5py
import numpy as np
import pytest

from nasbench.tasks import Task
from nasbench.training.engine import EngineIdentity
from tabular import Table, TableError
from tabular.schema import (
    TableContents,
    TableFile,
    array_digest,
    sealed,
    write_table,
)
from tabular.verify import Finding, retrain, verify


def failing(path: Path) -> list[str]:
    return [finding.check for finding in verify(path) if not finding.passed]


def rewrite(source: Path, target: Path, **arrays: np.ndarray) -> Path:
    """Write a table whose checksums and digest are right, but not its numbers."""
    contents = TableFile(source).contents()
    changed = {name.replace("__", "/"): value for name, value in arrays.items()}
    write_table(replace(contents, arrays={**contents.arrays, **changed}), target)
    return target


def test_a_sound_table_passes(small_table_path: Path) -> None:
    assert failing(small_table_path) == []


def test_a_changed_number_fails_its_checksum(
    small_table_path: Path, tmp_path: Path
) -> None:
    copied = Path(shutil.copy(small_table_path, tmp_path / "t.h5"))
    with h5py.File(copied, "r+") as file:
        file["trials/loss_test"][0, 0, 0] += 1
    with pytest.raises(TableError, match="do not match its seal"):
        verify(copied)
    copied.write_bytes(sealed(copied.read_bytes()))
    assert failing(copied) == ["checksums"]
    with h5py.File(copied, "r+") as file:
        file["trials/loss_test"].attrs["sha256"] = array_digest(
            file["trials/loss_test"][()]
        )
    copied.write_bytes(sealed(copied.read_bytes()))
    assert failing(copied) == ["digest"]


def test_numbers_out_of_range_are_found(small_table_path: Path, tmp_path: Path) -> None:
    file = TableFile(small_table_path)
    for name, value in (
        ("trials/correct_valid", 81),
        ("trials/correct_valid", -1),
        ("trials/loss_train", np.nan),
        ("trials/epochs_done", 1),
        ("trials/status", 7),
        ("measured/wall_seconds_test", -1),
    ):
        array = file.read(name).copy()
        array[(3,) + (1,) * (array.ndim - 1)] = value
        changed = {name.replace("/", "__"): array}
        path = rewrite(small_table_path, tmp_path / "t.h5", **changed)
        assert failing(path) == ["ranges"], name


def test_classes_and_costs_are_compared_with_the_code(
    small_table_path: Path, tmp_path: Path
) -> None:
    file = TableFile(small_table_path)
    classes, flops = (
        file.read(name).copy() for name in ("classes/class_of", "costs/flops")
    )
    classes[5], flops[7] = classes[124], flops[7] + 1
    path = rewrite(
        small_table_path,
        tmp_path / "t.h5",
        classes__class_of=classes,
        costs__flops=flops,
    )
    assert failing(path) == ["classes", "costs"]
    path = rewrite(small_table_path, tmp_path / "t.h5", costs__flops=flops[:-1])
    assert failing(path) == ["shapes"]


def test_retraining_is_equal_bit_for_bit(small_table: Table, digits: Task) -> None:
    seen: list[tuple[int, int]] = []
    finding = retrain(
        small_table,
        digits,
        4,
        np.random.default_rng(0),
        lambda done, total: seen.append((done, total)),
    )
    assert finding == Finding("retrain", True, "4 of 4 equal bit for bit")
    assert seen[-1] == (4, 4)


def test_retraining_finds_a_count_off_by_one(
    small_table_path: Path, digits: Task, tmp_path: Path
) -> None:
    correct = TableFile(small_table_path).read("trials/correct_test").copy()
    correct[:, :, 0] = np.where(correct[:, :, 0] > 0, correct[:, :, 0] - 1, 1)
    path = rewrite(small_table_path, tmp_path / "t.h5", trials__correct_test=correct)
    assert failing(path) == []
    finding = retrain(Table.open(path), digits, 3, np.random.default_rng(0))
    assert not finding.passed
    assert finding.detail == "0 of 3 equal bit for bit"


def other_engine(path: Path, target: Path, shift: int) -> Table:
    """Rewrite a table as if another processor had made it, accuracies shifted."""
    contents: TableContents = TableFile(path).contents()
    identity = replace(
        contents.identity, engine=EngineIdentity("torch", "2.0.0", "DEFAULT")
    )
    correct = np.clip(contents.arrays["trials/correct_valid"] + shift, 0, 80)
    arrays = {**contents.arrays, "trials/correct_valid": correct.astype(np.int32)}
    write_table(replace(contents, identity=identity, arrays=arrays), target)
    return Table.open(target)


def test_another_instruction_set_is_compared_within_a_stated_tolerance(
    small_table_path: Path, digits: Task, tmp_path: Path
) -> None:
    near = other_engine(small_table_path, tmp_path / "near.h5", shift=1)
    finding = retrain(near, digits, 3, np.random.default_rng(0))
    assert finding.passed
    assert "another engine" in finding.detail
    assert "tolerance" in finding.detail
    far = other_engine(small_table_path, tmp_path / "far.h5", shift=60)
    assert not retrain(far, digits, 3, np.random.default_rng(0)).passed


def test_another_task_is_refused(small_table: Table, digits: Task) -> None:
    images = digits.test.images.copy()
    images[0] ^= 1
    other = replace(digits, name="others", test=replace(digits.test, images=images))
    with pytest.raises(TableError, match="task others has the fingerprint"):
        retrain(small_table, other, 1, np.random.default_rng(0))
    with pytest.raises(TableError, match="at least 1 trial, not -1"):
        retrain(small_table, digits, -1, np.random.default_rng(0))
