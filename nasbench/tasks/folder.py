"""Reads a folder of PNG, JPEG, BMP or PPM images, one subfolder per class.

``FOLDER/cat/1.png`` where nothing is split yet, or ``FOLDER/train/cat/1.png`` with
``test`` and perhaps ``valid`` beside ``train``. Classes are the names of the subfolders
in alphabetical order. The whole set is grey if every image is, else all are RGB. What
is transparent is taken as opaque, and a photograph is not turned by its EXIF tag.
"""

from __future__ import annotations

import io
import warnings
from pathlib import Path
from types import ModuleType

import numpy as np
from numpy.typing import NDArray

from nasbench.errors import unknown
from nasbench.tasks.image_set import ImageSet, file_bytes, labelled
from nasbench.tasks.resizing import pillow, resized_picture
from nasbench.tasks.task import TaskError

SPLIT_NAMES = {
    "train": "train",
    "valid": "valid",
    "val": "valid",
    "validation": "valid",
    "test": "test",
}
"""Name of a subfolder -> its split."""

FORMATS = ("PNG", "JPEG", "BMP", "PPM")
SUFFIXES = {".png", ".jpg", ".jpeg", ".bmp", ".ppm", ".pgm", ".pbm"}
NO_CLASSES = {"__MACOSX"}
NO_IMAGES = {"Thumbs.db", "desktop.ini"}
"""What operating systems leave behind."""

GREY_MODES = {"1", "L", "LA"}
COLOUR_MODES = {"P", "PA", "RGB", "RGBA", "CMYK", "YCbCr"}


def recognises(path: Path) -> bool:
    """Say whether a path is a folder with subfolders."""
    return path.is_dir() and bool(_subfolders(path))


def read(path: Path, image_size: int | None = None) -> ImageSet:
    """Read all images of a folder.

    Args:
        path: The folder.
        image_size: Resize every image to this height and width as it is read.

    Raises:
        TaskError: A file is no image or damaged, images differ in size and none is
            asked for, or the subfolders make no sense.
    """
    splits = _split_folders(path)
    names = [folder.name for folder in _subfolders(splits["train"])]
    reader = _Reader(pillow(), image_size)
    found = {
        split: _read_split(folder, names, reader) for split, folder in splits.items()
    }
    channels = 3 if reader.colour else 1
    stacked = {
        split: labelled(_stack(pixels, channels), labels, len(names), splits[split])
        for split, (pixels, labels) in found.items()
    }
    return ImageSet(
        len(names),
        stacked["train"],
        stacked.get("valid"),
        stacked.get("test"),
        tuple(names),
    )


class _Reader:
    """Reads images of one size and remembers whether one of them has colours."""

    def __init__(self, image: ModuleType, size: int | None) -> None:
        self.image = image
        self.size = size
        self.colour = False
        self.first: tuple[Path, tuple[int, int]] | None = None

    def read(self, path: Path) -> NDArray[np.uint8]:
        """Return ``(height, width)`` or ``(height, width, 3)`` pixels."""
        content = file_bytes(path)
        try:
            # Reading passes over the checksums in a PNG file; this does not.
            with warnings.catch_warnings():
                # Pillow only warns of a size that a damaged header announces.
                warnings.simplefilter("error", self.image.DecompressionBombWarning)
                self.image.open(io.BytesIO(content), formats=FORMATS).verify()
                picture = self.image.open(io.BytesIO(content), formats=FORMATS)
                picture.load()
        except self.image.UnidentifiedImageError as error:
            raise TaskError(f"{path}: no PNG, JPEG, BMP or PPM image") from error
        except (
            OSError,
            EOFError,
            LookupError,
            SyntaxError,
            TypeError,
            ValueError,
            self.image.DecompressionBombError,
            self.image.DecompressionBombWarning,
        ) as error:
            raise TaskError(f"{path}: damaged image ({error})") from error
        if picture.mode not in GREY_MODES | COLOUR_MODES:
            raise TaskError(
                f"{path}: pixels of mode {picture.mode}; convert the image to 8 bits "
                "per channel"
            )
        self.colour |= picture.mode in COLOUR_MODES
        if picture.mode in {"P", "PA"}:
            picture = picture.convert("RGBA")  # a palette may have transparent colours
        picture = picture.convert("L" if picture.mode in GREY_MODES else "RGB")
        if self.size is not None:
            picture = resized_picture(picture, self.size)
        self._check_size(path, picture.size)
        return np.asarray(picture, np.uint8)

    def _check_size(self, path: Path, size: tuple[int, int]) -> None:
        self.first = self.first or (path, size)
        first_path, first = self.first
        if size != first:
            raise TaskError(
                f"{path}: {size[0]}x{size[1]} pixels (width x height), but "
                f"{first_path} has {first[0]}x{first[1]}; give --image-size to resize"
            )


