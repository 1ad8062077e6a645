"""Everything about a network but its cell: image, classes, width and length."""

from __future__ import annotations

from dataclasses import dataclass

STAGES = 3
"""Stages of cells; each doubles the channels and halves the image of the last."""


@dataclass(frozen=True)
class Skeleton:
    """The frame into which a cell is put, as in NAS-Bench-201 (Dong & Yang, 2020).

    Stem (3x3 convolution, batch norm); three stages of cells with a residual block
    between them that halves height and width and doubles the channels; batch norm,
    ReLU, global average pooling, linear classifier.

    Networks of layer spaces take the image and the number of classes from it;
    `channels` and `cells_per_stage` have no meaning for them.

    Attributes:
        image_channels: Channels of the images.
        height: Height of the images in pixels.
        width: Width of the images in pixels.
        classes: Number of classes.
        channels: Channels of the first stage.
        cells_per_stage: Cells in each of the three stages.
    """

    image_channels: int
    height: int
    width: int
    classes: int
    channels: int
    cells_per_stage: int

    def stages(self) -> list[tuple[int, int, int]]:
        """Return (channels, height, width) of every stage; odd sizes round up."""
        shapes = [(self.channels, self.height, self.width)]
        for _ in range(STAGES - 1):
            channels, height, width = shapes[-1]
            shapes.append((2 * channels, -(-height // 2), -(-width // 2)))
        return shapes
