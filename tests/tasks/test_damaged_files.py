"""Damage is an error that names the file; it never becomes a task."""

from __future__ import annotations

import gzip
import hashlib
import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from image_files import cifar_bytes, idx_bytes, pair, write_idx, write_pickle

from nasbench.tasks import TaskError, load_task

GREY = (1, 6, 6)
COLOUR = (3, 32, 32)


def refused(path: Path, *words: str) -> None:
    """Check that the path is refused in one line with all words in it."""
    with pytest.raises(TaskError) as caught:
        load_task(path)
    message = str(caught.value)
    assert "\n" not in message
    for word in words:
        assert word in message


def loaded_or_refused(path: Path) -> str:
    """Return the fingerprint, or the message of the only error there may be."""
    try:
        return load_task(path).fingerprint
    except TaskError as error:
        return str(error)


def make_idx(folder: Path, suffix: str = "") -> list[Path]:
    write_idx(folder, pair(60, GREY, 3), pair(20, GREY, 3, seed=1), suffix=suffix)
    return sorted(folder.iterdir())


def make_gz(folder: Path) -> list[Path]:
    return make_idx(folder, ".gz")


def make_binary(folder: Path) -> list[Path]:
    names = [*(f"data_batch_{i}.bin" for i in range(1, 6)), "test_batch.bin"]
    for seed, name in enumerate(names):
        (folder / name).write_bytes(cifar_bytes(*pair(20, COLOUR, 10, seed)))
    return [folder / name for name in names]


def make_pickles(folder: Path) -> list[Path]:
    names = [*(f"data_batch_{i}" for i in range(1, 6)), "test_batch"]
    for seed, name in enumerate(names):
        images, labels = pair(20, COLOUR, 10, seed)
        rows = images.reshape(20, -1)
        write_pickle(folder / name, {"data": rows, "labels": labels.tolist()})
    return [folder / name for name in names]


def make_imagenet(folder: Path) -> list[Path]:
    names = [*(f"train_data_batch_{i}" for i in range(1, 11)), "val_data"]
    for seed, name in enumerate(names):
        images, labels = pair(120, (3, 16, 16), 120, seed)
        rows = images.reshape(120, -1)
        write_pickle(folder / name, {"data": rows, "labels": (labels + 1).tolist()})
    return [folder / name for name in names]


def make_npz(folder: Path, **changed: object) -> list[Path]:
    train, test = pair(60, GREY, 3), pair(20, GREY, 3, seed=1)
    arrays: dict[str, object] = {
        "x_train": train[0],
        "y_train": train[1],
        "x_test": test[0],
        "y_test": test[1],
        **changed,
    }
    kept = {key: value for key, value in arrays.items() if value is not None}
    np.savez(folder / "set.npz", **kept)  # type: ignore[arg-type]  # keys are strings
    return [folder / "set.npz"]


MAKERS = [make_idx, make_gz, make_binary, make_pickles, make_imagenet, make_npz]
Maker = Callable[[Path], list[Path]]


@pytest.mark.parametrize("make", MAKERS)
def test_the_files_are_good_before_they_are_damaged(
    tmp_path: Path, make: Maker
) -> None:
    make(tmp_path)
    load_task(tmp_path)


@pytest.mark.parametrize("make", MAKERS)
@pytest.mark.parametrize("cut", [1, 7, 0.5, -3, -5])
def test_a_truncated_file_is_named(tmp_path: Path, make: Maker, cut: float) -> None:
    for file in make(tmp_path):
        data = file.read_bytes()
        end = int(cut * len(data)) if isinstance(cut, float) else cut
        # Half of a binary CIFAR file is a whole number of records.
        file.write_bytes(data[: end - (end % 3073 == 0)])
        refused(tmp_path, str(file))
        file.write_bytes(data)


@pytest.mark.parametrize("make", [*MAKERS[:-1]])
def test_a_missing_file_is_named(tmp_path: Path, make: Maker) -> None:
    for file in make(tmp_path):
        file.rename(tmp_path / "away")
        refused(tmp_path, str(file).removesuffix(".gz"), "missing")
        (tmp_path / "away").rename(file)


