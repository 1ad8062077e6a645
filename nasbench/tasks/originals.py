"""What the files of a prepared task must hold."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from nasbench.tasks.image_set import ImageSet
from nasbench.tasks.task import Split, TaskError


@dataclass(frozen=True)
class Originals:
    """Published images, before they are split and changed.

    Attributes:
        title: What to look for, with its authors and year.
        channels: 1 for grey images, 3 for colour.
        sizes: Heights, equal to the widths, that can be used.
        class_names: One for every class.
        train: How many training images each class has.
        test: How many test images each class has.
    """

    title: str
    channels: int
    sizes: tuple[int, ...]
    class_names: tuple[str, ...]
    train: tuple[int, ...]
    test: tuple[int, ...]

    def described(self) -> str:
        """Return one line for errors and help."""
        classes = len(self.class_names)
        sizes = " or ".join(f"{size}x{size}" for size in self.sizes)
        return (
            f"{self.title}: {sizes} {'grey' if self.channels == 1 else 'RGB'} images "
            f"of {classes} classes, {sum(self.train):,} for training "
            f"({_counts(self.train)} of each class) and {sum(self.test):,} for testing"
        )

    def checked(
        self, found: ImageSet, name: str, where: Path | str
    ) -> tuple[Split, Split]:
        """Return the training and the test images.

        Args:
            found: What a reader found.
            name: Name of the task that is made of them, for the error.
            where: The files, for the error.

        Raises:
            TaskError: They are others than these originals.
        """
        wrong = self._difference(found)
        if wrong is not None or found.test is None:
            raise TaskError(
                f"{where}: {wrong}; {name} is made of {self.described()}; give the "
                "folder or file that holds them"
            )
        return found.train, found.test

    def _difference(self, found: ImageSet) -> str | None:
        """Say what differs; None if nothing does."""
        channels, height, width = found.train.images.shape[1:]
        if channels != self.channels or height != width or height not in self.sizes:
            kind = {1: "grey", 3: "RGB"}.get(channels, f"{channels}-channel")
            return f"holds {kind} images of {height}x{width}"
        if found.classes != len(self.class_names):
            return f"holds {found.classes} classes"
        numbers = tuple(str(label) for label in range(len(self.class_names)))
        if found.class_names not in ((), numbers, self.class_names):
            return f"holds the classes {', '.join(found.class_names)}"
        if found.test is None:
            return "holds no test images of their own"
        if found.valid is not None:
            return "holds validation images, which are set apart here"
        for kind, split, expected in (
            ("training", found.train, self.train),
            ("test", found.test, self.test),
        ):
            counts = np.bincount(split.labels, minlength=found.classes).tolist()
            if counts != list(expected):
                label = next(k for k, n in enumerate(expected) if counts[k] != n)
                return (
                    f"holds {counts[label]:,} {kind} images of the class "
                    f"{self.class_names[label]}, not {expected[label]:,}"
                )
        return None


def _counts(counts: tuple[int, ...]) -> str:
    low, high = min(counts), max(counts)
    return f"{low:,}" if low == high else f"{low:,} to {high:,}"


def by_content(split: Split) -> Split:
    """Return the split ordered by label and pixels.

    The order in the files then means nothing: a copy that was packed otherwise makes
    the same task.
    """
    rows = [image.tobytes() for image in split.images]
    keys = list(zip(split.labels.tolist(), rows, strict=True))
    return split.chosen(np.array(sorted(range(len(keys)), key=keys.__getitem__)))
