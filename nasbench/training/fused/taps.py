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
        width: Height and width of the window: odd, or 2 without padding.
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


@dataclass(frozen=True)
class Shrinking:
    """Windows that average an image down to a given size, like adaptive pooling.

    Pixel i of n takes from ``floor(i * size / n)`` to ``ceil((i + 1) * size / n)``, as
    in torch; windows may overlap by a pixel.

    Attributes:
        pixels: (height, width) of the image that is read.
        outputs: (height, width) of the result.
    """

    pixels: Pixels
    outputs: Pixels

    def reads(self) -> NDArray[np.int64]:
        """Return ``(n, 3)``: output pixel, input pixel, number of the read."""
        rows, columns = (
            [range(i * size // n, -(-(i + 1) * size // n)) for i in range(n)]
            for size, n in zip(self.pixels, self.outputs, strict=True)
        )
        found = []
        for row, ys in enumerate(rows):
            for column, xs in enumerate(columns):
                read = [y * self.pixels[1] + x for y in ys for x in xs]
                place = row * self.outputs[1] + column
                found += [(place, pixel, tap) for tap, pixel in enumerate(read)]
        return np.array(found, np.int64)