@pytest.mark.parametrize("make", [make_gz, make_npz])
def test_a_flipped_byte_never_changes_an_image(tmp_path: Path, make: Maker) -> None:
    """Checksums cover all but headers, in which a few bytes mean nothing (dates)."""
    file = make(tmp_path)[0]
    good, data = load_task(tmp_path).fingerprint, file.read_bytes()
    caught = 0
    places = range(0, len(data), max(1, len(data) // 400))
    for place in places:
        file.write_bytes(data[:place] + bytes([data[place] ^ 16]) + data[place + 1 :])
        outcome = loaded_or_refused(tmp_path)
        assert outcome == good or str(tmp_path) in outcome
        caught += outcome != good
    assert caught > 0.8 * len(places)


def test_a_flipped_byte_in_a_gzip_file_is_named(tmp_path: Path) -> None:
    for file in make_gz(tmp_path):
        data = bytearray(file.read_bytes())
        data[-6] ^= 1  # in the CRC
        good = file.read_bytes()
        file.write_bytes(data)
        refused(tmp_path, str(file), "gzip")
        file.write_bytes(good)


@pytest.mark.parametrize("make", [make_pickles, make_imagenet])
def test_a_garbled_pickle_gives_no_other_error(tmp_path: Path, make: Maker) -> None:
    file = make(tmp_path)[0]
    data = file.read_bytes()
    rng = np.random.default_rng(0)
    heads = rng.integers(0, 300, 150)
    tails = len(data) - 1 - rng.integers(0, 150, 150)
    for place in [*heads.tolist(), *tails.tolist()]:
        garbled = bytearray(data)
        garbled[place] = rng.integers(256)
        file.write_bytes(garbled)
        outcome = loaded_or_refused(tmp_path)
        # A pixel or a label may have changed: there is no checksum in a pickle.
        assert len(outcome) == 64 or str(tmp_path) in outcome


def test_a_wrong_magic_number_is_named(tmp_path: Path) -> None:
    for file in make_idx(tmp_path):
        data = file.read_bytes()
        file.write_bytes(b"\x00\x00\x0d" + data[3:])  # float32
        refused(tmp_path, str(file), "0x00000d")
        file.write_bytes(data)


def test_idx_labels_in_place_of_images_are_named(tmp_path: Path) -> None:
    make_idx(tmp_path)
    labels = tmp_path / "train-labels-idx1-ubyte"
    images = tmp_path / "train-images-idx3-ubyte"
    images.write_bytes(labels.read_bytes())
    refused(tmp_path, str(images))


def test_bytes_behind_the_end_are_an_error(tmp_path: Path) -> None:
    file = make_idx(tmp_path)[0]
    file.write_bytes(file.read_bytes() + b"\x00")
    refused(tmp_path, str(file), "too long")


def test_a_wrong_record_size_is_named(tmp_path: Path) -> None:
    file = make_binary(tmp_path)[2]
    file.write_bytes(file.read_bytes() + b"\x00")
    refused(tmp_path, str(file), "3073")


def test_counts_that_differ_are_an_error(tmp_path: Path) -> None:
    make_idx(tmp_path)
    labels = tmp_path / "train-labels-idx1-ubyte"
    labels.write_bytes(idx_bytes(np.zeros(59, np.uint8)))
    refused(tmp_path, labels.name, "60 images", "59 labels")


def test_counts_that_differ_in_a_pickle_are_an_error(tmp_path: Path) -> None:
    file = make_pickles(tmp_path)[1]
    write_pickle(file, {"data": np.zeros((3, 3072), np.uint8), "labels": [0, 1]})
    refused(tmp_path, str(file), "3 images", "2 labels")


@pytest.mark.parametrize("label", [10, 255])
def test_a_label_out_of_range_is_named(tmp_path: Path, label: int) -> None:
    file = make_binary(tmp_path)[3]
    file.write_bytes(bytes([label]) + file.read_bytes()[1:])
    refused(tmp_path, str(file), f"label {label} of image 0")


@pytest.mark.parametrize("label", [0, 1001, -1])
def test_an_imagenet_label_out_of_range_is_named(tmp_path: Path, label: int) -> None:
    file = make_imagenet(tmp_path)[3]
    write_pickle(file, {"data": np.zeros((1, 768), np.uint8), "labels": [label]})
    refused(tmp_path, str(file), f"label {label} of image 0")


@pytest.mark.parametrize(
    "batch",
    [
        [1, 2],
        {"labels": [1]},
        {"data": np.zeros((1, 768), np.uint8)},
        {"data": np.zeros((1, 3072), np.uint8), "labels": [1]},
        {"data": np.zeros((1, 768), np.float32), "labels": [1]},
        {"data": [[0] * 768], "labels": [1]},
        {"data": np.zeros((1, 768), np.uint8), "labels": [1.5]},
        {"data": np.zeros((1, 768), np.uint8), "labels": ["cat"]},
        {"data": np.zeros((1, 768), np.uint8), "labels": [[1], [2, 3]]},
        {"data": np.zeros((1, 768), np.uint8), "labels": 1},
    ],
)
def test_a_batch_of_another_form_is_named(tmp_path: Path, batch: object) -> None:
    file = make_imagenet(tmp_path)[0]
    write_pickle(file, batch)
    refused(tmp_path, str(file))


@pytest.mark.parametrize(
    "changed, word",
    [
        ({"y_train": None}, "y_train is missing"),
        ({"x_test": None}, "x_test is missing"),
        ({"x_train": None, "y_train": None}, "no training images"),
        ({"x_train": np.full((60, 6, 6), 1.5)}, "[0, 1]"),
        ({"x_train": np.full((60, 6, 6), np.nan)}, "[0, 1]"),
        ({"x_train": np.zeros((60, 6, 6), np.int32)}, "int32"),
        ({"x_train": np.zeros((60, 36), np.uint8)}, "(60, 36)"),
        ({"x_train": np.zeros((60, 9, 9, 9), np.uint8)}, "(60, 9, 9, 9)"),
        ({"x_train": np.zeros((60, 3, 9, 3), np.uint8)}, "(60, 3, 9, 3)"),
        ({"x_train": np.zeros((59, 6, 6), np.uint8)}, "59 images"),
        ({"x_train": np.zeros((60, 7, 7), np.uint8)}, "(1, 7, 7)"),
        ({"y_train": np.arange(60) % 2}, "out of range"),
        ({"y_train": np.arange(60) % 3 - 1}, "label -1"),
        ({"y_train": np.arange(60) % 3 * 5}, "no training image of class 1"),
        ({"y_train": np.arange(60) * 10**12}, "no training image of class 1"),
        ({"y_train": np.zeros(60)}, "float64"),
        ({"y_train": np.eye(60, dtype=np.int64)}, "(60, 60)"),
        ({"class_names": ["a", "b", "c", "d"]}, "no training image of class 3"),
        ({"class_names": ["a", "b"]}, "out of range"),
        ({"x_train": np.array([{}] * 60)}, "allow_pickle"),
    ],
)
def test_wrong_arrays_in_an_npz_are_named(
    tmp_path: Path, changed: dict[str, object], word: str
) -> None:
    file = make_npz(tmp_path, **changed)[0]
    refused(file, str(file), word)


def test_an_empty_class_of_idx_is_named(tmp_path: Path) -> None:
    make_idx(tmp_path)
    labels = (np.arange(60) % 3 * 2).astype(np.uint8)
    (tmp_path / "train-labels-idx1-ubyte").write_bytes(idx_bytes(labels))
    refused(tmp_path, str(tmp_path), "no training image of class 1")


@pytest.mark.parametrize("name, digest", [("SHA256SUMS", "sha256"), ("MD5SUMS", "md5")])
@pytest.mark.parametrize("gap", ["  ", " *"])
def test_a_wrong_checksum_names_the_file_and_both_sums(
    tmp_path: Path, name: str, digest: str, gap: str
) -> None:
    files = make_idx(tmp_path)
    sums = {f: hashlib.new(digest, f.read_bytes()).hexdigest() for f in files}
    lines = [f"{value}{gap}{file.name}\n" for file, value in sums.items()]
    (tmp_path / name).write_text("".join(lines))
    load_task(tmp_path)
    damaged = files[1]
    data = damaged.read_bytes()
    damaged.write_bytes(data[:-1] + bytes([data[-1] ^ 1]))
    found = hashlib.new(digest, damaged.read_bytes()).hexdigest()
    refused(tmp_path, str(damaged), sums[damaged], found)
    damaged.unlink()
    refused(tmp_path, str(damaged), "missing")


def test_a_list_of_checksums_that_is_none_is_an_error(tmp_path: Path) -> None:
    make_idx(tmp_path)
    (tmp_path / "SHA256SUMS").write_text("abc  train-images-idx3-ubyte\n")
    refused(tmp_path, str(tmp_path / "SHA256SUMS"), "line 1")


def test_an_npz_file_is_checked_against_the_list_beside_it(tmp_path: Path) -> None:
    file = make_npz(tmp_path)[0]
    (tmp_path / "SHA256SUMS").write_text(f"{'0' * 64}  set.npz\n{'1' * 64}  other\n")
    refused(file, str(file), "0" * 64)


def test_gzip_of_something_else_is_named(tmp_path: Path) -> None:
    file = make_gz(tmp_path)[0]
    file.write_bytes(gzip.compress(b"<html>not found</html>"))
    refused(tmp_path, str(file), "0x" + b"<htm".hex())


@pytest.mark.parametrize("size", [0, -4])
def test_an_image_size_below_one_is_an_error(size: int) -> None:
    with pytest.raises(TaskError, match=re.escape(str(size))):
        load_task("digits", image_size=size)


def test_an_unknown_name_tells_the_tasks_and_the_formats() -> None:
    with pytest.raises(TaskError, match=r"'digitz'.*'digits'.*npz"):
        load_task("digitz")


def test_a_path_without_images_tells_the_formats(tmp_path: Path) -> None:
    refused(tmp_path, str(tmp_path), "train-images-idx3-ubyte")
    (tmp_path / "notes.txt").write_text("nothing")
    refused(tmp_path / "notes.txt", "notes.txt", "npz")
