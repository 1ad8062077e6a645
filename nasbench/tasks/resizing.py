"""Resizes images with Pillow, whose integer arithmetic is the same on every machine.

A side that shrinks is averaged over the area of each new pixel (Pillow's BOX), a side
that grows is interpolated (BILINEAR).
"""

from __future__ import annotations

from types import ModuleType
from typing import Any

import numpy as np

from nasbench.errors import NasbenchError
from nasbench.tasks.task import Split, TaskError


def pillow() -> ModuleType:
    """Return the module `PIL.Image`.

    Raises:
        NasbenchError: Pillow is not installed.
    """
    try:
        from PIL import Image
    except ImportError as error:
        raise NasbenchError(
            "reading or resizing images needs Pillow; install it with "
            '`pip install "nasbench-suite[train]"`'
        ) from error
    return Image


LARGEST = 1024
"""Height and width in pixels up to which images are resized."""


def check_size(size: int | None) -> None:
    """Check what was asked for as `image_size`.

    Raises:
        TaskError: It is not positive, or absurdly large.
    """
    if size is not None and not 1 <= size <= LARGEST:
        raise TaskError(f"image size {size}: give a number of pixels, 1 to {LARGEST}")


def resized_split(split: Split, size: int | None) -> Split:
    """Return the split with images of ``(n, channels, size, size)``.

    Args:
        split: Images of any one shape.
        size: New height and width in pixels; None leaves the images as they are.
    """
    n, channels, height, width = split.images.shape
    if size is None or (height, width) == (size, size):
        return split
    image = pillow()
    resized = np.empty((n, channels, size, size), np.uint8)
    for old, new in zip(
        split.images.reshape(-1, height, width),
        resized.reshape(-1, size, size),
        strict=True,
    ):
        new[:] = np.asarray(resized_picture(image.fromarray(old), size))
    return Split(resized, split.labels)


def resized_picture(picture: Any, size: int) -> Any:
    """Return a Pillow image of `size` times `size` pixels, made of a whole one."""
    filters = pillow().Resampling
    width, height = picture.size
    shrunk = picture.resize((min(width, size), min(height, size)), filters.BOX)
    return shrunk.resize((size, size), filters.BILINEAR)
