"""How cluttered images are made, on small originals of our own."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from image_files import pair, write_idx

from nasbench.tasks import Split, load_task, loading
from nasbench.tasks.mnist_clutter import (
    MNIST,
    MNIST_CLUTTER,
    Clutter,
    clutter,
)

PLAIN = Clutter(degrees=0, smallest=1, largest=1, shift=0, fragments=0)
"""Nothing is changed."""


def generator(seed: int = 0) -> np.random.Generator:
    return np.random.Generator(np.random.PCG64(seed))


def noise(n: int, seed: int = 0) -> Split:
    return Split(*pair(n, (1, 28, 28), 10, seed))


def test_every_original_gives_one_image_with_its_label() -> None:
    originals = noise(50)
    made = clutter(originals, generator())
    assert made.images.shape == (50, 1, 8, 8)
    assert np.array_equal(made.labels, originals.labels)


def test_without_any_clutter_it_is_the_image_on_its_canvas() -> None:
    """14x14 pixels, each the mean of 2x2, with a black border, averaged over 2x2."""
    originals = noise(9)
    halves = originals.images[:, 0].reshape(9, 14, 2, 14, 2).mean((2, 4))
    canvas = np.pad(np.floor(halves + 0.5), ((0, 0), (1, 1), (1, 1)))
    expected = np.floor(canvas.reshape(9, 8, 2, 8, 2).mean((2, 4)) + 0.5)
    assert np.array_equal(clutter(originals, generator(), PLAIN).images[:, 0], expected)


def test_images_are_made_only_of_the_originals_that_are_given() -> None:
    dark = Split(np.zeros((40, 1, 28, 28), np.uint8), np.arange(40) % 10)
    assert not clutter(dark, generator()).images.any()


def test_fragments_come_from_other_originals_of_the_split() -> None:
    """One bright original among dark ones shows up in images of the others."""
    images = np.zeros((400, 1, 28, 28), np.uint8)
    images[0] = 255
    split = Split(images, np.arange(400) % 10)
    with_pieces = clutter(split, generator(), replace(PLAIN, fragments=200)).images
    assert with_pieces[1:].any()
    without = clutter(split, generator(), PLAIN).images
    assert not without[1:].any()


def test_one_seed_gives_one_task_and_another_another() -> None:
    originals = noise(30)
    one, same, other = (clutter(originals, generator(s)).images for s in (1, 1, 2))
    assert np.array_equal(one, same)
    assert not np.array_equal(one, other)


@pytest.mark.parametrize("fragments", [1, 2])
def test_more_fragments_only_brighten(fragments: int) -> None:
    """The poses are drawn first, and of pieces and image the brighter pixel stays."""
    originals = noise(30)
    fewer = clutter(originals, generator(), Clutter(fragments=fragments - 1)).images
    more = clutter(originals, generator(), Clutter(fragments=fragments)).images
    assert (more >= fewer).all()
    assert (more > fewer).any()


def test_idx_files_make_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_idx(tmp_path, pair(120, (1, 28, 28), 10), pair(30, (1, 28, 28), 10, seed=1))
    small = replace(
        MNIST_CLUTTER,
        originals=replace(MNIST, train=(12,) * 10, test=(3,) * 10),
        train=80,
        valid=20,
    )
    monkeypatch.setitem(loading.PREPARED, small.name, small)
    task = load_task(small.name, data=tmp_path)
    sizes = [len(split.labels) for split in (task.train, task.valid, task.test)]
    assert sizes == [80, 20, 30]
    assert task.shape == (1, 8, 8)
    assert task.class_names[:2] == ("0", "1")
    assert "CC BY-SA 3.0" in task.source
    again = load_task(small.name, data=tmp_path)
    assert again.fingerprint == task.fingerprint
