"""MNIST made harder: turned, scaled, shifted and cluttered, at 8x8.

On plain MNIST (LeCun, Cortes and Burges, 1998) all good cells reach the same accuracy,
and the noise between seeds drowns the differences.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nasbench.tasks.averaging import area_average
from nasbench.tasks.draws import between, whole
from nasbench.tasks.geometry import Fragments, Pose, overlay, place
from nasbench.tasks.originals import Originals
from nasbench.tasks.prepared import Edition, PreparedTask
from nasbench.tasks.task import Split

MNIST = Originals(
    title="MNIST (LeCun, Cortes and Burges, 1998)",
    channels=1,
    sizes=(28,),
    class_names=tuple("0123456789"),
    train=(5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949),
    test=(980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009),
)

SIZE = 8
"""Height and width of the images in pixels."""

CANVAS = 16
"""What they are made on; averaged over 2x2 pixels in the end."""

DIGIT = 14
"""Height and width of the originals on the canvas, before they are scaled."""

CHUNK = 4_096
"""Images made at a time; the draws, and so the images, depend on it."""


@dataclass(frozen=True)
class Clutter:
    """How far an image is from its original; every range is uniform.

    Attributes:
        degrees: Largest rotation to either side.
        smallest: Least size, relative to the original.
        largest: Greatest size, relative to the original.
        shift: Largest shift in pixels of the canvas, in each direction.
        fragments: Pieces of other digits that are pasted on.
        fragment_size: Height and width of a piece in pixels of the canvas.
    """

    degrees: float = 30.0
    smallest: float = 0.7
    largest: float = 1.1
    shift: float = 2.0
    fragments: int = 1
    fragment_size: int = 6


def clutter(
    originals: Split, rng: np.random.Generator, how: Clutter | None = None
) -> Split:
    """Return one image for every original, in the same order.

    Args:
        originals: Grey images of one split; pieces come from the same split.
        rng: Draws everything.
        how: How far; the task's own by default.
    """
    how = how or Clutter()
    digits = area_average(originals.images, DIGIT)[:, 0].astype(np.float64)
    made = [
        _shrunk(_cluttered(digits[start : start + CHUNK], digits, rng, how))
        for start in range(0, len(digits), CHUNK)
    ]
    return Split(np.concatenate(made)[:, None], originals.labels)


def _cluttered(
    digits: NDArray[np.float64],
    others: NDArray[np.float64],
    rng: np.random.Generator,
    how: Clutter,
) -> NDArray[np.float64]:
    """Return ``(n, canvas, canvas)`` images of some digits under pieces of others."""
    n = len(digits)
    pose = Pose(
        degrees=between(rng, -how.degrees, how.degrees, (n, 1, 1)),
        scale=between(rng, how.smallest, how.largest, (n, 1, 1)),
        down=between(rng, -how.shift, how.shift, (n, 1, 1)),
        right=between(rng, -how.shift, how.shift, (n, 1, 1)),
    )
    canvas = place(digits, pose, CANVAS)
    for _ in range(how.fragments):
        fragments = Fragments(
            source=whole(rng, len(others), (n,)),
            cut=whole(rng, DIGIT - how.fragment_size + 1, (2, n)),
            target=whole(rng, CANVAS - how.fragment_size + 1, (2, n)),
            size=how.fragment_size,
        )
        overlay(canvas, others, fragments)
    return canvas


def _shrunk(canvas: NDArray[np.float64]) -> NDArray[np.uint8]:
    """Return ``(n, 8, 8) uint8``: rounded to whole greys, then averaged."""
    grey = np.floor(canvas + 0.5).astype(np.uint8)
    return area_average(grey[:, None], SIZE)[:, 0]


_MADE = (
    "40,000 / 10,000 / 10,000 images, each made of another original, split before: "
    "turned, scaled, shifted, cluttered with a piece of another digit, averaged to 8x8"
)

_RIGHTS = "MNIST (LeCun, Cortes and Burges, 1998), CC BY-SA 3.0"

FINGERPRINT = "58ae0e403461a5df95790a4f21804aecf45bbed79ab130bef5fa88f76b0c397f"
"""SHA-256 of the task made of the published images."""

MNIST_CLUTTER = PreparedTask(
    name="mnist-clutter",
    originals=MNIST,
    train=40_000,
    valid=10_000,
    make=clutter,
    source=lambda _: f"{_RIGHTS}, a copy with other pixels than published; {_MADE}",
    edition=Edition(FINGERPRINT, f"{_RIGHTS}; {_MADE}"),
)
