"""Which pixels a convolution or a pooling reads, as lists of integers.

Everything that is particular to a kernel's width, its stride, its padding and the
shape of an image is decided here, once per network, in numpy.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Pixels = tuple[int, int]
"""(height, width) of an image."""


@dataclass(frozen=True)
class Window:
    """A square window that moves over an image, with half its width of padding.

    Attributes:
        width: Height and width of the window: 1, 3, or 2 without padding.
        stride: Step of the window.
        pixels: (height, width) of the image that is read.
    """

    width: int
    stride: int
    pixels: Pixels

    @property
    def padding(self) -> int:
        """Rows of zeros around the image."""
        return (self.width - 1) // 2

    @property
    def outputs(self) -> Pixels:
        """(height, width) of the result; odd sizes are rounded up."""
        height, width = (-(-size // self.stride) for size in self.pixels)
        return height, width

    def reads(self) -> NDArray[np.int64]:
        """Return ``(n, 3)``: output pixel, input pixel, number of the tap.

        Places in the padding are left out. Sorted by output pixel, then by tap.
        """
        height, width = self.pixels
        rows, columns = self.outputs
        found = []
        for row in range(rows):
            for column in range(columns):
                for tap in range(self.width**2):
                    y = row * self.stride + tap // self.width - self.padding
                    x = column * self.stride + tap % self.width - self.padding
                    if 0 <= y < height and 0 <= x < width:
                        found.append((row * columns + column, y * width + x, tap))
        return np.array(found, np.int64)