def _read_split(
    folder: Path, names: list[str], reader: _Reader
) -> tuple[list[NDArray[np.uint8]], list[int]]:
    """Read the images of every class, in the order of names."""
    _refuse_stray_images(folder)
    pixels, labels = [], []
    for subfolder in _subfolders(folder):
        if subfolder.name not in names:
            raise TaskError(f"{subfolder}: {unknown('class', subfolder.name, names)}")
        files = sorted(file for file in subfolder.iterdir() if _counts(file))
        if not files:
            raise TaskError(f"{subfolder}: a class without images")
        for file in files:
            if file.is_dir():
                raise TaskError(f"{file}: a folder inside the class {subfolder.name}")
            pixels.append(reader.read(file))
            labels.append(names.index(subfolder.name))
    return pixels, labels


def _stack(pixels: list[NDArray[np.uint8]], channels: int) -> NDArray[np.uint8]:
    """Return ``(n, channels, height, width)``; grey among colours is repeated."""
    if not pixels:
        return np.empty((0, channels, 0, 0), np.uint8)
    height, width = pixels[0].shape[:2]
    images = np.empty((len(pixels), channels, height, width), np.uint8)
    for image, found in zip(images, pixels, strict=True):
        image[:] = found if found.ndim == 2 else found.transpose(2, 0, 1)
    return images


def _split_folders(path: Path) -> dict[str, Path]:
    """Return split -> folder; the folder itself is ``train`` if nothing is split."""
    _refuse_stray_images(path)
    subfolders = _subfolders(path)
    names = [folder.name for folder in subfolders]
    if not set(names) & set(SPLIT_NAMES) or _holds_files(path / "train"):
        return {"train": path}
    splits: dict[str, Path] = {}
    for folder in subfolders:
        if folder.name not in SPLIT_NAMES:
            raise TaskError(f"{folder}: {unknown('split', folder.name, SPLIT_NAMES)}")
        split = SPLIT_NAMES[folder.name]
        if split in splits:
            raise TaskError(f"{path}: both {splits[split].name} and {folder.name}")
        splits[split] = folder
    if "train" not in splits:
        raise TaskError(f"{path}: {', '.join(names)}, but no subfolder train")
    return splits


def _refuse_stray_images(folder: Path) -> None:
    """Check that no image lies beside the class folders, where it has no class."""
    for file in folder.iterdir():
        if _counts(file) and file.is_file() and file.suffix.lower() in SUFFIXES:
            raise TaskError(f"{file}: an image outside the class folders")


def _holds_files(folder: Path) -> bool:
    """Say whether a folder is a class, with files in it."""
    return folder.is_dir() and any(
        file.is_file() and file.suffix.lower() in SUFFIXES for file in folder.iterdir()
    )


def _subfolders(path: Path) -> list[Path]:
    return sorted(p for p in path.iterdir() if p.is_dir() and _counts(p))


def _counts(path: Path) -> bool:
    """Say whether a file or folder is part of the data."""
    return not path.name.startswith(".") and path.name not in NO_CLASSES | NO_IMAGES
