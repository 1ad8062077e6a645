"""The formats of image data that can be read, and which one a path is of."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from nasbench.tasks import cifar, folder, idx, imagenet16, npz
from nasbench.tasks.image_set import ImageSet
from nasbench.tasks.task import TaskError


@dataclass(frozen=True)
class Format:
    """One way to store images and labels.

    Attributes:
        name: What it is called.
        files: By which files it is known.
        recognises: Says whether a path is of this format.
        read: Reads a path; gets the size that images shall be resized to, or None, and
            may leave the resizing to the caller.
    """

    name: str
    files: str
    recognises: Callable[[Path], bool]
    read: Callable[[Path, int | None], ImageSet]


# Only folders of images need to know the size while they read: theirs may differ.
FORMATS = (
    Format(
        "IDX",
        "a folder with train-images-idx3-ubyte[.gz] (MNIST family)",
        idx.recognises,
        lambda path, _: idx.read(path),
    ),
    Format(
        "CIFAR",
        "a folder with data_batch_1[.bin] (CIFAR-10) or train[.bin] (CIFAR-100)",
        cifar.recognises,
        lambda path, _: cifar.read(path),
    ),
    Format(
        "ImageNet16-120",
        "a folder with train_data_batch_1",
        imagenet16.recognises,
        lambda path, _: imagenet16.read(path),
    ),
    Format(
        "npz",
        "an .npz file with x_train, y_train, x_test, y_test, or a folder with one",
        npz.recognises,
        lambda path, _: npz.read(path),
    ),
    Format(
        "images",
        "a folder with a subfolder of PNG, JPEG, BMP or PPM files for every class",
        folder.recognises,
        folder.read,
    ),
)
"""In the order in which they are tried; the last one takes any subfolder."""


def described() -> str:
    """Return the formats in one line, for errors and help."""
    return "; ".join(form.files for form in FORMATS)


def format_of(path: Path) -> Format:
    """Return the format of an existing path.

    Raises:
        TaskError: It is of none.
    """
    for form in FORMATS[:-1]:
        if form.recognises(path):
            return form
    if path.is_dir():
        for inside in sorted(path.iterdir()):
            for form in FORMATS[:-1]:
                if inside.is_dir() and form.recognises(inside):
                    raise TaskError(
                        f"{path}: holds {form.name} data in {inside}; name it"
                    )
    if FORMATS[-1].recognises(path):
        return FORMATS[-1]
    archive = {".tar", ".tgz", ".gz", ".zip"} & set(path.suffixes)
    what = "unpack it first; understood are" if archive else "understood are"
    raise TaskError(f"{path}: no image data that can be read; {what}: {described()}")
