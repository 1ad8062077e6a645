"""Folders of image files, and resizing."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from image_files import Pair, pair, write_idx
from PIL import Image

from nasbench.tasks import Split, Task, TaskError, load_task

CLASSES = ("ape", "bee", "cat")
LOSSLESS = (".png", ".bmp", ".ppm")


def save(folder: Path, images: Pair, suffix: str = ".png") -> list[Path]:
    """Write class subfolders; the order of the names is not that of the images."""
    files = []
    for i, (pixels, label) in enumerate(zip(*images, strict=True)):
        file = folder / CLASSES[label] / f"{i * 7919 % 1000:03}{suffix}"
        file.parent.mkdir(parents=True, exist_ok=True)
        array = pixels[0] if len(pixels) == 1 else pixels.transpose(1, 2, 0)
        Image.fromarray(np.ascontiguousarray(array)).save(file)
        files.append(file)
    return files


def content(*splits: Split | Pair) -> list[tuple[bytes, int]]:
    rows = []
    for split in splits:
        images, labels = (
            (split.images, split.labels) if isinstance(split, Split) else split
        )
        rows += [(i.tobytes(), int(k)) for i, k in zip(images, labels, strict=True)]
    return sorted(rows)


def whole(task: Task) -> list[tuple[bytes, int]]:
    return content(task.train, task.valid, task.test)


@pytest.mark.parametrize("suffix", LOSSLESS)
@pytest.mark.parametrize("channels", [1, 3])
def test_class_folders_come_back(tmp_path: Path, suffix: str, channels: int) -> None:
    images = pair(60, (channels, 5, 7), 3)
    save(tmp_path, images, suffix)
    task = load_task(tmp_path)
    assert whole(task) == content(images)
    assert task.shape == (channels, 5, 7)
    assert task.class_names == CLASSES
    assert [len(s.labels) for s in (task.train, task.valid, task.test)] == [36, 12, 12]


@pytest.mark.parametrize("valid_name", ["valid", "val"])
def test_split_folders_come_back(tmp_path: Path, valid_name: str) -> None:
    train, valid, test = (pair(12, (1, 5, 5), 3, seed=i) for i in range(3))
    for name, images in {"train": train, valid_name: valid, "test": test}.items():
        save(tmp_path / name, images)
    task = load_task(tmp_path)
    assert content(task.train) == content(train)
    assert content(task.valid) == content(valid)
    assert content(task.test) == content(test)


def test_a_sixth_is_carved_where_only_validation_is_missing(tmp_path: Path) -> None:
    train, test = pair(36, (1, 5, 5), 3), pair(9, (1, 5, 5), 3, seed=1)
    save(tmp_path / "train", train)
    save(tmp_path / "test", test)
    task = load_task(tmp_path)
    assert content(task.train, task.valid) == content(train)
    assert np.bincount(task.valid.labels).tolist() == [2, 2, 2]
    assert content(task.test) == content(test)


def test_the_order_in_which_files_were_written_does_not_count(tmp_path: Path) -> None:
    images = pair(30, (1, 5, 5), 3)
    files = save(tmp_path / "a", images)
    for file in reversed(files):
        copy = tmp_path / "b" / file.relative_to(tmp_path / "a")
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_bytes(file.read_bytes())
    assert (
        load_task(tmp_path / "a").fingerprint == load_task(tmp_path / "b").fingerprint
    )


def test_one_colour_image_makes_the_whole_set_rgb(tmp_path: Path) -> None:
    images = pair(29, (1, 5, 5), 3)
    save(tmp_path, images)
    colour = np.arange(75, dtype=np.uint8).reshape(5, 5, 3)
    Image.fromarray(colour).save(tmp_path / "ape" / "z.png")
    expected = [
        (np.repeat(i, 3, axis=0).tobytes(), int(k))
        for i, k in zip(*images, strict=True)
    ]
    expected.append((colour.transpose(2, 0, 1).tobytes(), 0))
    assert whole(load_task(tmp_path)) == sorted(expected)


def test_jpeg_is_read_as_pillow_reads_it(tmp_path: Path) -> None:
    files = save(tmp_path, pair(30, (3, 16, 16), 3), ".jpg")
    expected = []
    for file in files:
        with Image.open(file) as image:
            array = np.asarray(image).transpose(2, 0, 1)
        expected.append((array.tobytes(), CLASSES.index(file.parent.name)))
    assert whole(load_task(tmp_path)) == sorted(expected)


def refused(path: Path, *words: str, image_size: int | None = None) -> None:
    with pytest.raises(TaskError) as caught:
        load_task(path, image_size)
    for word in words:
        assert word in str(caught.value)


def test_different_sizes_name_the_file_both_sizes_and_the_option(
    tmp_path: Path,
) -> None:
    save(tmp_path, pair(30, (1, 5, 7), 3))
    odd = tmp_path / "cat" / "odd.png"
    Image.new("L", (9, 4)).save(odd)
    refused(tmp_path, str(odd), "9x4", "7x5", "--image-size")
    assert load_task(tmp_path, image_size=4).shape == (1, 4, 4)


@pytest.mark.parametrize("suffix", LOSSLESS)
def test_a_truncated_image_is_named(tmp_path: Path, suffix: str) -> None:
    file = save(tmp_path, pair(30, (3, 16, 16), 3), suffix)[4]
    data = file.read_bytes()
    for end in (0, 10, len(data) // 2):
        file.write_bytes(data[:end])
        refused(tmp_path, str(file))


def test_a_flipped_byte_in_a_png_is_an_error(tmp_path: Path) -> None:
    file = save(tmp_path, pair(12, (1, 6, 6), 3))[4]
    data = file.read_bytes()
    for place in range(len(data) - 12):  # behind that is the empty end chunk
        flipped = bytes([data[place] ^ 4])
        file.write_bytes(data[:place] + flipped + data[place + 1 :])
        refused(tmp_path, str(file))


def test_a_file_that_is_no_image_is_named_and_a_hidden_one_ignored(
    tmp_path: Path,
) -> None:
    images = pair(30, (1, 5, 5), 3)
    save(tmp_path, images)
    (tmp_path / "ape" / ".hidden").write_text("x")
    (tmp_path / "README.txt").write_text("x")
    assert whole(load_task(tmp_path)) == content(images)
    (tmp_path / "bee" / "notes.txt").write_text("x")
    refused(tmp_path, str(tmp_path / "bee" / "notes.txt"))


def test_an_empty_class_is_named(tmp_path: Path) -> None:
    save(tmp_path, pair(30, (1, 5, 5), 3))
    (tmp_path / "dog").mkdir()
    (tmp_path / "dog" / ".hidden").write_text("x")
    refused(tmp_path, str(tmp_path / "dog"))


def test_a_class_of_test_that_train_lacks_is_named(tmp_path: Path) -> None:
    save(tmp_path / "train", pair(30, (1, 5, 5), 3))
    save(tmp_path / "test", pair(9, (1, 5, 5), 3))
    (tmp_path / "test" / "dog").mkdir()
    refused(tmp_path, str(tmp_path / "test" / "dog"))


def test_sixteen_bits_are_refused_rather_than_clipped(tmp_path: Path) -> None:
    save(tmp_path, pair(30, (1, 5, 5), 3))
    deep = np.full((5, 5), 40_000, np.uint16)
    Image.fromarray(deep).save(tmp_path / "ape" / "deep.png")
    refused(tmp_path, "deep.png", "8 bits")


def test_shrinking_by_a_whole_factor_is_the_mean_over_the_area(tmp_path: Path) -> None:
    images = pair(60, (1, 8, 8), 3)
    write_idx(tmp_path, images, images)
    task, small = load_task(tmp_path), load_task(tmp_path, image_size=4)
    assert small.shape == (1, 4, 4)
    assert "4x4" in small.source
    # Pillow rounds halves up after the rows, and again after the columns.
    pixels = task.test.images.astype(np.int64)
    rows = (pixels[..., 0::2] + pixels[..., 1::2] + 1) // 2
    expected = (rows[..., 0::2, :] + rows[..., 1::2, :] + 1) // 2
    assert np.array_equal(small.test.images, expected)
    assert np.array_equal(small.test.labels, task.test.labels)


def test_resizing_to_the_size_that_is_there_changes_nothing(digits: Task) -> None:
    assert load_task("digits", image_size=12).fingerprint == digits.fingerprint


def test_an_embedded_task_is_resized_too() -> None:
    assert load_task("digits", image_size=6).shape == (1, 6, 6)
